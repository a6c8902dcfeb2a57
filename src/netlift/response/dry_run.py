"""Dry run of candidates: recent orders of the shop through the engine, to see who would qualify and what it would cost.

Every order is quoted alone, by the candidate's own promotions alone: dates, limits and groups are taken away, hours and
weekdays stay, and what opens a promotion (a code, a personal grant) is taken as given. What is not paid in money now
counts at what is expected of it:

    gifts               cost the shop the goods' cost, and are worth their price to the customer
    next-order coupons  face value x the share of coupons that this shop saw redeemed, else `COUPON_USE`
    points              `POINT_MINOR` x `POINT_USE` each; they are spent on goods, so they cost the shop less the margin

It shows what customers would have got, had they bought the same. What it brings is for prices and for the past to say.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from netlift.candidates.candidate import Candidate
from netlift.history import carts
from netlift.history.cart_quotes import Counters, Outcome, Quoter, gift_products
from netlift.history.shop import Shop
from netlift.promotions.cart import Line
from netlift.promotions.policy import Policy
from netlift.promotions.promotion import Group, Limits, Promotion
from netlift.promotions.reasons import Why
from netlift.response.tried import LEAST_QUALIFIED, Tried

DAYS = 90
"""Recent days whose orders are tried."""
MOST_ORDERS = 1_000
"""Orders that are tried, drawn by a hash of their number."""
COUPON_USE = 0.3
"""Share of next-order coupons taken as used where the shop never counted: an assumption."""
POINT_MINOR, POINT_USE = 1.0, 0.5
"""Worth of a point in minor units, and the share of points that are ever spent: assumptions."""
TOLD = 0.98
"""Share of the orders that a threshold must place rightly before it is taken to decide."""
_NOT_FOR_THEM = frozenset({Why.WRONG_CUSTOMER, Why.FACT_UNKNOWN})

OnProgress = Callable[[str, int, int], None]
"""Told the offer, how many are done, and of how many."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Recent orders, ready to be quoted."""

    orders: tuple[carts.PastOrder, ...]
    currency: str
    terms: carts.Terms
    coupon_use: float


_DRAWN = """
CREATE OR REPLACE TEMP TABLE drawn AS
SELECT * FROM replayed WHERE epoch_us(ordered_at) // 86400000000 < {until}
  AND epoch_us(ordered_at) // 86400000000 >= {since} AND currency = ? AND status <> 'refunded'
ORDER BY md5(order_id || {seed}), order_id LIMIT {most}
"""
_REDEEMED = """
SELECT count(*) FILTER (redeemed_at IS NOT NULL), count(*) FROM coupons
WHERE promotion_id IN (SELECT promotion_id FROM coupons WHERE redeemed_at IS NULL)
"""


def recent_orders(shop: Shop, until: int, *, seed: int = 0, days: int = DAYS, most: int = MOST_ORDERS) -> Sample:
    """Draw recent orders of a shop.

    Args:
        shop: the past.
        until: day number of the first day that is not known.
        seed: of the draw; adding an order changes no other's chance.
        days: before `until`.
        most: orders at most.
    """
    con = shop.con
    carts.number_orders(con)
    con.execute(
        _DRAWN.format(until=int(until), since=int(until) - days, seed=f"'/{int(seed)}'", most=int(most)),
        [shop.currency],
    )
    con.execute("CREATE OR REPLACE TEMP TABLE replayed AS FROM drawn")
    con.execute("DROP TABLE drawn")
    terms = carts.Terms(margin=shop.terms.margin)
    found = tuple(
        order
        for batch in carts.batches(con, shop.currency, terms, attributes=True)
        for order in carts.past_orders(batch, shop.currency, terms)
    )
    used, issued = con.execute(_REDEEMED).fetchone() or (0, 0)
    use = used / issued if issued >= LEAST_QUALIFIED else COUPON_USE
    return Sample(found, shop.currency, terms, use)


def dry_runs(
    shop: Shop,
    candidates: Sequence[Candidate],
    *,
    until: int,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> dict[str, Tried]:
    """Try candidates on recent orders.

    Args:
        shop: the past.
        candidates: what is tried, each alone.
        until: day number of the first day that is not known.
        seed: of the draw of orders.
        on_progress: told what is being done.

    Returns:
        By offer id.
    """
    if not candidates:
        return {}
    sample, found = recent_orders(shop, until, seed=seed), dict[str, Tried]()
    costs = _gift_costs(shop, candidates)
    for done, candidate in enumerate(candidates):
        if on_progress is not None:
            on_progress(candidate.offer.name, done, len(candidates))
        terms = replace(sample.terms, gift_costs=costs)
        found[candidate.offer.offer_id] = dry_run(candidate, replace(sample, terms=terms))
    return found


def dry_run(candidate: Candidate, sample: Sample) -> Tried:
    """One candidate on a sample of orders.

    Orders of customers whom it is not for are left out; where hardly any are left, because it asks for what past orders
    do not tell (a birthday, a way of payment) or for customers who hardly order, everybody is taken to be meant.
    """
    found = _tried(candidate, sample, open_to_all=False)
    if found.orders < LEAST_QUALIFIED < found.orders + found.kept_out:
        return _tried(candidate, sample, open_to_all=True)
    return found


class _Use(NamedTuple):
    """What one order would have got."""

    goods: int
    worth: float
    cost: float


def _tried(candidate: Candidate, sample: Sample, *, open_to_all: bool) -> Tried:
    promotions = tuple(_bare(one, open_to_all=open_to_all) for one in candidate.promotions)
    quoter = Quoter(promotions, Group(), Policy(), currency=sample.currency, terms=sample.terms)
    uses, kept_out = [], 0
    for order in sample.orders:
        goods = _goods(candidate, order.cart.lines)
        if goods <= 0:
            continue
        outcome = quoter.outcome(_opened(order, promotions), Counters())
        if outcome.problem or (not _gives(outcome) and set(outcome.refusals.values()) & _NOT_FOR_THEM):
            kept_out += 1
            continue
        uses.append(_use(outcome, goods, sample))
    return _means(uses, kept_out)


def _bare(promotion: Promotion, *, open_to_all: bool) -> Promotion:
    """The promotion without dates, limits and groups."""
    window = replace(promotion.window, start=None, end=None, dates=())
    audience = None if open_to_all else promotion.audience
    return replace(promotion, window=window, limits=Limits(), group="", audience=audience)


def _opened(order: carts.PastOrder, promotions: Sequence[Promotion]) -> carts.PastOrder:
    """The order of somebody who holds what opens the promotions."""
    tokens = frozenset(one.id for one in promotions if one.trigger.kind == "token")
    codes = frozenset(code for one in promotions for code in one.trigger.codes)
    return order._replace(facts=replace(order.facts, tokens=tokens, codes=codes))


def _goods(candidate: Candidate, lines: Sequence[Line]) -> int:
    """Goods on offer at list price."""
    categories, products = set(candidate.categories), set(candidate.offer.products)
    return sum(
        line.unit_price * line.quantity if line.total is None else line.total
        for line in lines
        if not (categories or products) or line.product in products or categories.intersection(line.category)
    )


def _gives(outcome: Outcome) -> bool:
    return outcome.points > 0 or any(one.spent or one.gift_units or one.credits for one in outcome.given)


def _use(outcome: Outcome, goods: int, sample: Sample) -> _Use:
    coupons = sum(one.credits for one in outcome.given) * sample.coupon_use
    points = outcome.points * POINT_MINOR * POINT_USE
    worth = sum(one.spent for one in outcome.given) + coupons + points
    cost = sum(one.margin for one in outcome.given) + coupons + points * (1 - (sample.terms.margin or 0.0))
    return _Use(goods, float(worth), max(float(cost), 0.0))


def _means(uses: Sequence[_Use], kept_out: int) -> Tried:
    given = [one for one in uses if one.worth > 0 or one.cost > 0]
    n, q = len(uses), max(len(given), 1)
    cost = sum(one.cost for one in given)
    apart = sum((one.cost - cost / n) ** 2 for one in uses) if n else 0.0
    return Tried(
        n, kept_out, len(given), sum(one.goods for one in given) / q, sum(one.goods for one in uses) / max(n, 1),
        sum(one.worth for one in given) / q, cost / q, max((one.cost for one in given), default=0.0),
        math.sqrt(apart) / cost if cost > 0 else 0.0, _threshold(uses),
    )  # fmt: skip


def _threshold(uses: Sequence[_Use]) -> float:
    """Goods from which on orders qualify, where that tells nearly all who do from all who do not; else 0."""
    qualified = sum(one.worth > 0 or one.cost > 0 for one in uses)
    if not 0 < qualified < len(uses):
        return 0.0
    least = sorted((one.goods for one in uses), reverse=True)[qualified - 1]
    told = sum((one.goods >= least) == (one.worth > 0 or one.cost > 0) for one in uses)
    return float(least) if told >= TOLD * len(uses) else 0.0


def _gift_costs(shop: Shop, candidates: Sequence[Candidate]) -> dict[str, int]:
    names = list(gift_products([one for candidate in candidates for one in candidate.promotions]))
    query = "SELECT product_id, cost_minor FROM priced_products WHERE list_contains(?, product_id) AND cost_minor >= 0"
    return dict(shop.con.execute(query, [names]).fetchall()) if names else {}
