"""Finding price cuts in order lines: which goods were cheaper for everybody, from when to when, and by how much.

Two kinds of source. Where lines carry a discount of their own (not from a code), a cut is a week in which most lines
of a product had one. Where they do not, the list value *is* the paid price, and a cut is a week in which most lines
were sold clearly below the usual price of the same product at the same quantity, with the usual price before and
after it: a price that does not come back is a new price, not a promotion.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from netlift.evaluation.shop import Shop, day_number
from netlift.types import Window

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_STATED = 0.002
"""A source whose uncoded discounts exceed this share of list value states its price cuts on the lines; below it, usual
prices are inferred beside what little is stated."""
_ALIKE = 0.6
"""Events of a category whose days overlap by this share (of their union) are one."""
_SAME_DEPTH = 0.005
"""Categories reduced on the same days to within this depth were one decision."""
_LATE_DEPTH = 0.02
"""Goods of one category that joined late were part of the decision if they were reduced to within this depth."""


@dataclass(frozen=True, slots=True)
class SearchConfig:
    """What counts as a price cut, and how many rows the audit lists."""

    min_depth: float = 0.05
    """Smallest reduction that counts, share of the usual price."""
    min_share: float = 0.5
    """Share of a product's lines of a week (at the edges: of a day) that must be reduced."""
    min_lines: int = 3
    """Lines that a product-week needs to show a cut."""
    max_weeks: int = 9
    """A reduction that lasts longer is a price, not a promotion."""
    reach_weeks: int = 20
    """Weeks with sales on each side that define the usual price where lines carry no discount."""
    single_share: float = 0.01
    """An event with at least this share of all the money found keeps a row of its own; smaller ones of a category
    become one programme, as long as it leaves enough days without."""
    max_cover: float = 0.4
    """Largest share of the span that the days of a programme may cover."""
    limit: int = 60
    """Rows listed, most money at stake first."""


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
    """What those windows' lines would have cost at the usual price."""
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
    stated = _stated(con)
    con.execute(_OTHERS)
    con.execute(_STATED_DAYS.format(depth=config.min_depth) if stated else _inferred_days(con, config))
    left_out = _episodes(con, config)
    events = _merged(_events(con, config))
    days = day_number(shop.span.end) - day_number(shop.span.start)
    found = _priced(con, _rows(con, events, days, config), stated=stated)
    ranked = sorted(found, key=lambda cut: (-cut.discount_minor, cut.promotion_id))
    small = tuple(ranked[config.limit :])
    if small:
        left_out["too_small"] = left_out.get("too_small", 0) + len(small)
    return PriceCuts(tuple(ranked[: config.limit]), small, left_out, stated)


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


def _stated(con: "duckdb.DuckDBPyConnection") -> bool:
    """Whether lines outside coded orders carry discounts to speak of."""
    row = con.execute(
        "SELECT coalesce(sum(l.discount_minor) FILTER (o.code IS NULL), 0)::DOUBLE, sum(l.list_minor)::DOUBLE "
        "FROM order_lines l LEFT JOIN (SELECT order_id, any_value(code) AS code FROM orders GROUP BY 1) o "
        "USING (order_id)"
    ).fetchone()
    return row is not None and row[0] > _STATED * (row[1] or 0)


_OTHERS = """
CREATE OR REPLACE TEMP TABLE coded_orders AS
SELECT order_id FROM orders WHERE code IS NOT NULL
UNION SELECT order_id FROM coupons WHERE order_id IS NOT NULL;
CREATE OR REPLACE TEMP TABLE declared_goods AS
SELECT DISTINCT product_id, epoch_us(p.starts_at) // 86400000000 AS first_day,
       epoch_us(p.ends_at) // 86400000000 AS last_day
FROM promotion_products g JOIN promotions p USING (promotion_id)
WHERE p.starts_at IS NOT NULL AND p.ends_at IS NOT NULL;
CREATE OR REPLACE TEMP VIEW shelf_lines AS
SELECT s.product_id, s.day, s.quantity, s.list_revenue, s.discount FROM sold s
ANTI JOIN coded_orders c ON s.order_id = c.order_id
ANTI JOIN declared_goods d ON s.product_id = d.product_id AND s.day BETWEEN d.first_day AND d.last_day
"""
"""Lines whose price everybody saw: no code typed, and not in a promotion that the shop declares."""

_STATED_DAYS = """
CREATE OR REPLACE TEMP TABLE cut_days AS
SELECT product_id, day, (day + 3) // 7 AS week, count(*) AS lines,
       count(*) FILTER (discount > 0 AND discount >= {depth} * list_revenue) AS reduced,
       sum(discount) FILTER (discount >= {depth} * list_revenue) AS saved,
       sum(list_revenue) AS usual, sum(list_revenue) AS recorded
FROM shelf_lines GROUP BY ALL
"""

_PRICES = """
CREATE OR REPLACE TEMP TABLE price_days AS
SELECT product_id, day, (day + 3) // 7 AS week,
       CASE WHEN quantity < 2 THEN 0 WHEN quantity < 12 THEN 1 WHEN quantity < 48 THEN 2 ELSE 3 END AS band,
       round(list_revenue / quantity, 1) AS price, count(*) AS lines, sum(list_revenue) AS recorded,
       count(*) FILTER (discount > 0 AND discount >= {depth} * list_revenue) AS marked,
       coalesce(sum(discount) FILTER (discount >= {depth} * list_revenue), 0) AS given
FROM shelf_lines WHERE list_revenue > 0 GROUP BY ALL
"""
"""Unit prices within bands of quantity, so that a quantity discount is not mistaken for a cut."""

_INFERRED_DAYS = """
CREATE OR REPLACE TEMP TABLE cut_days AS
WITH counted AS (
  SELECT product_id, band, week, price, sum(lines) AS lines FROM price_days GROUP BY ALL),
modes AS (
  SELECT product_id, band, week, arg_max(price, lines + price * 1e-9) AS price, min(price) AS lowest
  FROM counted GROUP BY ALL),
around AS (
  SELECT product_id, band, week,
         count(*) OVER past AS n_past, count(*) OVER next AS n_next,
         least(quantile_disc(price, 0.5) OVER past, quantile_disc(price, 0.5) OVER next) AS usual,
         least(quantile_disc(lowest, 0.25) OVER past, quantile_disc(lowest, 0.25) OVER next) AS ordinary
  FROM modes
  WINDOW past AS (PARTITION BY product_id, band ORDER BY week ROWS BETWEEN {reach} PRECEDING AND 1 PRECEDING),
         next AS (PARTITION BY product_id, band ORDER BY week ROWS BETWEEN 1 FOLLOWING AND {reach} FOLLOWING)),
judged AS (
  SELECT p.product_id, p.day, p.week, p.lines, p.recorded, p.marked, p.given, a.usual / p.price AS markup,
         coalesce(a.n_past >= 3 AND a.n_next >= 3 AND p.price <= (1 - {depth}) * a.usual
                  AND p.price < 0.99 * a.ordinary, false) AS low
  FROM price_days p JOIN around a USING (product_id, band, week))
SELECT product_id, day, week, sum(lines) AS lines, sum(CASE WHEN low THEN lines ELSE marked END) AS reduced,
       sum(CASE WHEN low THEN recorded * (markup - 1) + given ELSE given END) AS saved,
       sum(CASE WHEN low THEN recorded * markup ELSE recorded END) AS usual, sum(recorded) AS recorded
FROM judged GROUP BY ALL
"""
"""Usual: the lower of the median modal prices before and after (a lasting move re-bases it). Ordinary: what somebody
paid in at least a quarter of the weeks, so that a second price for some customers is not mistaken for a cut."""


def _inferred_days(con: "duckdb.DuckDBPyConnection", config: SearchConfig) -> str:
    con.execute(_PRICES.format(depth=config.min_depth))
    return _INFERRED_DAYS.format(depth=config.min_depth, reach=config.reach_weeks)


_EPISODES = """
CREATE OR REPLACE TEMP TABLE cut_episodes AS
WITH weeks AS (
  SELECT product_id, week, sum(lines) AS lines, sum(reduced) AS reduced,
         coalesce(sum(saved), 0) AS saved, sum(usual) AS usual
  FROM cut_days GROUP BY ALL),
seen AS (
  SELECT *, reduced >= {share} * lines AND saved >= {share} * {depth} * usual AS cut
  FROM weeks WHERE lines >= {lines}),
runs AS (
  SELECT *, sum((NOT cut OR week - before > 2)::INT) OVER (PARTITION BY product_id ORDER BY week) AS run,
         min(week) FILTER (NOT cut) OVER (PARTITION BY product_id) AS first_uncut,
         max(week) FILTER (NOT cut) OVER (PARTITION BY product_id) AS last_uncut
  FROM (SELECT *, lag(week) OVER (PARTITION BY product_id ORDER BY week) AS before FROM seen))
SELECT product_id, min(week) AS first_week, max(week) AS last_week, sum(saved) AS saved,
       CASE WHEN max(week) - min(week) >= {weeks} THEN 'no_unpromoted_periods'
            WHEN any_value(first_uncut) IS NULL THEN 'no_unpromoted_periods'
            WHEN any_value(first_uncut) > min(week) THEN 'starts_before_data'
            WHEN any_value(last_uncut) < max(week) THEN 'ends_after_data' END AS refused
FROM runs WHERE cut GROUP BY product_id, run
"""


def _episodes(con: "duckdb.DuckDBPyConnection", config: SearchConfig) -> dict[str, int]:
    """Make the table of episodes; count those that cannot be judged by reason."""
    con.execute(
        _EPISODES.format(share=config.min_share, depth=config.min_depth, lines=config.min_lines, weeks=config.max_weeks)
    )
    return dict(
        con.execute(
            "SELECT refused, count(*) FROM cut_episodes WHERE refused IS NOT NULL GROUP BY 1 ORDER BY 1"
        ).fetchall()
    )


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
    for event in sorted(events, key=lambda e: (e.category, -len(e.products), e.start, e.end)):
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
    depth = [sum(g.saved for g in goods) / max(1, sum(g.usual for g in goods)) for goods in money]
    days = [row.spans[0][1] - row.spans[0][0] for row in rows]
    groups: list[list[int]] = []
    near: dict[tuple[object, ...], list[list[int]]] = defaultdict(list)
    for i in sorted(range(len(rows)), key=lambda i: (-days[i], rows[i].spans, depth[i])):
        row = rows[i]
        likely = near[row.spans] + near[row.categories]
        group = next((g for g in likely if _one_decision(row, rows[g[0]], depth[i] - depth[g[0]])), None)
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
    usual: int
    recorded: int


_MONEY = """
SELECT g.row, g.product_id, coalesce(any_value(p.name), g.product_id),
       coalesce(sum(d.saved), 0)::BIGINT, sum(d.usual)::BIGINT, sum(d.recorded)::BIGINT
FROM cut_goods g JOIN cut_spans s USING (row)
JOIN cut_days d ON d.product_id = g.product_id AND d.day >= s.first_day AND d.day < s.end_day
LEFT JOIN product_names p ON p.product_id = g.product_id
GROUP BY 1, 2 ORDER BY 1, 2
"""


def _money(con: "duckdb.DuckDBPyConnection", rows: Sequence[_Row]) -> list[list[_Goods]]:
    """Per row and product: reduction, value at the usual price and recorded value inside the row's windows."""
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


def _priced(con: "duckdb.DuckDBPyConnection", rows: Sequence[_Row], *, stated: bool) -> list[PriceCut]:
    return [_cut(row, goods, stated=stated) for row, goods in zip(rows, _money(con, rows), strict=True) if goods]


def _cut(row: _Row, goods: list[_Goods], *, stated: bool) -> PriceCut:
    subject, name = _called(row, goods)
    start, end = row.spans[0]
    when = "" if len(row.spans) > 1 else f":{_moment(start).date()}:{end - start}"
    return PriceCut(
        promotion_id=f"cut:{subject}{when}",
        name=name,
        categories=row.categories,
        product_ids=tuple(good.product_id for good in goods),
        windows=tuple(Window(_moment(first), _moment(last)) for first, last in row.spans),
        discount_minor=sum(good.saved for good in goods),
        usual_minor=sum(good.usual for good in goods),
        weeks=sum(-(-(last - first) // 7) for first, last in row.spans),
        markup=() if stated else tuple(good.usual / good.recorded if good.recorded else 1.0 for good in goods),
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
