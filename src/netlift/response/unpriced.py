"""Candidates that prices tell nothing of: what past offers of their kind earned, else no effect taken as likely.

    past offers of the kind    everybody's net margin is what they earned on average, give or take how they differed
    none                       as likely more orders as fewer, up to `UNSURE` of those placed anyway: margin 0, and
                               the cost of what would have been bought anyway

Costs are those of the dry run, or of the percentage, on what each customer buys anyway.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from netlift.response.assumed_file import Believed, Declared
from netlift.response.demand import Demand, Floats, People, Planned
from netlift.response.demand_rows import Answer, Claims, Label, Totals, batch, buying, fingerprint, most_uses
from netlift.response.kinds import on_scale
from netlift.response.pilot import deciding_effect, pilot, profit_spread
from netlift.response.pooled import Found, Prior
from netlift.response.prices_goods import Goods, on_offer
from netlift.response.results import Learned, Source, Why
from netlift.response.translated import translated
from netlift.response.uses import fit_of, uses_of
from netlift.types import Effect, Grade
from netlift.uplift.estimate import critical

if TYPE_CHECKING:
    import pyarrow as pa

METHODS = {Source.POOLED: "random-effects", Source.ASSUMED: "assumption"}
UNSURE = 0.1
"""Share of a customer's orders by which an offer of which nothing is known is taken to change them, either way."""
BELIEF = Believed(-UNSURE, 0.0, UNSURE)


class _Case(NamedTuple):
    """One offer with all that its rows are made from."""

    label: Label
    demand: Demand
    reach: Floats
    """Share of each category's value that is on offer."""
    big: float
    """Value at list price that 99 of 100 days of purchase stay below, minor units."""
    kind: Found | None
    """What past offers of the kind say of net margin per customer."""
    fit: float
    """Of `uses.fit_of`."""


def unpriced_response(declared: Declared, prior: Prior | None, rates: Demand, sold: Goods, level: float) -> Answer:
    """Answer one offer without beliefs and without prices.

    Args:
        declared: the offer, tried on recent carts or a percentage.
        prior: of past offers of its kind; None: there are too few.
        rates: what customers buy anyway.
        sold: the products behind it.
        level: of the intervals of the averages.

    Raises:
        ConfigError: the offer is on goods that nobody bought.
    """
    planned = declared.planned
    offered = sold.value * on_offer(planned, sold, rates)
    reach = np.asarray(np.bincount(sold.kind, offered, len(rates.categories)), dtype=np.float64)
    codes = (Why.ASSUMED, Why.OWN_HABITS) if prior is None else (Why.LIKE_ITS_KIND, Why.AVERAGE_FOR_ALL)
    grade = Grade.ASSUMED if prior is None else Grade.WEAK
    label = Label(planned, grade, fingerprint(rates, planned, {"prior": repr(prior)}), codes)
    case = _Case(label, rates, reach, sold.big_day, None, fit_of(rates, planned, reach))
    if prior is not None:
        case = case._replace(kind=on_scale(prior, _totals(case)[0].cost / max(rates.customers, 1)))
    totals, spread = _totals(case)
    return Answer(_learned(case, totals, spread, prior, level), lambda: _batches(case))


def _totals(case: _Case) -> tuple[Totals, float]:
    """Sums over customers, and the standard error of their mean net margin: all err together."""
    totals, errors = Totals(), 0.0
    for people in case.demand.chunks():
        claims = _claims(case, people)
        totals.add(claims)
        errors += float(claims.se.sum())
    return totals, errors / max(totals.customers, 1)


def _claims(case: _Case, people: People) -> Claims:
    planned, rates = case.label.planned, case.demand
    cost = _paid(case, people) + planned.offer.contact_cost_minor
    often = most_uses(rates, people, planned)
    once = planned.tried.most_minor if planned.tried is not None else (planned.offer.depth or 0.0) * case.big
    liability = often * max(once, float(planned.offer.face_minor or 0)) + planned.offer.contact_cost_minor
    chance = buying(rates, people.days, people.known, planned.days)
    if case.kind is not None:
        return Claims(cost + case.kind.effect, cost, np.full(len(cost), case.kind.se), liability, chance, chance)
    usual = rates.any_rate.posterior(people.days, people.known)[0] * planned.days
    margin_rate = rates.basket_margin / rates.basket if rates.basket > 0 else 0.0
    worth = usual * rates.own_basket(people)[0] * margin_rate
    return Claims(BELIEF.mean * worth, cost, BELIEF.se * np.abs(worth), liability, chance, chance)


def _paid(case: _Case, people: People) -> Floats:
    """Expected cost without the contact, on what is bought anyway."""
    planned, rates = case.label.planned, case.demand
    found = uses_of(rates, people, planned, case.reach, case.fit)
    if planned.tried is not None:
        return found.used * planned.tried.cost_minor
    paid: Floats = (found.rates * found.part) @ (case.reach * rates.value) * (planned.offer.depth or 0.0)
    return paid


def _batches(case: _Case) -> "Iterator[pa.RecordBatch]":
    for people in case.demand.chunks():
        yield batch(people.customer_id, _claims(case, people), case.label)


def _learned(case: _Case, totals: Totals, spread: float, prior: Prior | None, level: float) -> Learned:
    planned, n = case.label.planned, max(totals.customers, 1)
    margin, cost = totals.margin / n, totals.cost / n
    source = Source.ASSUMED if prior is None else Source.POOLED
    shop, washout = case.demand.shop, case.demand.shop.washout_days
    sd, explained = profit_spread(shop, planned.days + washout, case.demand.as_of)
    effects = [_effect(case, source, value, se, level) for value, se in _amounts(margin, cost, spread, planned)]
    return Learned(
        offer=planned.offer, source=source, grade=case.label.grade,
        margin=effects[0], cost=effects[1], net=effects[2], slope=None, groups=(),
        checks=() if planned.tried is None else (translated(planned.tried),), drivers=(),
        scored=totals.customers, moved=totals.moved, harmed=totals.harmed, model_id=case.label.model_id,
        reasons=tuple(map(str, case.label.codes)),
        pilot=pilot(
            planned.offer, sd, deciding_effect(margin - cost, cost), customers=totals.customers, days=planned.days,
            washout_days=washout, cost_minor=cost, explained=explained, level=level,
        ),
        numbers=_numbers(planned, prior),
    )  # fmt: skip


def _amounts(margin: float, cost: float, spread: float, planned: Planned) -> tuple[tuple[float, float], ...]:
    """Margin, cost and net margin with their standard errors; the cost errs as the dry run does."""
    paid = 0.0 if planned.tried is None else planned.tried.error * (cost - planned.offer.contact_cost_minor)
    return (margin, spread), (cost, paid), (margin - cost, spread)


def _effect(case: _Case, source: Source, value: float, se: float, level: float) -> Effect:
    reach = critical(level) * se
    return Effect(value, value - reach, value + reach, level, se, 0, 0, METHODS[source], case.label.grade)


def _numbers(planned: Planned, prior: Prior | None) -> dict[str, float]:
    found = {"days": float(planned.days)} | ({} if planned.depth is None else {"depth": planned.depth})
    if prior is None:
        return found | {
            "order_uplift": BELIEF.mean, "low": BELIEF.low, "likely": BELIEF.likely, "high": BELIEF.high,
        }  # fmt: skip
    return found | {
        "kind_mean": prior.mean, "kind_between": prior.between, "kind_se": prior.se,
        "kind_offers": float(prior.promotions),
    }  # fmt: skip
