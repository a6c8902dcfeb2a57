"""What is on the shelves: prices, costs, sales, stock and the lowest price of late, by product and by category."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from netlift.history.shop import Shop

if TYPE_CHECKING:
    import pyarrow as pa

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

LOOK_BACK = 182
"""Days of sales that are read."""
SALES_WEEKS = 8
"""Weeks of sales by which stock is divided to tell how long it lasts."""
LOWEST_DAYS = 30
"""Days over which the lowest price is sought (Directive 98/6/EC, Article 6a)."""
COUNT_DAYS = 28
"""Days for which a count of stock is believed; a count without a time was made when it was taken in."""
LONGEST_COVER = 260.0
"""Weeks of cover of what does not sell at all."""


class Shelf(NamedTuple):
    """A category."""

    category: str
    products: int
    buyers: int
    """Known customers with a purchase in the look-back."""
    revenue_minor: int
    """At list price, in the look-back."""
    discount_share: float
    """Of list value."""
    units: tuple[float, float]
    """Median and upper quartile of units per order with the category."""
    spend_minor: tuple[float, float, float]
    """Quartiles of what such orders spend on it."""
    measured: bool
    """Mostly sold by weight or measure, not by the piece."""


@dataclass(frozen=True, slots=True, eq=False)
class Goods:
    """Products that sold in the look-back or lie in stock, by product_id; arrays of shape (n,)."""

    product_id: NDArray[np.object_]
    category: NDArray[np.object_]
    """Empty where it is not known."""
    price: Ints
    """List price of a unit, minor units, above 0."""
    cost: Ints
    """Cost of goods of a unit, minor units."""
    cost_known: Bools
    """Whether the data tell the cost; else it is list price less the margin that is taken for granted."""
    revenue: Ints
    """At list price in the look-back, minor units."""
    orders: Ints
    """Orders in the look-back."""
    weekly: Floats
    """Units sold a week, of late."""
    lowest: Ints
    """Lowest price of the last 30 days; the list price where nothing was cheaper."""
    stock: Floats
    """Units that may be sold; nan where it is not known."""
    measured: Bools
    """Sold by weight or measure."""
    tags: NDArray[np.object_]
    """Comma separated; empty where there are none."""

    @property
    def size(self) -> int:
        """Number of products."""
        return len(self.product_id)

    @property
    def margin(self) -> Floats:
        """Margin at list price as a share of it."""
        return 1 - self.cost / self.price

    @property
    def cover(self) -> Floats:
        """Weeks that the stock lasts at the pace of late; nan where stock is not known."""
        with np.errstate(divide="ignore", invalid="ignore"):
            weeks = np.where(self.weekly > 0, self.stock / self.weekly, LONGEST_COVER)
        found: Floats = np.where(np.isnan(self.stock), np.nan, np.minimum(weeks, LONGEST_COVER))
        return found

    def place(self) -> Mapping[str, int]:
        """Row of each product."""
        return {str(product): row for row, product in enumerate(self.product_id)}


_LINES = """
CREATE OR REPLACE TEMP TABLE idea_lines AS
SELECT l.order_id, l.customer_id, l.product_id, CAST(epoch_us(l.ordered_at) // 86400000000 AS INTEGER) AS day,
       l.quantity, l.list_minor, l.discount_minor, l.cost_minor, p.category,
       l.order_id IN (SELECT order_id FROM orders WHERE code IS NOT NULL
                      UNION SELECT order_id FROM coupons WHERE order_id IS NOT NULL) AS coded
FROM order_lines l LEFT JOIN priced_products p USING (product_id)
WHERE l.ordered_at < {until} AND l.ordered_at >= {since} AND l.quantity > 0 AND l.list_minor > 0
  AND coalesce(l.flags, '') NOT LIKE '%fuel%'
"""
"""Fuel is left out: its price hangs outside and follows the market."""
_COUNTED = """
CREATE OR REPLACE TEMP TABLE idea_stock AS
SELECT product_id, sum(units) AS units FROM (
  SELECT product_id, location, arg_max(coalesce(available, on_hand - coalesce(committed, 0)),
         coalesce("at", {until})) AS units
  FROM inventory WHERE "at" IS NULL OR ("at" < {until} AND "at" >= {counted_since}) GROUP BY product_id, location
) WHERE units IS NOT NULL GROUP BY product_id
"""
_LOWEST = """
CREATE OR REPLACE TEMP TABLE idea_lowest AS
SELECT product_id, min(price) AS price FROM (
  SELECT product_id, median((list_minor - discount_minor) / quantity) AS price FROM idea_lines
  WHERE day >= {lowest_day} AND NOT coded AND discount_minor < list_minor GROUP BY product_id, day
  UNION ALL
  SELECT product_id, price_minor FROM prices WHERE price_minor > 0 AND starts_at < {until}
    AND (ends_at IS NULL OR ends_at > {lowest_since}) AND region IS NULL
) GROUP BY product_id
"""
_GOODS = """
WITH listed AS (
  SELECT product_id, any_value(category) AS category, any_value(price_minor) AS price, any_value(cost_minor) AS cost,
         coalesce(any_value(tags), '') AS tags
  FROM products GROUP BY product_id),
sold AS (
  SELECT product_id, sum(list_minor)::BIGINT AS revenue, count(DISTINCT order_id) AS orders,
         sum(round(1000 * quantity)::BIGINT) FILTER (day >= {recent_day})::BIGINT AS units,
         coalesce(median(list_minor / quantity) FILTER (day >= {lowest_day}), median(list_minor / quantity)) AS price,
         median(cost_minor / quantity) AS cost, avg((quantity <> round(quantity))::INT) > 0.5 AS measured
  FROM idea_lines GROUP BY product_id)
SELECT product_id, coalesce(l.category, '') AS category, round(coalesce(nullif(l.price, 0), s.price))::BIGINT AS price,
       coalesce(l.cost, s.cost) AS cost, coalesce(s.revenue, 0) AS revenue, coalesce(s.orders, 0) AS orders,
       coalesce(s.units, 0) / 1000 / {weeks} AS weekly, w.price AS lowest, k.units AS stock,
       coalesce(s.measured, false) AS measured, coalesce(l.tags, '') AS tags
FROM listed l FULL JOIN sold s USING (product_id) LEFT JOIN idea_lowest w USING (product_id)
LEFT JOIN idea_stock k USING (product_id)
WHERE coalesce(nullif(l.price, 0), s.price) >= 1 AND (s.revenue IS NOT NULL OR k.units > 0)
ORDER BY product_id
"""
_SHELVES = """
WITH by_order AS (
  SELECT category, order_id, any_value(customer_id) AS customer_id, sum(round(1000 * quantity)::BIGINT) / 1000 AS units,
         sum(list_minor - discount_minor)::BIGINT AS spend, sum(list_minor)::BIGINT AS list,
         sum(discount_minor)::BIGINT AS discount, avg((quantity <> round(quantity))::INT) AS measured
  FROM idea_lines WHERE coalesce(category, '') <> '' GROUP BY category, order_id)
SELECT category, (SELECT count(DISTINCT product_id) FROM idea_lines i WHERE i.category = b.category) AS products,
       count(DISTINCT customer_id) AS buyers, sum(list)::BIGINT AS revenue, sum(discount) / sum(list) AS discounted,
       quantile_cont(units, [0.5, 0.75]) AS units, quantile_cont(spend, [0.25, 0.5, 0.75]) AS spend,
       quantile_cont(measured, 0.5) > 0.5 AS measured
FROM by_order b GROUP BY category ORDER BY category
"""


class Moment(NamedTuple):
    """The days that a query speaks of."""

    day: int
    """Day number of the first day that is not known."""

    def sql(self) -> dict[str, object]:
        """What the queries are filled with."""

        def at(day: int) -> str:
            return f"make_timestamptz({day * 86_400_000_000})"

        return {
            "until": at(self.day),
            "since": at(self.day - LOOK_BACK),
            "lowest_since": at(self.day - LOWEST_DAYS),
            "counted_since": at(self.day - COUNT_DAYS),
            "lowest_day": self.day - LOWEST_DAYS,
            "recent_day": self.day - 7 * SALES_WEEKS,
            "weeks": SALES_WEEKS,
        }


@dataclass(frozen=True, eq=False)
class Catalogue:
    """Goods and shelves."""

    goods: Goods
    shelves: tuple[Shelf, ...]
    """By category; goods without one are on none."""

    @cached_property
    def on_shelf(self) -> Mapping[str, Ints]:
        """Rows of the goods of each category."""
        names, codes = np.unique(self.goods.category.astype(str), return_inverse=True)
        order = np.argsort(codes, kind="stable")
        parts = np.split(order, np.cumsum(np.bincount(codes, minlength=len(names)))[:-1]) if len(names) else []
        return {str(name): part.astype(np.int64) for name, part in zip(names, parts, strict=True) if name}


def catalogue(shop: Shop, moment: Moment) -> Catalogue:
    """Read goods and shelves as of a day; leaves the temporary tables `idea_...` on the connection.

    Args:
        shop: opened shop; tables without rows are as good as none.
        moment: first day that is not known.
    """
    days = moment.sql()
    for query in (_LINES, _COUNTED, _LOWEST):
        shop.con.execute(query.format(**days))
    found = shop.con.execute(_GOODS.format(**days)).to_arrow_table()
    rows = shop.con.execute(_SHELVES).fetchall()
    shelves = tuple(
        Shelf(name, products, buyers, revenue, float(off), tuple(units), tuple(spend), bool(measured))
        for name, products, buyers, revenue, off, units, spend, measured in rows
    )
    return Catalogue(_goods(found, shop.terms.margin), shelves)


def _goods(table: "pa.Table", margin: float) -> Goods:
    def numbers(name: str) -> Floats:
        import pyarrow as pa

        return np.asarray(table[name].cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)

    def texts(name: str) -> NDArray[np.object_]:
        return np.asarray(table[name].to_numpy(zero_copy_only=False), dtype=np.object_)

    price, cost, lowest = numbers("price").astype(np.int64), numbers("cost"), numbers("lowest")
    known = ~np.isnan(cost)
    costs = np.where(known, np.ceil(np.where(known, cost, 0)), np.floor(price * (1 - margin) + 1e-9)).astype(np.int64)
    cheapest = np.where(np.isnan(lowest), price, np.minimum(np.floor(np.where(np.isnan(lowest), 0, lowest)), price))
    return Goods(
        texts("product_id"), texts("category"), price, np.maximum(costs, 0), known, numbers("revenue").astype(np.int64),
        numbers("orders").astype(np.int64), numbers("weekly"), cheapest.astype(np.int64), numbers("stock"),
        numbers("measured") > 0, texts("tags"),
    )  # fmt: skip
