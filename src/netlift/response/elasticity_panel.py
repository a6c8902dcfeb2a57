"""Weekly quantities and prices of products: the panel from which elasticities are read."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netlift.errors import DataError, EstimationError
from netlift.history.shop import Shop

if TYPE_CHECKING:
    import pyarrow as pa

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MEMORY = 4
"""Weeks over which past prices are averaged: how long hoards may last."""
SEASON = 26
"""Weeks in which a product keeps its own level; slower changes of demand are not taken for responses."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One row per product (and region) and week, sorted so; weeks without sales are rows too."""

    products: tuple[str, ...]
    categories: tuple[str, ...]
    category: Ints
    """Category of each product, shape (n_products,)."""
    product: Ints
    """Shape (n_rows,), as everything below."""
    unit: Ints
    """Product, or product and region."""
    level: Ints
    """Product, region and season: what has a level of its own."""
    week: Ints
    """0 for the first week."""
    quantity: Floats
    """Units sold."""
    price: Floats
    """Log of the unit price less its median of the product (and region)."""
    others: Floats
    """Mean of `price` over the other products of the category (and region), by their sales; 0 where there are none,
    or the category is not known (empty)."""
    past: Floats
    """Mean of `price` over the `MEMORY` weeks before; weeks before the first count 0."""
    future: Floats
    """`price` of the week after; 0 in the last week."""
    sales: Floats
    """Value at paid prices of each product, shape (n_products,)."""
    filled: float = 0.0
    """Share of rows without sales, whose price is the usual one of the weeks around."""

    @classmethod
    def of(
        cls,
        product: ArrayLike,
        week: ArrayLike,
        quantity: ArrayLike,
        price: ArrayLike,
        *,
        category: ArrayLike | None = None,
        region: ArrayLike | None = None,
    ) -> Self:
        """Build a panel from columns of equal length; a product's price is above 0 in every row.

        Raises:
            EstimationError: columns of different length, no rows, quantities below 0, prices not above 0, or two rows
                of the same product, region and week.

        >>> panel = Panel.of(["a", "a", "b"], [0, 1, 0], [3, 5, 1], [10.0, 9.0, 4.0])
        >>> panel.products, panel.price.round(3).tolist(), panel.unit.tolist()
        (('a', 'b'), [0.053, -0.053, 0.0], [0, 0, 1])
        """
        names, codes = np.unique(np.asarray(product, dtype=object).astype(str), return_inverse=True)
        rows = len(codes)
        sort = np.zeros(rows, dtype=np.int64) if region is None else _codes(region)
        kinds = np.full(rows, "") if category is None else np.asarray(category, dtype=object).astype(str)
        time = np.asarray(week, dtype=np.int64)
        amount, cost = np.asarray(quantity, dtype=np.float64), np.asarray(price, dtype=np.float64)
        _check([len(column) for column in (codes, sort, kinds, time, amount, cost)], amount, cost)
        order = np.lexsort((time, sort, codes))
        codes, sort, time, kinds = codes[order].astype(np.int64), sort[order], time[order], kinds[order]
        amount, cost = amount[order], cost[order]
        classes, kind = np.unique(kinds, return_inverse=True)
        of_product = np.zeros(len(names), dtype=np.int64)
        of_product[codes] = kind
        unit = _steps(codes, sort)
        if np.any((np.diff(unit) == 0) & (np.diff(time) == 0)):
            raise EstimationError("two rows of the panel have the same product, region and week: add them up first")
        logs = np.log(cost)
        deviation = logs - _medians(logs, unit)[unit]
        value = np.asarray(np.bincount(codes, amount * cost, len(names)), dtype=np.float64)
        cell = _steps_of(kind, sort, time)
        others = np.where(kinds == "", 0.0, _others(deviation, amount * cost, unit, cell))
        return cls(
            tuple(names.tolist()), tuple(classes.tolist()), of_product, codes, unit,
            _steps(unit, _season(time)), time - time.min(), amount, deviation,
            others, _before(deviation, unit, time), _after(deviation, unit, time), value,
        )  # fmt: skip

    @property
    def rows(self) -> int:
        """Number of product-weeks."""
        return len(self.quantity)


def _check(lengths: list[int], amount: Floats, cost: Floats) -> None:
    if not lengths[0] or len(set(lengths)) > 1:
        raise EstimationError(f"a panel needs rows, and columns of one length, got {lengths}")
    if not (np.all(np.isfinite(amount)) and np.all(amount >= 0)):
        raise EstimationError("quantities of a panel must be numbers of at least 0")
    if not (np.all(np.isfinite(cost)) and np.all(cost > 0)):
        raise EstimationError("prices of a panel must be above 0: leave out what was given away")


def _codes(values: ArrayLike) -> Ints:
    return np.unique(np.asarray(values, dtype=object).astype(str), return_inverse=True)[1].astype(np.int64)


def _steps(*keys: Ints) -> Ints:
    """Number the runs of equal keys of sorted rows."""
    change = np.any([np.diff(key) != 0 for key in keys], axis=0)
    return np.concatenate([[0], np.cumsum(change)]).astype(np.int64)


def _steps_of(*keys: Ints) -> Ints:
    """Number the distinct combinations of keys, in any order of rows."""
    return np.unique(np.column_stack(keys), axis=0, return_inverse=True)[1].astype(np.int64).ravel()


def _season(week: Ints) -> Ints:
    """Number of the season; a last one of less than half the length belongs to the one before."""
    since = week - week.min()
    last = max(0, round((since.max() + 1) / SEASON) - 1)
    return np.minimum(since // SEASON, last)


def _medians(values: Floats, group: Ints) -> Floats:
    """Median of each run of sorted groups."""
    starts = np.flatnonzero(np.concatenate([[True], np.diff(group) != 0]))
    return np.array([np.median(part) for part in np.split(values, starts[1:])])


def _others(price: Floats, value: Floats, unit: Ints, cell: Ints) -> Floats:
    """Leave-one-out mean of the prices in the same category, region and week, by the sales of the unit."""
    weight = np.bincount(unit, value)[unit]
    total, summed = np.bincount(cell, weight)[cell] - weight, np.bincount(cell, weight * price)[cell] - weight * price
    alone = np.bincount(cell)[cell] == 1
    return np.divide(summed, total, out=np.zeros_like(price), where=~alone & (total > 0))


def _before(price: Floats, unit: Ints, week: Ints) -> Floats:
    found = np.zeros_like(price)
    for lag in range(1, MEMORY + 1):
        same = (unit[lag:] == unit[:-lag]) & (week[lag:] - week[:-lag] == lag)
        found[lag:] += np.where(same, price[:-lag], 0.0)
    return found / MEMORY


def _after(price: Floats, unit: Ints, week: Ints) -> Floats:
    found = np.zeros_like(price)
    same = (unit[1:] == unit[:-1]) & (np.diff(week) == 1)
    found[:-1] = np.where(same, price[1:], 0.0)
    return found


_CELLS = """
CREATE OR REPLACE TEMP TABLE price_weeks AS
SELECT s.product_id, {region} AS region, (s.day + 3) // 7 AS week,
       sum(round(1000 * s.quantity)::BIGINT) / 1000.0 AS units,
       sum(round(1000 * (s.list_revenue - s.discount) / s.quantity)::BIGINT) / (1000.0 * count(*)) AS price,
       sum(s.list_revenue - s.discount) AS paid, any_value(s.category) AS category
FROM sold s
WHERE s.list_revenue > s.discount AND s.quantity >= 0.001 AND s.day < {until}
  AND s.order_id NOT IN (SELECT order_id FROM orders WHERE code IS NOT NULL
                         UNION SELECT order_id FROM coupons WHERE order_id IS NOT NULL)
GROUP BY s.product_id, 2, 3
"""
"""Lines at prices that everybody saw: no code, no coupon. A line counts once in the price, however many units it has,
so that a discount for quantity does not make the price follow the quantity."""

_ROWS = """
WITH chosen AS (
  SELECT product_id FROM price_weeks GROUP BY product_id
  HAVING count(DISTINCT week) >= {weeks} AND sum(units) >= {units} ORDER BY sum(paid) DESC, product_id LIMIT {most}),
spans AS (
  SELECT product_id, region, min(week) AS first, max(week) AS last, any_value(category) AS category,
         quantile_disc(price, 0.5) AS ordinary
  FROM price_weeks SEMI JOIN chosen USING (product_id) GROUP BY ALL),
weeks AS (
  SELECT product_id, region, category, ordinary, unnest(generate_series(first, last)) AS week FROM spans)
SELECT w.product_id, w.region, w.category, w.week, coalesce(p.units, 0) AS units,
       coalesce(p.price, quantile_disc(p.price, 0.5) OVER around, w.ordinary) AS price, p.price IS NULL AS filled
FROM weeks w LEFT JOIN price_weeks p USING (product_id, region, week)
WINDOW around AS (PARTITION BY w.product_id, w.region ORDER BY w.week RANGE BETWEEN 13 PRECEDING AND 13 FOLLOWING)
ORDER BY w.product_id, w.region, w.week
"""


def price_panel(
    shop: Shop,
    *,
    until: int | None = None,
    by_region: bool = False,
    most: int = 4000,
    least_weeks: int = 12,
    least_units: int = 30,
) -> Panel:
    """Quantities and net unit prices of a shop's best-selling products by week.

    A week without sales between a product's first and last has quantity 0 at the usual price of the half year around.

    Args:
        shop: opened shop.
        until: day number before which lines are read; None: all.
        by_region: whether regions have prices of their own.
        most: products at most, by sales.
        least_weeks: weeks with sales that a product needs.
        least_units: units that a product needs.

    Raises:
        DataError: no product has so many sales.
    """
    region = "coalesce(s.region, '')" if by_region else "''"
    shop.con.execute(_CELLS.format(region=region, until=2_000_000 if until is None else int(until)))
    rows = shop.con.execute(_ROWS.format(weeks=least_weeks, units=least_units, most=most)).to_arrow_table()
    if not rows.num_rows:
        raise DataError(
            f"no product was sold in {least_weeks} weeks and {least_units} units at open prices: "
            "elasticities need more sales, or an assumption takes their place"
        )
    return panel_of(rows)


def panel_of(rows: "pa.Table") -> Panel:
    """A panel from a table with product_id, region, category, week, units, price, filled."""
    from dataclasses import replace

    def text(name: str) -> ArrayLike:
        return rows[name].to_numpy(zero_copy_only=False)

    def number(name: str) -> Floats:
        return np.asarray(rows[name].cast("float64").to_numpy(zero_copy_only=False), dtype=np.float64)

    panel = Panel.of(
        text("product_id"), number("week").astype(np.int64), number("units"), number("price"),
        category=text("category"), region=text("region"),
    )  # fmt: skip
    return replace(panel, filled=float(np.mean(rows["filled"].to_numpy(zero_copy_only=False))))
