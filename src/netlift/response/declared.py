"""Answers to declared offers, from the best that there is: beliefs, prices, past offers of the kind, no effect."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from netlift.errors import ConfigError, DataError, EstimationError, Reason
from netlift.history.shop import Shop
from netlift.response.assumed import assumed_responses
from netlift.response.assumed_file import Declared
from netlift.response.demand import Demand, demand
from netlift.response.demand_rows import Answer
from netlift.response.pooled import NO_PRIORS, Prior
from netlift.response.prices import price_responses
from netlift.response.prices_goods import Goods, goods, on_offer
from netlift.response.results import Unknown
from netlift.response.unpriced import unpriced_response


def declared_responses(
    shop: Shop,
    declared: Sequence[Declared],
    *,
    as_of: int | None = None,
    level: float = 0.9,
    priors: Mapping[str, Prior] = NO_PRIORS,
) -> tuple[tuple[Answer, ...], tuple[Unknown, ...]]:
    """Answer every declared offer: from its beliefs where it has any, else from how sales followed prices.

    An offer that is to be answered `anyhow` is drawn towards past offers of its kind; where prices tell nothing, those
    alone answer, or it is assumed to change nothing.

    Args:
        shop: opened shop.
        declared: offers without a log.
        as_of: day number before which everything is read; None: the end of the data.
        level: of the intervals of the averages.
        priors: by mechanism, for offers without a prior of their own.

    Returns:
        Answers, and offers of which nothing can be said, both in the order of declaration.

    Raises:
        ConfigError: an offer on goods that nobody bought, unless it is to be answered anyhow.
        DataError: nobody bought anything lately.
    """
    rates = demand(shop, as_of)
    sold = goods(rates)
    strange = {one.planned.offer.offer_id: reason for one in declared if (reason := _unsold(one, sold, rates))}
    asked = [one for one in declared if one.planned.offer.offer_id not in strange]
    unknown = [Unknown(one.planned.offer, Reason.NO_OUTCOME, strange[one.planned.offer.offer_id])
               for one in declared if one not in asked]  # fmt: skip
    believed = [one for one in asked if one.assumed]
    answers = list(assumed_responses(shop, believed, level=level, expected=rates)) if believed else []
    kinds = {one.planned.offer.offer_id: one.prior or priors.get(one.planned.offer.mechanism)
             for one in asked if one.anyhow}  # fmt: skip
    priced = [one for one in asked if not one.assumed and (not one.anyhow or _tells(one))]
    silent = [one for one in asked if not one.assumed and one not in priced]
    try:
        known = {name: prior for name, prior in kinds.items() if prior is not None}
        planned = [one.planned for one in priced]
        answers += price_responses(shop, planned, level=level, expected=rates, priors=known) if planned else ()
    except (DataError, EstimationError) as error:
        silent += [one for one in priced if one.anyhow]
        unknown += [Unknown(one.planned.offer, Reason.TOO_FEW_TREATED, str(error)) for one in priced if not one.anyhow]
    answers += [unpriced_response(one, kinds[one.planned.offer.offer_id], rates, sold, level) for one in silent]
    return _ordered(answers, declared), tuple(unknown)


def _ordered(answers: Sequence[Answer], declared: Sequence[Declared]) -> tuple[Answer, ...]:
    """In the order of declaration, with the checks that were asked before."""
    place = {one.planned.offer.offer_id: k for k, one in enumerate(declared)}
    found = sorted(answers, key=lambda answer: place[answer.learned.offer.offer_id])
    return tuple(_with_checks(answer, declared[place[answer.learned.offer.offer_id]]) for answer in found)


def _with_checks(answer: Answer, declared: Declared) -> Answer:
    if not declared.checks:
        return answer
    return replace(answer, learned=replace(answer.learned, checks=(*answer.learned.checks, *declared.checks)))


def _unsold(one: Declared, sold: Goods, rates: Demand) -> str:
    """Why an offer that is to be answered anyhow is on nothing that is sold; empty where it is."""
    if one.anyhow:
        try:
            on_offer(one.planned, sold, rates)
        except ConfigError as error:
            return str(error)
    return ""


def _tells(one: Declared) -> bool:
    """Whether the offer can be read as a cut in price."""
    tried = one.planned.tried
    return one.planned.offer.depth is not None if tried is None else tried.tells
