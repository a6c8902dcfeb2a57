"""Offers of which nothing is known but what somebody expects: declared in a file, graded so, with their pilot.

    margin = extra orders x the customer's margin per order
    cost   = uses x discount on a use + contact

Extra orders and uses are triangular between low and high with the mode at likely: mean (l + m + h) / 3, variance
(a^2 + a b + b^2) / 18 with a = m - l and b = h - m. The two beliefs are taken as independent.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from netlift.errors import ConfigError
from netlift.history.shop import Shop
from netlift.response.assumed_file import Believed, Declared
from netlift.response.demand import Demand, Floats, People, demand, first_uses
from netlift.response.demand_rows import Answer, Claims, Label, Totals, batch, buying, fingerprint, most_uses
from netlift.response.pilot import deciding_effect, pilot, profit_spread
from netlift.response.prices_goods import Goods, goods, on_offer
from netlift.response.results import Learned, Source, Why
from netlift.types import Effect, Grade
from netlift.uplift.estimate import critical

if TYPE_CHECKING:
    import pyarrow as pa

METHOD = "assumption"


def assumed_responses(
    shop: Shop,
    declared: Sequence[Declared],
    *,
    as_of: int | None = None,
    level: float = 0.9,
    expected: Demand | None = None,
) -> tuple[Answer, ...]:
    """What each declared offer is expected to change for every known customer.

    A customer's basket and how often he buys are his own, drawn towards everybody's; the beliefs are the same for all.

    Args:
        shop: opened shop.
        declared: offers with beliefs; see `assumed_file.read_assumptions`.
        as_of: day number before which everything is read; None: the end of the data.
        level: of the intervals of the averages.
        expected: purchase rates to use; None: those of the shop.

    Returns:
        One answer per offer; its rows are made from tables on the shop's connection.

    Raises:
        ConfigError: an offer without beliefs, or on goods that nobody bought.
        DataError: nobody bought anything lately.
    """
    rates = demand(shop, as_of) if expected is None else expected
    sold = goods(rates)
    return tuple(_answer(one, rates, sold, level) for one in declared)


class _Case(NamedTuple):
    """One offer with all that its rows are made from."""

    label: Label
    demand: Demand
    orders: Believed | None
    uplift: Believed | None
    redemption: Believed | None
    share: Floats
    """Of each category's value, what is on offer."""
    big: float
    """Value at list price that 99 of 100 days of purchase stay below, minor units."""


class _Parts(NamedTuple):
    """Per customer, shape (n,): what the beliefs are multiplied with."""

    orders: Floats
    """Orders that one unit of the belief on orders brings: 1, or the customer's own in the time."""
    margin: Floats
    """Margin at list price of one order."""
    margin_se: Floats
    discount: Floats
    """Shop's cost of one use."""
    buying: Floats
    """Chance of an order without the offer."""
    uses: Floats
    """Uses by those who buy anyway, as often as the offer allows."""
    most_uses: Floats


def _answer(one: Declared, rates: Demand, sold: Goods, level: float) -> Answer:
    if one.orders is None and one.uplift is None:
        raise ConfigError(f"offer {one.planned.offer.offer_id!r} declares neither extra_orders nor order_uplift")
    reach = on_offer(one.planned, sold, rates)
    share = np.asarray(np.bincount(sold.kind, sold.value * reach, len(rates.categories)), dtype=np.float64)
    about = {"orders": one.orders, "uplift": one.uplift, "redemption": one.redemption}
    label = Label(one.planned, Grade.ASSUMED, fingerprint(rates, one.planned, about), (Why.ASSUMED, Why.OWN_HABITS))
    case = _Case(label, rates, one.orders, one.uplift, one.redemption, share, sold.big_day)
    totals, slopes, alone = Totals(), np.zeros((2, 3)), np.zeros(3)
    for people in rates.chunks():
        parts = _parts(case, people)
        totals.add(_claims(case, parts))
        slopes += _slopes(case, parts).sum(axis=2)
        alone += _own_noise(case, parts).sum(axis=1)
    n = max(totals.customers, 1)
    return Answer(_learned(case, totals, slopes / n, alone / n**2, level), lambda: _batches(case))


def _parts(case: _Case, people: People) -> _Parts:
    planned, rates = case.label.planned, case.demand
    basket, spread = rates.own_basket(people)
    margin_rate = rates.basket_margin / rates.basket if rates.basket > 0 else 0.0
    by_kind = rates.rates.posterior(people.bought, people.known)[0] * rates.value
    spent = by_kind.sum(axis=1)
    on_goods = np.divide(by_kind @ case.share, spent, out=np.zeros_like(spent), where=spent > 0)
    offer = planned.offer
    off = (
        (offer.depth or 0.0) * basket * on_goods if offer.depth else np.full(len(basket), float(offer.face_minor or 0))
    )
    off = np.minimum(off, basket * on_goods)
    if offer.depth and offer.face_minor is not None:
        off = np.minimum(off, float(offer.face_minor))
    usual = rates.any_rate.posterior(people.days, people.known)[0] * planned.days
    ones = np.ones(len(basket))
    return _Parts(
        ones if case.uplift is None else usual, basket * margin_rate, spread * abs(margin_rate), off,
        buying(rates, people.days, people.known, planned.days),
        first_uses(usual, offer.uses), most_uses(rates, people, planned),
    )  # fmt: skip


def _belief(case: _Case) -> Believed:
    belief = case.orders if case.uplift is None else case.uplift
    return belief if belief is not None else Believed(0.0, 0.0, 0.0)


def _uses(case: _Case, parts: _Parts) -> tuple[Floats, Floats]:
    """Expected uses, and their change per unit of the belief on orders; shape (n,).

    Without a declared redemption everybody who buys uses it, as often as allowed, and on the extra orders too.
    """
    if case.redemption is not None:
        return np.full(len(parts.buying), case.redemption.mean), np.zeros(len(parts.buying))
    return parts.uses + _belief(case).mean * parts.orders, parts.orders


def _slopes(case: _Case, parts: _Parts) -> Floats:
    """Change of margin, cost and net per unit of the beliefs on orders and redemption; shape (2, 3, n)."""
    zero = np.zeros(len(parts.buying))
    margin, cost = parts.orders * parts.margin, _uses(case, parts)[1] * parts.discount
    used = zero if case.redemption is None else parts.discount
    return np.stack([np.stack([margin, cost, margin - cost]), np.stack([zero, used, -used])])


def _own_noise(case: _Case, parts: _Parts) -> Floats:
    """Variance of margin, cost and net that comes from not knowing the customer's basket; shape (3, n)."""
    margin = (_belief(case).mean * parts.orders * parts.margin_se) ** 2
    return np.stack([margin, np.zeros_like(margin), margin])


def _spread(case: _Case) -> Floats:
    """Variance of the two beliefs."""
    redemption = case.redemption
    return np.array([_belief(case).se ** 2, 0.0 if redemption is None else redemption.se**2])


def _claims(case: _Case, parts: _Parts) -> Claims:
    offer = case.label.planned.offer
    mean = _belief(case).mean
    variance = np.einsum("i,in->n", _spread(case), _slopes(case, parts)[:, 2] ** 2) + _own_noise(case, parts)[2]
    cost = _uses(case, parts)[0] * parts.discount + offer.contact_cost_minor
    once = (offer.depth or 0.0) * case.big if offer.depth else float(offer.face_minor or 0)
    most = once if offer.face_minor is None else min(once, float(offer.face_minor)) if offer.depth else once
    liability = parts.most_uses * most + offer.contact_cost_minor
    p_buy = np.clip(parts.buying + (1 - parts.buying) * mean * parts.orders, 0.0, 1.0)
    return Claims(mean * parts.orders * parts.margin, cost, np.sqrt(variance), liability, p_buy, parts.buying)


def _batches(case: _Case) -> "Iterator[pa.RecordBatch]":
    for people in case.demand.chunks():
        yield batch(people.customer_id, _claims(case, _parts(case, people)), case.label)


def _learned(case: _Case, totals: Totals, slopes: Floats, alone: Floats, level: float) -> Learned:
    planned, n = case.label.planned, max(totals.customers, 1)
    margin, cost = totals.margin / n, totals.cost / n
    error = np.sqrt(_spread(case) @ slopes**2 + alone)
    effects = [_effect(value, float(se), level) for value, se in zip((margin, cost, margin - cost), error, strict=True)]
    shop, washout = case.demand.shop, case.demand.shop.washout_days
    sd, explained = profit_spread(shop, planned.days + washout, case.demand.as_of)
    belief = _belief(case)
    return Learned(
        offer=planned.offer, source=Source.ASSUMED, grade=Grade.ASSUMED,
        margin=effects[0], cost=effects[1], net=effects[2], slope=None, groups=(), checks=(), drivers=(),
        scored=totals.customers, moved=totals.moved, harmed=totals.harmed, model_id=case.label.model_id,
        reasons=tuple(map(str, case.label.codes)),
        pilot=pilot(
            planned.offer, sd, deciding_effect(margin - cost, cost), customers=totals.customers, days=planned.days,
            washout_days=washout, cost_minor=cost, explained=explained, level=level,
        ),
        numbers={
            ("extra_orders" if case.uplift is None else "order_uplift"): belief.mean,
            "low": belief.low, "likely": belief.likely, "high": belief.high, "days": float(planned.days),
            **({} if case.redemption is None else {"redemption": case.redemption.mean}),
        },
    )  # fmt: skip


def _effect(value: float, se: float, level: float) -> Effect:
    reach = critical(level) * se
    return Effect(value, value - reach, value + reach, level, se, 0, 0, METHOD, Grade.ASSUMED)
