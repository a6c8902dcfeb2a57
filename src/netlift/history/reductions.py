"""Which products were cheaper than usual for everybody, in which weeks: the tables `cut_days` and `cut_episodes`.

Two kinds of source. Where lines carry a discount of their own (not from a code), a cut is a week in which most lines
of a product had one. Where they do not, the list value *is* the paid price, and a cut is a week in which most lines
were sold clearly below the usual price of the same product at the same quantity, with the usual price before and
after it: a price that does not come back is a new price, not a promotion.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

_STATED = 0.002
"""A source whose uncoded discounts exceed this share of list value states its price cuts on the lines; below it, usual
prices are inferred beside what little is stated."""


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
    """Rows listed, most money at stake first ..."""
    least_share: float = 0.002
    """... each with at least this share of all the money found."""


def find_reductions(con: "duckdb.DuckDBPyConnection", config: SearchConfig) -> tuple[bool, dict[str, int]]:
    """Make the tables of reduced days and of episodes (weeks in a row of one product).

    Returns:
        Whether the lines state the discounts, and how many episodes cannot be judged by reason.
    """
    stated = _stated(con)
    con.execute(_OTHERS)
    con.execute(_STATED_DAYS.format(depth=config.min_depth) if stated else _inferred_days(con, config))
    return stated, _episodes(con, config)


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
       epoch_us(p.ends_at) // 86400000000 AS last_day,
       unnest(CASE WHEN coalesce(len(p.regions), 0) = 0 THEN [NULL] ELSE p.regions END) AS region
FROM promotion_products g JOIN promotions p USING (promotion_id)
WHERE p.starts_at IS NOT NULL AND p.ends_at IS NOT NULL AND p.code IS NULL
  AND p.promotion_id NOT IN (SELECT promotion_id FROM exposures);
CREATE OR REPLACE TEMP VIEW shelf_lines AS
SELECT s.product_id, s.day, s.quantity, s.list_revenue, s.discount FROM sold s
ANTI JOIN coded_orders c ON s.order_id = c.order_id
ANTI JOIN declared_goods d ON s.product_id = d.product_id AND s.day BETWEEN d.first_day AND d.last_day
  AND (d.region IS NULL OR d.region = s.region)
"""
"""Lines whose price everybody saw: no code typed, and not in an offer (everywhere, or in the line's region) that the
shop declares itself and that is judged by its own design: the same money must not be counted twice."""

_STATED_DAYS = """
CREATE OR REPLACE TEMP TABLE cut_days AS
SELECT product_id, day, (day + 3) // 7 AS week, count(*) AS lines,
       count(*) FILTER (discount > 0 AND discount >= {depth} * list_revenue) AS reduced,
       sum(discount) FILTER (discount > 0 AND discount >= {depth} * list_revenue) AS saved,
       sum(list_revenue) FILTER (discount > 0 AND discount >= {depth} * list_revenue) AS lowered,
       sum(list_revenue) AS usual, sum(list_revenue) AS recorded
FROM shelf_lines GROUP BY ALL
"""

_PRICES = """
CREATE OR REPLACE TEMP TABLE price_days AS
SELECT product_id, day, (day + 3) // 7 AS week,
       CASE WHEN quantity < 2 THEN 0 WHEN quantity < 12 THEN 1 WHEN quantity < 48 THEN 2 ELSE 3 END AS band,
       round(list_revenue / quantity, 1) AS price, count(*) AS lines, sum(list_revenue) AS recorded,
       count(*) FILTER (discount > 0 AND discount >= {depth} * list_revenue) AS marked,
       coalesce(sum(discount) FILTER (discount >= {depth} * list_revenue), 0) AS given,
       coalesce(sum(list_revenue) FILTER (discount > 0 AND discount >= {depth} * list_revenue), 0) AS given_on
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
  SELECT p.product_id, p.day, p.week, p.lines, p.recorded, p.marked, p.given, p.given_on, a.usual / p.price AS markup,
         coalesce(a.n_past >= 3 AND a.n_next >= 3 AND p.price <= (1 - {depth}) * a.usual
                  AND p.price < 0.99 * a.ordinary, false) AS low
  FROM price_days p JOIN around a USING (product_id, band, week))
SELECT product_id, day, week, sum(lines) AS lines, sum(CASE WHEN low THEN lines ELSE marked END) AS reduced,
       sum(CASE WHEN low THEN recorded * (markup - 1) + given ELSE given END) AS saved,
       sum(CASE WHEN low THEN recorded * markup ELSE given_on END) AS lowered,
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
