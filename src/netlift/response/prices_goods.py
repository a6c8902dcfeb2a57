"""What a percentage off does to a day's purchase in each category: extra margin, discount given, and how sure.

Of a category's value at list price, product i has the share v_i and of its margin the share g_i; s_i is the share of
the *other* goods of the category that is on offer. With depth d, own elasticity e_i, cross elasticity c, memory m:

    sold while it runs    F_i = (1 - d)^(e_i + c s_i) of what would have been sold, for goods on offer
                          F_j = (1 - d)^(c s_j) for the others of the category
    missing afterwards    1 - (1 - d)^m of what would have been sold, for goods on offer
    extra margin          M sum_i g_i (F_i + (1 - d)^m - 2) + M sum_j g_j (F_j - 1)
    discount given        V sum_i v_i d F_i, on what would have been sold anyway too

V and M are value and margin at list price of a day's purchase in the category. Of an offer that was tried on recent
carts (`tried`), d is what it is worth to those who qualify, and the shop pays the share `paid` of that. Errors by the
delta method: products err alone, with their category and with the shop.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from netlift.errors import ConfigError
from netlift.response.demand import Demand, Floats, Planned
from netlift.response.elasticity import Elasticities

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

BOUNDS = (-8.0, 1.0)
"""Powers beyond these are not extrapolated: at 20 % off, six times or less than what is sold without."""
MOST_GROWTH = 6.0
"""Nor is at any depth more than so many times of it."""


@dataclass(frozen=True, slots=True, eq=False)
class Goods:
    """The products of a shop by category, as sold in the look-back of a `Demand`."""

    product_id: tuple[str, ...]
    kind: Ints
    """Category of each, as numbered in the demand."""
    value: Floats
    """Share of its category's value at list price."""
    margin: Floats
    """Share of its category's margin; may be below 0."""
    big_day: float
    """Value at list price that 99 of 100 days of purchase stay below, minor units."""


class Lines(NamedTuple):
    """Per day of purchase in a category, minor units; arrays of shape (n_categories,) unless said otherwise."""

    amount: Floats
    alone: Floats
    """Variance that the category does not share with others."""
    shared: Floats
    """Change per unit of the shop's elasticity, cross elasticity and memory, shape (n_categories, 3)."""


class Changes(NamedTuple):
    """What an offer does to a day of purchase in each category."""

    margin: Lines
    cost: Lines
    net: Lines
    reach: Floats
    """Share of the category's value that is on offer."""
    common: Floats
    """Covariance of the shop's elasticity, cross elasticity and memory, shape (3, 3)."""
    elasticity: float
    """Mean own elasticity of the goods on offer, by value."""
    own_weight: float
    """Mean weight of the products' own price moves in it, by value."""


_PRODUCTS = """
SELECT s.product_id, k.kind, sum(s.list_revenue)::DOUBLE AS list,
       sum(s.list_revenue - s.cost_of_goods)::DOUBLE AS margin, sum(s.returns)::DOUBLE AS returns
FROM sold s JOIN demand_people p USING (customer_id) JOIN demand_kinds k USING (category)
WHERE s.day < {until} AND s.day >= {since} GROUP BY ALL ORDER BY k.kind, s.product_id
"""
_BIG_DAY = "SELECT quantile_disc(list, 0.99) FROM (SELECT sum(list) AS list FROM demand_days GROUP BY row, day)"


def goods(demand: Demand) -> Goods:
    """The products behind a demand."""
    con, rate = demand.shop.con, demand.shop.terms.fee_rate
    days = {"until": demand.as_of, "since": demand.as_of - demand.look_back}
    rows = con.execute(_PRODUCTS.format(**days)).fetchnumpy()
    kind, value = np.asarray(rows["kind"], dtype=np.int64), np.asarray(rows["list"], dtype=np.float64)
    left = rows["margin"] - rows["returns"] - rate * (value - rows["returns"])
    big = con.execute(_BIG_DAY).fetchone()
    return Goods(
        tuple(str(name) for name in rows["product_id"]), kind, _shares(value, kind), _shares(left, kind),
        float(big[0]) if big and big[0] is not None else 0.0,
    )  # fmt: skip


def _shares(amount: Floats, kind: Ints) -> Floats:
    total = np.bincount(kind, amount)[kind]
    return np.divide(amount, total, out=np.zeros_like(amount), where=np.abs(total) > 0)


def on_offer(planned: Planned, sold: Goods, demand: Demand) -> Bools:
    """Which products an offer is on.

    Raises:
        ConfigError: it names goods or categories, and none of them was sold lately.
    """
    if not planned.categories and not planned.offer.products:
        return np.ones(len(sold.product_id), dtype=np.bool_)
    kinds = np.array([name in planned.categories for name in demand.categories], dtype=np.bool_)[sold.kind]
    found = kinds | np.isin(np.array(sold.product_id, dtype=object).astype(str), np.array(planned.offer.products, str))
    if not found.any():
        named = ", ".join((*planned.categories, *planned.offer.products)[:5])
        raise ConfigError(
            f"offer {planned.offer.offer_id!r}: nothing of {named} was sold to known customers in the last "
            f"{demand.look_back} days: check the names, or leave them out for an offer on everything"
        )
    return found


class _Known(NamedTuple):
    """Elasticities of the goods, and the parts of their variance."""

    slope: Floats
    weight: Floats
    """Of the product's own figure."""
    alone: Floats
    """Variance of the product by itself."""
    kind_weight: Floats
    """Of the category's own figure, by category of the demand."""
    kind_alone: Floats
    """Variance of the category by itself."""


def _known(sold: Goods, demand: Demand, prices: Elasticities) -> _Known:
    """Look the goods up; those that were not in the panel are like their category, categories like the shop."""
    pooled = prices.pooled
    places = {name: k for k, name in enumerate(prices.categories)}
    kind = np.array([places.get(name, -1) for name in demand.categories])
    mean, se, kind_weight = (
        np.where(kind >= 0, x[np.maximum(kind, 0)], empty)
        for x, empty in (
            (pooled.category, pooled.shop),
            (pooled.category_se, math.hypot(pooled.shop_se, pooled.between_categories)),
            (pooled.category_weight, 0.0),
        )
    )
    names = {name: i for i, name in enumerate(prices.products)}
    item = np.array([names.get(name, -1) for name in sold.product_id])
    seen, item = item >= 0, np.maximum(item, 0)
    weight = np.where(seen, pooled.product_weight[item], 0.0)
    spread = np.where(seen, pooled.product_se[item] ** 2 - (1 - weight) ** 2 * se[sold.kind] ** 2,
                      pooled.between_products**2)  # fmt: skip
    return _Known(
        np.where(seen, pooled.product[item], mean[sold.kind]), weight, np.maximum(spread, 0.0), kind_weight,
        np.maximum(se**2 - (1 - kind_weight) ** 2 * pooled.shop_se**2, 0.0),
    )  # fmt: skip


class _Moves(NamedTuple):
    """An amount by product and how it moves with the powers."""

    amount: Floats
    power: Floats
    """Per unit of the power of the price."""
    memory: Floats
    """Per unit of the memory."""

    def less(self, other: "_Moves") -> "_Moves":
        return _Moves(self.amount - other.amount, self.power - other.power, self.memory - other.memory)


def changes(planned: Planned, sold: Goods, demand: Demand, prices: Elasticities) -> Changes:
    """Margin and cost per day of purchase by category.

    Raises:
        ConfigError: the offer takes no percentage off, or is on nothing that is sold.
    """
    depth = planned.depth
    if depth is None:
        raise ConfigError(
            f"offer {planned.offer.offer_id!r} takes no percentage off, so prices cannot tell what it changes: "
            "declare what you expect of it (extra_orders)"
        )
    offered, log = on_offer(planned, sold, demand), math.log(1 - depth)
    reach = np.asarray(np.bincount(sold.kind, sold.value * offered, len(demand.categories)), dtype=np.float64)
    known, beside = _known(sold, demand, prices), _beside(sold, offered, reach, demand)
    power = np.clip(np.where(offered, known.slope, 0.0) + prices.cross.estimate * beside, *BOUNDS)
    during, after = np.exp(np.minimum(power * log, math.log(MOST_GROWTH))), math.exp(prices.past.estimate * log)
    per_margin, per_value = demand.margin[sold.kind] * sold.margin, demand.value[sold.kind] * sold.value
    paid = 1.0 if planned.tried is None else planned.tried.paid
    given = np.where(offered, per_value * depth * during * paid, 0.0)
    margin = _Moves(
        per_margin * (during - 1 + offered * (after - 1)), per_margin * during * log, per_margin * offered * after * log
    )
    cost = _Moves(given, given * log, np.zeros_like(given))
    lines = [_lines(moves, sold, offered, beside, known, prices) for moves in (margin, cost, margin.less(cost))]
    worth = per_value * offered
    return Changes(
        lines[0], lines[1], lines[2], reach, _common(prices),
        float(np.average(known.slope, weights=worth)), float(np.average(known.weight, weights=worth)),
    )  # fmt: skip


def _beside(sold: Goods, offered: Bools, reach: Floats, demand: Demand) -> Floats:
    """Share of the other goods of the category that is on offer; 0 where the category has no name."""
    others = 1 - sold.value
    share = np.divide(reach[sold.kind] - sold.value * offered, others, out=np.zeros_like(others), where=others > 1e-12)
    named = np.array([bool(name) for name in demand.categories])[sold.kind]
    return np.where(named, np.clip(share, 0.0, 1.0), 0.0)


def _lines(moves: _Moves, sold: Goods, offered: Bools, beside: Floats, known: _Known, prices: Elasticities) -> Lines:
    """Add products up to categories, with the parts of the variance."""
    kinds = len(known.kind_weight)

    def total(x: Floats) -> Floats:
        return np.asarray(np.bincount(sold.kind, x, kinds), dtype=np.float64)

    own = moves.power * offered
    with_kind = total(own * (1 - known.weight))
    shared = [
        with_kind * (1 - known.kind_weight),
        total(moves.power * beside) - prices.cross.along * total(own),
        total(moves.memory) - prices.past.along * total(own),
    ]
    alone = total(own**2 * known.alone) + with_kind**2 * known.kind_alone
    return Lines(total(moves.amount), alone, np.column_stack(shared))


def _common(prices: Elasticities) -> Floats:
    found = np.zeros((3, 3))
    found[0, 0] = prices.pooled.shop_se**2
    found[1:, 1:] = prices.joint
    return found
