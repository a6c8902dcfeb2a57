"""Customers around a campaign: what was known of each before it, and what each brought during and after it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from netlift.history.columns import COLUMNS, MEASURES, PHASES, SCOPES
from netlift.history.shop import Shop

Floats = NDArray[np.float64]

LOOK_BACK = (7, 28, 91, 10_000)
"""Days before the start over which habits are summed; the last one is "ever"."""
HALF_LIVES = (14, 60)
"""Days in which a past order counts half, for features that fade with time."""
_HABITS = ("orders", "list_revenue", "discount", "profit")
_LEVELS = 8
"""Largest number of levels of a customer attribute that become features."""


@dataclass(frozen=True, slots=True)
class Span:
    """Day numbers of a campaign: window [start, end), wash-out [end, until)."""

    start: int
    end: int
    until: int


@dataclass(frozen=True, slots=True)
class People:
    """One row per customer, sorted by id; everything in `features` was known before the start."""

    customer_id: NDArray[np.object_]
    arm: NDArray[np.object_]
    """Arm of the exposure; None for customers who were not exposed."""
    propensity: Floats
    """Probability of the arm; NaN where chance did not decide."""
    features: Floats
    names: tuple[str, ...]
    """Meaning of each feature column."""
    outcomes: Floats
    """Minor units by `columns.COLUMNS`, shape (n_customers, len(COLUMNS))."""


def people(shop: Shop, promotion_id: str, span: Span, *, only_exposed: bool) -> People:
    """Everybody with an order before the start, or exposed; `only_exposed` keeps an experiment's own units."""
    shop.con.execute(
        "CREATE OR REPLACE TEMP TABLE exposed AS SELECT customer_id, any_value(arm) AS arm, "
        "any_value(propensity) AS propensity FROM exposures WHERE promotion_id = ? GROUP BY customer_id",
        [promotion_id],
    )
    everybody = "" if only_exposed else f"UNION SELECT customer_id FROM customer_days WHERE day < {span.start}"
    shop.con.execute(f"CREATE OR REPLACE TEMP TABLE population AS SELECT customer_id FROM exposed {everybody}")
    shop.con.execute(
        "CREATE OR REPLACE TEMP TABLE on_offer AS SELECT DISTINCT product_id FROM promotion_products "
        "WHERE promotion_id = ?",
        [promotion_id],
    )
    base = shop.con.execute(
        "SELECT p.customer_id, e.arm, e.propensity FROM population p LEFT JOIN exposed e USING (customer_id) "
        "ORDER BY p.customer_id"
    ).to_arrow_table()
    features, names = _features(shop, promotion_id, span)
    return People(
        base["customer_id"].to_numpy(zero_copy_only=False),
        base["arm"].to_numpy(zero_copy_only=False),
        _floats(base["propensity"]),
        features,
        names,
        _outcomes(shop, span),
    )


def _floats(column) -> Floats:  # type: ignore[no-untyped-def]
    return np.asarray(column.cast("float64").to_numpy(zero_copy_only=False), dtype=np.float64)


def _features(shop: Shop, promotion_id: str, span: Span) -> tuple[Floats, tuple[str, ...]]:
    blocks = [_habits(shop, span), _affinity(shop, span), _contacts(shop, promotion_id, span), _attributes(shop)]
    names = tuple(name for block in blocks for name in block)
    return np.column_stack([column for block in blocks for column in block.values()]), names


def _columns(shop: Shop, query: str) -> dict[str, Floats]:
    """Run a query that yields one row per customer of the population, in order of id."""
    table = shop.con.execute(f"{query} ORDER BY customer_id").to_arrow_table()
    return {name: np.nan_to_num(_floats(table[name])) for name in table.column_names if name != "customer_id"}


def _habits(shop: Shop, span: Span) -> dict[str, Floats]:
    """Sums over the look-back windows, fading sums, recency, tenure and active weeks."""
    sums = ", ".join(
        f"sum({habit}) FILTER (day >= {span.start - days}) AS {habit}_{days}" for days in LOOK_BACK for habit in _HABITS
    )
    # whole thousandths: sums of floats would depend on the order in which threads meet them
    fading = ", ".join(
        f"sum(round(1000 * {habit} * pow(0.5, ({span.start} - day) / {half}.0))::BIGINT) AS {habit}_fading_{half}"
        for half in HALF_LIVES
        for habit in ("orders", "list_revenue")
    )
    return _columns(
        shop,
        f"WITH past AS (SELECT customer_id, {sums}, {fading}, {span.start} - max(day) AS recency, "
        f"{span.start} - min(day) AS tenure, count(DISTINCT day // 7) AS active_weeks "
        f"FROM customer_days WHERE day < {span.start} GROUP BY customer_id) "
        "SELECT p.customer_id, past.* EXCLUDE (customer_id) FROM population p LEFT JOIN past USING (customer_id)",
    )


def _affinity(shop: Shop, span: Span) -> dict[str, Floats]:
    """Earlier spend on the goods on offer; nothing where the campaign names no goods."""
    if not shop.con.execute("SELECT count(*) FROM on_offer").fetchone()[0]:  # type: ignore[index]
        return {}
    return _columns(
        shop,
        "WITH past AS (SELECT customer_id, sum(list_revenue) AS offer_ever, "
        f"sum(list_revenue) FILTER (day >= {span.start - 28}) AS offer_28, sum(discount) AS offer_discount "
        f"FROM sold SEMI JOIN on_offer USING (product_id) WHERE day < {span.start} GROUP BY customer_id) "
        "SELECT p.customer_id, past.* EXCLUDE (customer_id) FROM population p LEFT JOIN past USING (customer_id)",
    )


def _contacts(shop: Shop, promotion_id: str, span: Span) -> dict[str, Floats]:
    """Other promotions that reached the customer: before the start, and running at the same time."""
    first, last = span.start * 86_400, span.until * 86_400
    shop.con.execute(
        "CREATE OR REPLACE TEMP TABLE others AS SELECT DISTINCT e.customer_id, e.promotion_id, "
        f"epoch(coalesce(p.starts_at, e.exposed_at)) < {first} AS earlier, "
        f"epoch(coalesce(p.starts_at, e.exposed_at)) < {last} "
        f"AND epoch(coalesce(p.ends_at, e.exposed_at)) > {first} AS beside "
        "FROM exposures e LEFT JOIN promotions p USING (promotion_id) "
        "WHERE e.promotion_id <> ? AND e.arm <> 'control'",
        [promotion_id],
    )
    return _columns(
        shop,
        "WITH c AS (SELECT customer_id, count(*) FILTER (earlier) AS contacts_before, "
        "count(*) FILTER (beside) AS contacts_beside FROM others GROUP BY customer_id) "
        "SELECT p.customer_id, c.* EXCLUDE (customer_id) FROM population p LEFT JOIN c USING (customer_id)",
    )


def _attributes(shop: Shop) -> dict[str, Floats]:
    """Indicators of the commonest levels of region and segment: they confound, they are no inputs of a price."""
    found: dict[str, Floats] = {}
    for attribute in ("region", "segment", "accepts_marketing::VARCHAR"):
        levels = shop.con.execute(
            f"SELECT {attribute} FROM customers SEMI JOIN population USING (customer_id) "
            f"WHERE {attribute} IS NOT NULL GROUP BY 1 HAVING count(*) >= 20 ORDER BY count(*) DESC, 1 LIMIT {_LEVELS}"
        ).fetchall()
        for (level,) in levels if len(levels) > 1 else []:
            quoted = str(level).replace("'", "''")
            found |= _columns(
                shop,
                f"SELECT p.customer_id, max(coalesce(c.{attribute} = '{quoted}', false)::INT) "
                f'AS "{attribute}={level}" FROM population p LEFT JOIN customers c USING (customer_id) '
                "GROUP BY p.customer_id",
            )
    return found


def _outcomes(shop: Shop, span: Span) -> Floats:
    """Money by phase, scope and measure from the first day of the window to the end of the wash-out."""
    parts = ", ".join(
        f"sum({measure}) FILTER (phase = {PHASES.index(phase)} AND scope = {SCOPES.index(scope)}) AS c{i}"
        for i, (phase, scope, measure) in enumerate(COLUMNS)
    )
    named = shop.con.execute("SELECT count(*) FROM on_offer").fetchone()[0]  # type: ignore[index]
    scope = (
        "CASE WHEN product_id IN (SELECT product_id FROM on_offer) THEN 0 WHEN category IN (SELECT category "
        "FROM priced_products SEMI JOIN on_offer USING (product_id) WHERE category <> '') THEN 1 ELSE 2 END"
        if named
        else "0"
    )
    table = _columns(
        shop,
        f"WITH part AS (SELECT customer_id, {', '.join(MEASURES)}, (day >= {span.end})::INT AS phase, "
        f"{scope} AS scope FROM sold WHERE day >= {span.start} AND day < {span.until}), "
        f"total AS (SELECT customer_id, {parts} FROM part GROUP BY customer_id) "
        "SELECT p.customer_id, total.* EXCLUDE (customer_id) FROM population p LEFT JOIN total USING (customer_id)",
    )
    return np.column_stack(list(table.values()))
