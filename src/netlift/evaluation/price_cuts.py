"""Finding price cuts in order lines: goods of a category that were cheaper together, from when to when, by how much.

Weeks in which single products were reduced (`reductions.py`) become events, events of one decision become one row,
and the many small ones of a category become one programme, so that a list of rows shows where the money went.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from netlift.history.reductions import SearchConfig, find_reductions
from netlift.history.shop import Shop, day_number
from netlift.types import Window

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

__all__ = ("PriceCut", "PriceCuts", "SearchConfig", "columns_table", "declared_price_cut", "find_price_cuts", "united")

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ALIKE = 0.6
"""Events of a category whose days overlap by this share (of their union) are one."""
_SAME_DEPTH = 0.005
"""Categories reduced on the same days to within this depth were one decision."""
_LATE_DEPTH = 0.02
"""Goods of one category that joined late were part of the decision if they were reduced to within this depth."""


@dataclass(frozen=True, slots=True)
class PriceCut:
    """Goods that were cheaper for everybody: one event, or a programme of small ones."""

    promotion_id: str
    name: str
    """Name of the only product, else of the categories."""
    categories: tuple[str, ...]
    """Categories of the goods; `''` stands for goods without one."""
    product_ids: tuple[str, ...]
    windows: tuple[Window, ...]
    """Whole days, in order, not touching; more than one for a programme."""
    discount_minor: int
    """Money taken off inside the windows, on lines that had the reduction."""
    usual_minor: int
    """What those lines would have cost at the usual price."""
    weeks: int
    """Weeks in which it ran."""
    markup: tuple[float, ...] = ()
    """Usual price over recorded list price inside the windows, by product; empty: the lines state the discount."""
    declared: bool = False
    """True: from the shop's own table of promotions; False: found in the prices."""

    @property
    def window(self) -> Window:
        """First to last moment."""
        return Window(self.windows[0].start, self.windows[-1].end)

    @property
    def depth(self) -> float:
        """Average reduction, share of the usual price."""
        return self.discount_minor / self.usual_minor if self.usual_minor > 0 else 0.0


@dataclass(frozen=True, slots=True)
class PriceCuts:
    """What the search found."""

    cuts: tuple[PriceCut, ...]
    """Rows to be judged, most money at stake first."""
    small: tuple[PriceCut, ...] = ()
    """Too small to be listed, still needed to know which days were unpromoted."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Reason (of `errors.Reason`, or `too_small`) -> number of product episodes or rows that were not listed."""
    stated: bool = True
    """True: the lines carry the discounts; False: usual prices were inferred beside them."""


@dataclass(frozen=True, slots=True)
class _Event:
    """Products of a category reduced on the same days."""

    category: str
    products: frozenset[str]
    start: int
    end: int

    def alike(self, other: "_Event") -> bool:
        both = min(self.end, other.end) - max(self.start, other.start)
        either = max(self.end, other.end) - min(self.start, other.start)
        return self.category == other.category and both >= _ALIKE * either


def find_price_cuts(shop: Shop, config: SearchConfig | None = None) -> PriceCuts:
    """All price cuts that the shop did not declare as promotions of their own.

    Args:
        shop: an opened shop (views `sold`, `orders`, `order_lines`, `promotions`, `promotion_products`).
        config: what counts as a cut.
    """
    config = config or SearchConfig()
    con = shop.con
    stated, left_out = find_reductions(con, config)
    events = _merged(_events(con, config))
    days = day_number(shop.span.end) - day_number(shop.span.start)
    found = _priced(con, _rows(con, events, days, config))
    ranked = sorted(found, key=lambda cut: (-cut.discount_minor, cut.promotion_id))
    floor = config.least_share * sum(cut.discount_minor for cut in found)
    listed = min(config.limit, sum(cut.discount_minor >= floor for cut in ranked))
    if small := tuple(ranked[listed:]):
        left_out["too_small"] = len(small)
    return PriceCuts(tuple(ranked[:listed]), small, left_out, stated)


def declared_price_cut(shop: Shop, promotion_id: str, name: str, window: Window) -> PriceCut | None:
    """An offer to everybody from the shop's own table of promotions; None: it names no goods that were ever sold."""
    rows = shop.con.execute(
        "SELECT s.product_id, any_value(s.category), "
        "coalesce(sum(s.discount) FILTER (s.ordered_at >= $2 AND s.ordered_at < $3), 0)::BIGINT, "
        "coalesce(sum(s.list_revenue) FILTER (s.ordered_at >= $2 AND s.ordered_at < $3), 0)::BIGINT "
        "FROM sold s WHERE s.product_id IN (SELECT product_id FROM promotion_products WHERE promotion_id = $1) "
        "GROUP BY 1 ORDER BY 1",
        [promotion_id, window.start, window.end],
    ).fetchall()
    if not rows:
        return None
    products, categories, saved, usual = zip(*rows, strict=True)
    weeks = max(1, round(window.days / 7))
    return PriceCut(
        promotion_id, name, tuple(sorted(set(categories))), products, (window,), sum(saved), sum(usual), weeks,
        declared=True,
    )  # fmt: skip


_EVENT_DAYS = """
WITH pairs AS (
  SELECT coalesce(p.category, '') AS category, e.first_week, e.last_week, e.product_id
  FROM cut_episodes e LEFT JOIN priced_products p USING (product_id) WHERE e.refused IS NULL),
days AS (
  SELECT g.category, g.first_week, g.last_week, d.day, sum(d.lines) AS lines, sum(d.reduced) AS reduced
  FROM pairs g JOIN cut_days d ON d.product_id = g.product_id
   AND d.week BETWEEN g.first_week - 1 AND g.last_week + 1
  GROUP BY ALL),
edges AS (
  SELECT category, first_week, last_week, min(day) AS first_day, max(day) + 1 AS end_day
  FROM days WHERE reduced >= {share} * lines GROUP BY ALL)
SELECT category, list(DISTINCT product_id ORDER BY product_id), first_day, end_day
FROM pairs JOIN edges USING (category, first_week, last_week) GROUP BY ALL ORDER BY category, first_day, end_day
"""


def _events(con: "duckdb.DuckDBPyConnection", config: SearchConfig) -> list[_Event]:
    """Episodes of a category in the same weeks, with their first and last day."""
    rows = con.execute(_EVENT_DAYS.format(share=config.min_share)).fetchall()
    return [_Event(category, frozenset(products), start, end) for category, products, start, end in rows]


def _merged(events: Iterable[_Event]) -> list[_Event]:
    """Join events of a category that ran on nearly the same days (a start in mid-week splits them)."""
    merged: dict[str, list[_Event]] = defaultdict(list)
    for event in sorted(events, key=lambda e: (e.category, -len(e.products), e.start - e.end, e.start)):
        mine = merged[event.category]
        twin = next((i for i, other in enumerate(mine) if event.alike(other)), None)
        if twin is None:
            mine.append(event)
        else:
            mine[twin] = replace(mine[twin], products=mine[twin].products | event.products)
    return [event for mine in merged.values() for event in mine]


@dataclass(frozen=True, slots=True)
class _Row:
    """What becomes one `PriceCut`: goods and the days (first, first after) on which they were reduced."""

    categories: tuple[str, ...]
    products: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]


def _rows(con: "duckdb.DuckDBPyConnection", events: list[_Event], days: int, config: SearchConfig) -> list[_Row]:
    """Large events stay alone; the small ones of a category become one programme if that leaves days without."""
    single = [_Row((e.category,), tuple(sorted(e.products)), ((e.start, e.end),)) for e in events]
    alone = _decisions(single, _money(con, single))
    saved = [sum(good.saved for good in goods) for goods in _money(con, alone)]
    floor = config.single_share * sum(saved)
    small: dict[tuple[str, ...], list[_Row]] = defaultdict(list)
    for row, money in zip(alone, saved, strict=True):
        small[row.categories] += [row] if money < floor else []
    programmes = {
        categories: programme
        for categories, rows in small.items()
        if len(rows) > 1
        and "" not in categories
        and _covered((programme := _joined(rows)).spans) <= config.max_cover * days
    }
    inside = {id(row) for categories in programmes for row in small[categories]}
    return [row for row in alone if id(row) not in inside] + list(programmes.values())


def _decisions(rows: Sequence[_Row], money: Sequence[list["_Goods"]]) -> list[_Row]:
    """Join what was one decision: categories reduced on the very same days by the same depth, and late-comers.

    A late-comer (out of stock on the first days, say) lies within the days of a row of its category, as deep.
    """
    depth = [sum(g.saved for g in goods) / max(1, sum(g.lowered for g in goods)) for goods in money]
    days = [row.spans[0][1] - row.spans[0][0] for row in rows]
    groups: list[list[int]] = []
    near: dict[tuple[object, ...], list[list[int]]] = defaultdict(list)
    for i in sorted(range(len(rows)), key=lambda i: (-days[i], rows[i].spans, depth[i])):
        row = rows[i]
        likely = near[row.spans] + near[row.categories]
        group = next((g for g in likely if any(_one_decision(row, rows[m], depth[i] - depth[m]) for m in g)), None)
        if group is None:
            group = []
            groups.append(group)
            near[row.spans].append(group)
        near[row.categories].append(group)
        group.append(i)
    return [replace(_joined([rows[i] for i in group]), spans=rows[group[0]].spans) for group in groups]


def _one_decision(late: _Row, first: _Row, deeper: float) -> bool:
    (start, end), (first_day, end_day) = late.spans[0], first.spans[0]
    same = start == first_day and end == end_day
    within = late.categories == first.categories and start >= first_day - 1 and end <= end_day + 1
    return (same and abs(deeper) <= _SAME_DEPTH) or (within and abs(deeper) <= _LATE_DEPTH)


def _joined(rows: Sequence[_Row]) -> _Row:
    return _Row(
        tuple(sorted({category for row in rows for category in row.categories})),
        tuple(sorted({product for row in rows for product in row.products})),
        united(span for row in rows for span in row.spans),
    )


def united(spans: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """The same days as half-open spans in order that neither touch nor overlap.

    >>> united([(10, 12), (1, 4), (3, 5)])
    ((1, 5), (10, 12))
    """
    out: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return tuple(out)


def _covered(spans: Iterable[tuple[int, int]]) -> int:
    return sum(end - start for start, end in spans)


class _Goods(NamedTuple):
    """One product inside the windows of a row."""

    product_id: str
    name: str
    saved: int
    lowered: int
    """Value at the usual price of the lines that were reduced."""
    usual: int
    recorded: int


_MONEY = """
SELECT g.row, g.product_id, coalesce(any_value(p.name), g.product_id),
       coalesce(sum(d.saved), 0)::BIGINT, coalesce(sum(d.lowered), 0)::BIGINT, sum(d.usual)::BIGINT,
       sum(d.recorded)::BIGINT
FROM cut_goods g JOIN cut_spans s USING (row)
JOIN cut_days d ON d.product_id = g.product_id AND d.day >= s.first_day AND d.day < s.end_day
LEFT JOIN product_names p ON p.product_id = g.product_id
GROUP BY 1, 2 ORDER BY 1, 2
"""


def _money(con: "duckdb.DuckDBPyConnection", rows: Sequence[_Row]) -> list[list[_Goods]]:
    """Per row and product: money taken off, and values at usual and recorded prices, inside the row's windows."""
    import pyarrow as pa

    goods = [(i, product) for i, row in enumerate(rows) for product in row.products]
    spans = [(i, *span) for i, row in enumerate(rows) for span in row.spans]
    tables = {
        "cut_goods": columns_table(goods, row=pa.int64(), product_id=pa.string()),
        "cut_spans": columns_table(spans, row=pa.int64(), first_day=pa.int64(), end_day=pa.int64()),
    }
    con.execute(
        "CREATE OR REPLACE TEMP TABLE product_names AS "
        "SELECT product_id, any_value(name) AS name FROM products GROUP BY product_id"
    )
    out: list[list[_Goods]] = [[] for _ in rows]
    for name, table in tables.items():
        con.register(name, table)
    for row, *good in con.execute(_MONEY).fetchall():
        out[row].append(_Goods(*good))
    for name in tables:
        con.unregister(name)
    return out


def columns_table(rows: Sequence[tuple[object, ...]], **columns: "pa.DataType") -> "pa.Table":
    """Rows of plain values as an Arrow table with typed columns."""
    import pyarrow as pa

    return pa.table({name: pa.array([row[i] for row in rows], kind) for i, (name, kind) in enumerate(columns.items())})


def _priced(con: "duckdb.DuckDBPyConnection", rows: Sequence[_Row]) -> list[PriceCut]:
    return [_cut(row, goods) for row, goods in zip(rows, _money(con, rows), strict=True) if goods]


def _cut(row: _Row, goods: list[_Goods]) -> PriceCut:
    subject, name = _called(row, goods)
    start, end = row.spans[0]
    markup = tuple(good.usual / good.recorded if good.recorded else 1.0 for good in goods)
    when = "" if len(row.spans) > 1 else f":{_moment(start).date()}:{end - start}"
    return PriceCut(
        promotion_id=f"cut:{subject}{when}",
        name=name,
        categories=row.categories,
        product_ids=tuple(good.product_id for good in goods),
        windows=tuple(Window(_moment(first), _moment(last)) for first, last in row.spans),
        discount_minor=sum(good.saved for good in goods),
        usual_minor=sum(good.lowered for good in goods),
        weeks=sum(-(-(last - first) // 7) for first, last in row.spans),
        markup=() if max(markup) == min(markup) == 1 else markup,
    )


def _called(row: _Row, goods: list[_Goods]) -> tuple[str, str]:
    """Id and name of what was reduced: the product, the categories, or (without categories) the largest product."""
    largest = max(goods, key=lambda good: (good.saved, good.product_id))
    if len(goods) == 1:
        return largest.product_id, largest.name
    if "" in row.categories:
        return f"{largest.product_id}+{len(goods) - 1}", f"{largest.name} + {len(goods) - 1}"
    if len(row.categories) > 3:
        label = f"{', '.join(row.categories[:2])} + {len(row.categories) - 2}"
        return label, label
    return ", ".join(row.categories), ", ".join(row.categories)


def _moment(day: int) -> datetime:
    return EPOCH + timedelta(days=day)
