"""Daily series for judging price cuts: each category's money by day, and each cut's own goods, read in two passes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from netlift.evaluation.designs.contrast import Floats
from netlift.evaluation.price_cuts import PriceCut, columns_table, united
from netlift.history.columns import MEASURES
from netlift.history.shop import Shop, day_number
from netlift.types import Window

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

Bools = NDArray[np.bool_]

RECOVERY_DAYS = 28
"""So many days after a window may not speak for a baseline, however short the wash-out: a hoard at home lasts."""
KEPT_CATEGORIES = 400
"""Categories without a cut beyond this number (by revenue) are joined into a few, as they only make the day index."""
BUCKETS = 40
"""Goods without a category are spread over this many groups, so that the shop still has a rest to compare with."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Who used a cut, as recorded."""

    customers: int
    orders: int
    revenue_minor: int
    """All revenue of orders that hold a reduced line."""
    sold_out: float
    """Share of the window's product-days on which a product had stopped selling that should have sold."""


@dataclass(frozen=True)
class Panels:
    """Everything that the estimates of a shop's price cuts share; days count from `first_day`."""

    first_day: int
    """Day number (since 1970-01-01) of the first column."""
    names: tuple[str, ...]
    """Categories; names that start with a control character are groups made here."""
    outcomes: Floats
    """Money by category, day and measure, natural signs; shape (n_categories, n_days, len(MEASURES))."""
    own: Mapping[str, Floats]
    """The same for the goods of each cut at the usual price, by promotion id; shape (n_days, len(MEASURES))."""
    recorded: Mapping[str, Floats]
    """The goods of each cut as recorded (equal to `own` where lines state the discount)."""
    usage: Mapping[str, Usage]
    usual: Mapping[str, float]
    """List revenue of every product of any cut over the whole span."""
    groups: Mapping[str, int]
    """Row of every product of any cut."""
    cuts: tuple[PriceCut, ...]
    """All that ran, listed or not."""
    washout_days: int

    @property
    def n_days(self) -> int:
        """Number of days."""
        return int(self.outcomes.shape[1])

    @property
    def hidden_days(self) -> int:
        """Days after a window that do not speak for any baseline."""
        return max(self.washout_days, RECOVERY_DAYS)

    def spans(self, cut: PriceCut) -> tuple[tuple[int, int], ...]:
        """The cut's windows as half-open column numbers; may reach beyond the data."""
        return united((day_number(w.start) - self.first_day, last_day(w) - self.first_day) for w in cut.windows)

    def days(self, cut: PriceCut, washout: int = 0) -> Bools:
        """Days of the cut's windows (washout 0), or of the wash-outs after them; shape (n_days,)."""
        inside, after = np.zeros(self.n_days, bool), np.zeros(self.n_days, bool)
        for start, end in self.spans(cut):
            inside[max(0, start) : max(0, end)] = True
            after[max(0, end) : max(0, end + washout)] = True
        return after & ~inside if washout else inside

    def rows(self, cut: PriceCut) -> Bools:
        """Categories of the cut's goods, shape (n_categories,)."""
        mine = np.zeros(len(self.names), bool)
        mine[[self.groups[product] for product in cut.product_ids if product in self.groups]] = True
        return mine

    @cached_property
    def running(self) -> Floats:
        """Share of each category's usual sales that is reduced, by day; shape (n_categories, n_days)."""
        return np.minimum((self._reduced / self._size).T @ self._run, 1.0)

    @cached_property
    def washing(self) -> Floats:
        """Share of each category's usual sales that recovers from a cut, by day; same shape."""
        return np.minimum((self._reduced / self._size).T @ self._wash, 1.0)

    def around(self, rows: Bools) -> tuple[Floats, Floats]:
        """Shares of the usual sales of a set of categories reduced and recovering, by day; shape (n_days,) each."""
        weight = self._size * rows / self._size[rows].sum()
        return weight @ self.running, weight @ self.washing

    def beside(self, cut: PriceCut, *, whole_category: bool) -> tuple[Floats, Floats]:
        """What *other* cuts do to the same goods: shares of usual sales reduced and recovering, shape (n_days,) each.

        Args:
            cut: the one that is judged.
            whole_category: also count what they do to the rest of its categories.
        """
        mine, rows = set(cut.product_ids), self.rows(cut)
        own = np.array([sum(self.usual.get(p, 0.0) for p in mine.intersection(c.product_ids)) for c in self.cuts])
        other = np.array([c.promotion_id != cut.promotion_id for c in self.cuts])
        shares = [own / max(sum(self.usual.get(p, 0.0) for p in mine), 1.0)]
        if whole_category:
            shares.append(self._reduced[:, rows].sum(axis=1) / self._size[rows].sum())
        run, wash = (
            np.max([np.minimum((share * other) @ days, 1.0) for share in shares], axis=0)
            for days in (self._run, self._wash)
        )
        return run, wash

    @cached_property
    def _size(self) -> Floats:
        return np.maximum(self.outcomes[:, :, 0].sum(axis=1), 1.0)

    @cached_property
    def _reduced(self) -> Floats:
        """Usual sales of each cut's goods by category, shape (n_cuts, n_categories)."""
        out = np.zeros((len(self.cuts), len(self.names)))
        for row, cut in zip(out, self.cuts, strict=True):
            for product in cut.product_ids:
                if product in self.groups:
                    row[self.groups[product]] += self.usual[product]
        return out

    @cached_property
    def _run(self) -> Floats:
        return np.array([self.days(cut) for cut in self.cuts], dtype=np.float64).reshape(-1, self.n_days)

    @cached_property
    def _wash(self) -> Floats:
        days = [self.days(cut, self.hidden_days) for cut in self.cuts]
        return np.array(days, dtype=np.float64).reshape(-1, self.n_days)


_GROUPS = f"""
CREATE OR REPLACE TEMP TABLE panel_groups AS
WITH sizes AS (
  SELECT s.category, sum(s.list_revenue) AS size,
         bool_or(s.product_id IN (SELECT product_id FROM panel_goods)) AS has_cut
  FROM (SELECT category, product_id, sum(list_revenue) AS list_revenue FROM sold GROUP BY ALL) s GROUP BY 1)
SELECT category, has_cut OR row_number() OVER (ORDER BY has_cut DESC, size DESC, category) <= {KEPT_CATEGORIES} AS kept
FROM sizes
"""

_GROUP = f"""
CASE WHEN s.category = '' THEN chr(1) || (hash(s.product_id) % {BUCKETS})::VARCHAR
     WHEN NOT g.kept THEN chr(2) || (hash(s.category) % 20)::VARCHAR ELSE s.category END
"""

_SUMS = ", ".join(f"sum(s.{measure})::DOUBLE AS {measure}" for measure in MEASURES)

_CATEGORY_DAYS = f"""
SELECT {_GROUP} AS grp, s.day, {_SUMS} FROM sold s JOIN panel_groups g USING (category) GROUP BY ALL
"""

_PRODUCT_DAYS = f"""
CREATE OR REPLACE TEMP TABLE panel_days AS
SELECT s.product_id, any_value({_GROUP}) AS grp, s.day, count(*) AS lines, {_SUMS}
FROM sold s JOIN panel_groups g USING (category) SEMI JOIN panel_goods p ON s.product_id = p.product_id
GROUP BY s.product_id, s.day
"""

_OWN = """
SELECT cut, day, sum(list_revenue * m)::DOUBLE, sum(discount + list_revenue * (m - 1))::DOUBLE, sum(funding)::DOUBLE,
       sum(returns)::DOUBLE, sum(cost_of_goods * (1 + (m - 1) * {unknown_cost}))::DOUBLE,
       sum(list_revenue)::DOUBLE, sum(discount)::DOUBLE, sum(funding)::DOUBLE, sum(returns)::DOUBLE,
       sum(cost_of_goods)::DOUBLE
FROM (SELECT c.cut, d.*, CASE WHEN w.cut IS NULL THEN 1 ELSE c.markup END AS m
      FROM panel_cuts c JOIN panel_days d USING (product_id)
      LEFT JOIN panel_spans w ON w.cut = c.cut AND d.day >= w.first_day AND d.day < w.end_day)
GROUP BY ALL
"""
"""Money of each cut's goods at the usual price, then as recorded; an assumed cost follows the usual price."""

_USAGE = """
WITH hits AS (
  SELECT DISTINCT c.cut, s.order_id, s.customer_id
  FROM sold s JOIN panel_cuts c ON s.product_id = c.product_id
  JOIN panel_spans w ON w.cut = c.cut AND s.day >= w.first_day AND s.day < w.end_day)
SELECT h.cut, count(DISTINCT h.customer_id), count(DISTINCT h.order_id),
       sum(o.list_minor - o.discount_minor - o.refunded_minor)::BIGINT
FROM hits h JOIN orders o USING (order_id) GROUP BY 1
"""

_SOLD_OUT = """
WITH pace AS (
  SELECT c.cut, w.first_day, w.end_day, c.product_id, sum(d.lines) AS lines, max(d.day) + 1 AS stopped
  FROM panel_cuts c JOIN panel_spans w USING (cut) JOIN panel_days d
    ON d.product_id = c.product_id AND d.day >= w.first_day AND d.day < w.end_day
  GROUP BY ALL)
SELECT cut, sum(CASE WHEN lines * (end_day - stopped) > 7 * (stopped - first_day) THEN end_day - stopped ELSE 0 END)
       / sum(end_day - first_day)
FROM pace GROUP BY 1
"""
"""Sold out: silent to the end of the window for so long that at the pace before it e^-7 is the chance of it."""


_CYCLE = """
SELECT median(gap) FROM (
  SELECT day - lag(day) OVER (PARTITION BY customer_id, category ORDER BY day) AS gap
  FROM (SELECT DISTINCT customer_id, category, day FROM sold
        WHERE customer_id IS NOT NULL AND category <> '' AND hash(customer_id) % {every} = 0))
WHERE gap IS NOT NULL
"""


def goods_washout_days(shop: Shop) -> int:
    """Two typical purchase cycles of a category, at least one week and at most four.

    A hoard lasts until the category is bought again, which is longer than until the shop is visited again. Where
    goods or customers are not known well enough, the shop's own wash-out. Twenty thousand customers are enough.
    """
    row = shop.con.execute(_CYCLE.format(every=max(1, shop.customers // 20_000))).fetchone()
    cycle = row[0] if row else None
    return shop.washout_days if cycle is None else int(min(28, max(7, round(2 * cycle))))


def price_cut_panels(
    shop: Shop, cuts: Sequence[PriceCut], *, beside: Sequence[PriceCut] = (), washout_days: int | None = None
) -> Panels:
    """Read the series of all cuts at once: two passes over the lines, whatever the number of cuts.

    Args:
        shop: an opened shop.
        cuts: the rows to be judged.
        beside: further cuts that are not judged, but whose days are not unpromoted.
        washout_days: wash-out after each window; two purchase cycles of the goods by default.
    """
    con = shop.con
    _register(con, cuts, beside)
    con.execute(_GROUPS)
    con.execute(_PRODUCT_DAYS)
    first = day_number(shop.span.start)
    n_days = day_number(shop.span.end) - first
    names, outcomes = _cube(con, _CATEGORY_DAYS, first, n_days)
    usual, groups = _goods(con, names)
    own, recorded = _own(con, cuts, first, n_days, unknown_cost=1 - shop.cost_known)
    washout = goods_washout_days(shop) if washout_days is None else washout_days
    usage = _usage(con, cuts)
    panels = Panels(first, names, outcomes, own, recorded, usage, usual, groups, (*cuts, *beside), washout)
    for table in ("panel_cuts", "panel_spans", "panel_goods"):
        con.unregister(table)
    return panels


def _register(con: "duckdb.DuckDBPyConnection", cuts: Sequence[PriceCut], beside: Sequence[PriceCut]) -> None:
    """Make the cuts' goods and windows known to the queries; a cut goes by its position."""
    import pyarrow as pa

    goods = [(product,) for product in sorted({p for cut in (*cuts, *beside) for p in cut.product_ids})]
    pairs = [
        (i, product, markup)
        for i, cut in enumerate(cuts)
        for product, markup in zip(cut.product_ids, cut.markup or (1.0,) * len(cut.product_ids), strict=True)
    ]
    spans = [(i, day_number(w.start), last_day(w)) for i, cut in enumerate(cuts) for w in cut.windows]
    con.register("panel_goods", columns_table(goods, product_id=pa.string()))
    con.register("panel_cuts", columns_table(pairs, cut=pa.int64(), product_id=pa.string(), markup=pa.float64()))
    con.register("panel_spans", columns_table(spans, cut=pa.int64(), first_day=pa.int64(), end_day=pa.int64()))


def last_day(window: Window) -> int:
    """Day number of the first whole day after a window."""
    return -int(-window.end.timestamp() // 86_400)


def _cube(con: "duckdb.DuckDBPyConnection", query: str, first: int, n_days: int) -> tuple[tuple[str, ...], Floats]:
    """A query of (name, day, measures) as names and an array (n_names, n_days, n_measures)."""
    table = con.execute(query).to_arrow_table()
    names, row = np.unique(np.array(table[0].to_pylist(), dtype=object), return_inverse=True)
    cube = np.zeros((len(names), n_days, table.num_columns - 2))
    _fill(cube, row, table, first)
    return tuple(str(name) for name in names), cube


def _fill(cube: Floats, row: NDArray[np.int64], table: "pa.Table", first: int) -> None:
    day = table[1].to_numpy() - first
    for i in range(cube.shape[2]):
        cube[row, day, i] = table[i + 2].to_numpy()


def _own(
    con: "duckdb.DuckDBPyConnection", cuts: Sequence[PriceCut], first: int, n_days: int, *, unknown_cost: float
) -> tuple[dict[str, Floats], dict[str, Floats]]:
    table = con.execute(_OWN.format(unknown_cost=unknown_cost)).to_arrow_table()
    cube = np.zeros((len(cuts), n_days, 2 * len(MEASURES)))
    _fill(cube, table[0].to_numpy(), table, first)
    half = len(MEASURES)
    ids = [cut.promotion_id for cut in cuts]
    return dict(zip(ids, cube[:, :, :half], strict=True)), dict(zip(ids, cube[:, :, half:], strict=True))


def _goods(con: "duckdb.DuckDBPyConnection", names: tuple[str, ...]) -> tuple[dict[str, float], dict[str, int]]:
    """Usual sales and category row of every product of any cut."""
    place = {name: i for i, name in enumerate(names)}
    rows = con.execute(
        "SELECT product_id, sum(list_revenue)::DOUBLE, any_value(grp) FROM panel_days GROUP BY 1"
    ).fetchall()
    return {product: size for product, size, _ in rows}, {product: place[group] for product, _, group in rows}


def _usage(con: "duckdb.DuckDBPyConnection", cuts: Sequence[PriceCut]) -> dict[str, Usage]:
    used: dict[int, tuple[int, int, int]] = {row[0]: row[1:] for row in con.execute(_USAGE).fetchall()}
    empty = {row[0]: float(row[1] or 0) for row in con.execute(_SOLD_OUT).fetchall()}
    return {cut.promotion_id: Usage(*used.get(i, (0, 0, 0)), empty.get(i, 0.0)) for i, cut in enumerate(cuts)}
