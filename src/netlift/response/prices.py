"""Offers without a log, answered from prices: how sales followed the shelf, applied to what each customer buys.

The response per day of purchase is the same for everybody (`prices_goods`); customers differ in how often they buy
what is on offer (`demand`). That a personal percentage works like a price on the shelf is taken for granted, and so is
that nobody visits more often for it; the pilot that comes with the answer would tell.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from netlift.history.shop import Shop
from netlift.response.demand import Demand, Floats, People, Planned, demand
from netlift.response.demand_rows import Answer, Claims, Label, Totals, adjusted, batch, buying, fingerprint, most_uses
from netlift.response.elasticity import Elasticities, elasticities
from netlift.response.elasticity_panel import price_panel
from netlift.response.kinds import drawn, towards
from netlift.response.pilot import deciding_effect, pilot, profit_spread
from netlift.response.pooled import NO_PRIORS, Prior
from netlift.response.prices_goods import Changes, Goods, Lines, changes, goods
from netlift.response.results import Learned, Source, Why
from netlift.response.translated import translated, translation_of, translation_variance, weak_at_most
from netlift.response.uses import fit_of, uses_of
from netlift.types import Check, Effect, Grade
from netlift.uplift.estimate import critical

if TYPE_CHECKING:
    import pyarrow as pa

METHOD = "price-elasticity"
MOSTLY_OTHERS = 0.25
"""Weight of the goods' own price moves below which the answer is mostly that of other goods."""


def price_responses(
    shop: Shop,
    offers: Sequence[Planned],
    *,
    as_of: int | None = None,
    level: float = 0.9,
    prices: Elasticities | None = None,
    expected: Demand | None = None,
    priors: Mapping[str, Prior] = NO_PRIORS,
) -> tuple[Answer, ...]:
    """What each offer would change for every known customer.

    Args:
        shop: opened shop.
        offers: each a percentage off some goods for some days, or tried on recent carts; `uses` of 0 means without
            limit.
        as_of: day number before which everything is read; None: the end of the data.
        level: of the intervals of the averages.
        prices: elasticities to use; None: those of the shop.
        expected: purchase rates to use; None: those of the shop.
        priors: by offer id, what past offers of its kind say; the average is drawn towards it.

    Returns:
        One answer per offer; its rows are made from tables on the shop's connection, so read them before asking for
        another demand.

    Raises:
        ConfigError: an offer takes no percentage off, or names goods that nobody bought.
        DataError: too few sales to see how they follow prices.
        EstimationError: no price ever moved.
    """
    rates = demand(shop, as_of) if expected is None else expected
    found = elasticities(price_panel(shop, until=rates.as_of)) if prices is None else prices
    sold = goods(rates)
    return tuple(_answer(one, rates, found, sold, priors.get(one.offer.offer_id), level=level) for one in offers)


class _Case(NamedTuple):
    """One offer with all that its rows are made from."""

    label: Label
    demand: Demand
    change: Changes
    sold: Goods
    fit: float
    """Of `uses.fit_of`."""


def _answer(
    planned: Planned, rates: Demand, found: Elasticities, sold: Goods, prior: Prior | None, *, level: float
) -> Answer:
    change = changes(planned, sold, rates, found)
    checks = (*found.checks, _depth_seen(planned, found))
    grade = found.grade.lowered() if checks[-1].passed is False else found.grade
    if planned.tried is not None:
        checks, grade = (*checks, translated(planned.tried)), weak_at_most(grade)
    about = {"own": _figures(found), "change": change.net.amount.tolist(), "prior": repr(prior)}
    codes = (Why.FOLLOWS_PRICES, _caution(planned, change, checks, grade))
    case = _Case(
        Label(planned, grade, fingerprint(rates, planned, about), codes),
        rates,
        change,
        sold,
        fit_of(rates, planned, change.reach),
    )
    learned = _learned(case, found, *_totals(case), checks, level)
    if prior is not None:
        adjust = towards(prior, learned.net, learned.cost.estimate)
        case = case._replace(label=replace(case.label, adjust=adjust, codes=(Why.FOLLOWS_PRICES, Why.LIKE_ITS_KIND)))
        learned = drawn(replace(learned, reasons=tuple(map(str, case.label.codes))), prior, adjust, _totals(case)[0])
    return Answer(learned, lambda: _batches(case))


def _totals(case: _Case) -> tuple[Totals, Floats]:
    """Sums over all customers, and their mean days of purchase by category while the offer can be used."""
    totals, mean = Totals(), np.zeros(len(case.demand.categories))
    for people in case.demand.chunks():
        totals.add(_claims(case, people))
        mean += _uses(case, people)[0].sum(axis=0)
    return totals, mean / max(totals.customers, 1)


def _figures(found: Elasticities) -> dict[str, object]:
    """The figures of elasticities that an answer rests on, JSON-ready."""
    return {
        "shop": found.own._asdict(), "cross": found.cross._asdict(), "past": found.past._asdict(),
        "product": found.pooled.product.tolist(), "checks": [asdict(check) for check in found.checks],
    }  # fmt: skip


def _depth_seen(planned: Planned, found: Elasticities) -> Check:
    """Whether prices were ever lowered so far; beyond, the answer is an extrapolation."""
    depth = planned.depth or 0.0
    return Check("depth_seen", depth <= found.deepest + 0.01, depth, found.deepest)


def _caution(planned: Planned, change: Changes, checks: Sequence[Check], grade: Grade) -> Why:
    if planned.tried is not None:
        return Why.TRANSLATED
    if grade.rank >= Grade.WEAK.rank or checks[-1].passed is False:
        return Why.CHECK_FAILED
    return Why.FEW_PRICE_MOVES if change.own_weight < MOSTLY_OTHERS else Why.OWN_HABITS


def _uses(case: _Case, people: People) -> tuple[Floats, Floats, Floats]:
    """Days of purchase by category at which the offer is used, their variance (n, n_categories), and uses (n,)."""
    found = uses_of(case.demand, people, case.label.planned, case.change.reach, case.fit)
    return found.rates * found.part, found.variance * found.part**2, found.used


def _claims(case: _Case, people: People) -> Claims:
    mean, variance, used = _uses(case, people)
    planned, change = case.label.planned, case.change
    margin, cost = (mean @ line.amount for line in (change.margin, change.cost))
    error = _variance(mean, change.net, change.common) + variance @ change.net.amount**2
    if planned.tried is not None:
        before = mean @ (change.reach * case.demand.value) * (planned.tried.depth * planned.tried.paid)
        grown = np.divide(cost, before, out=np.ones_like(cost), where=before > 0)
        cost = used * planned.tried.cost_minor * grown
        error = error + translation_variance(margin, margin - cost, planned.tried)
    chance = buying(case.demand, people.days, people.known, planned.days)
    contact = planned.offer.contact_cost_minor
    claims = Claims(margin, cost + contact, np.sqrt(error), _liability(case, people), chance, chance)
    return adjusted(claims, case.label.adjust)


def _variance(mean: Floats, line: Lines, common: Floats) -> Floats:
    """Variance from elasticities, for rates of shape (n, n_categories)."""
    with_shop = mean @ line.shared
    found: Floats = np.einsum("ij,jk,ik->i", with_shop, common, with_shop) + mean**2 @ line.alone
    return found


def _liability(case: _Case, people: People) -> Floats:
    """Depth times a big day's purchase, or the most that a use cost when tried, as often as it may be used."""
    offer, tried = case.label.planned.offer, case.label.planned.tried
    often = most_uses(case.demand, people, case.label.planned)
    if tried is not None:
        return often * max(tried.most_minor, float(offer.face_minor or 0)) + offer.contact_cost_minor
    return often * (offer.depth or 0.0) * case.sold.big_day + offer.contact_cost_minor


def _batches(case: _Case) -> "Iterator[pa.RecordBatch]":
    for people in case.demand.chunks():
        yield batch(people.customer_id, _claims(case, people), case.label)


def _learned(
    case: _Case, found: Elasticities, totals: Totals, mean: Floats, checks: tuple[Check, ...], level: float
) -> Learned:
    planned, change, n = case.label.planned, case.change, max(totals.customers, 1)
    margin, cost = totals.margin / n, totals.cost / n
    spreads = [float(_variance(mean[None], line, change.common)[0]) for line in change[:3]]
    if planned.tried is not None:
        paid = cost - planned.offer.contact_cost_minor
        spreads = [x + y for x, y in zip(spreads, translation_of(margin, paid, planned.tried), strict=True)]
    effects = [
        _effect(value, math.sqrt(spread), case.label.grade, found, level)
        for value, spread in zip((margin, cost, margin - cost), spreads, strict=True)
    ]
    shop, washout = case.demand.shop, case.demand.shop.washout_days
    sd, explained = profit_spread(shop, planned.days + washout, case.demand.as_of)
    return Learned(
        offer=planned.offer, source=Source.PRICES, grade=case.label.grade,
        margin=effects[0], cost=effects[1], net=effects[2], slope=None, groups=(), checks=checks, drivers=(),
        scored=totals.customers, moved=totals.moved, harmed=totals.harmed, model_id=case.label.model_id,
        reasons=tuple(map(str, case.label.codes)),
        pilot=pilot(
            planned.offer, sd, deciding_effect(margin - cost, cost), customers=totals.customers, days=planned.days,
            washout_days=washout, cost_minor=cost, explained=explained, level=level,
        ),
        numbers={
            "elasticity": change.elasticity, "own_weight": change.own_weight,
            "shop_elasticity": found.own.estimate, "shop_elasticity_se": found.own.se,
            "cross_elasticity": found.cross.estimate, "cross_elasticity_se": found.cross.se,
            "memory": found.past.estimate, "memory_se": found.past.se,
            "depth": planned.depth or 0.0, "deepest_seen": found.deepest, "days": float(planned.days),
        },
    )  # fmt: skip


def _effect(value: float, se: float, grade: Grade, found: Elasticities, level: float) -> Effect:
    reach = critical(level) * se
    return Effect(value, value - reach, value + reach, level, se, found.lowered, found.usual, METHOD, grade)
