"""A shop's tables as an audit reads them: every line of an order with its cost, and one row per customer and day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from netlift.engines.duckdb import settle
from netlift.errors import DataError
from netlift.schema import TABLES, check
from netlift.types import Window

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

DEFAULT_MARGIN = 0.35
"""Gross margin at list price where neither the data nor the user tells; shown as an assumption."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What turns revenue into profit where the data do not say."""

    margin: float = DEFAULT_MARGIN
    """Gross margin at list price for goods without a known cost, 0..1."""
    margin_given: bool = False
    """Whether somebody stated it."""
    fee_rate: float = 0.0
    """Payment fees as a share of what customers pay."""


@dataclass(frozen=True, slots=True)
class Shop:
    """An open connection on which the views `sold` and the table `customer_days` are ready."""

    con: "duckdb.DuckDBPyConnection"
    terms: Terms
    currency: str
    span: Window
    """First to last order, the last day whole."""
    orders: int
    customers: int
    revenue_minor: int
    discount_minor: int
    cost_known: float
    """Share of list revenue whose cost of goods is in the data."""
    cycle_days: float
    """Typical purchase cycle: median days between two days with orders of a customer."""

    @property
    def washout_days(self) -> int:
        """Two typical purchase cycles, at least one week and at most four."""
        return int(min(28, max(7, round(2 * self.cycle_days))))


_SOLD = """
CREATE OR REPLACE VIEW sold AS
SELECT l.order_id, l.line, l.product_id, l.customer_id, l.ordered_at, l.region, l.quantity,
       l.list_minor AS list_revenue, l.discount_minor AS discount, l.funded_minor AS funding,
       l.refunded_minor AS returns,
       CAST(round(coalesce(l.cost_minor, p.cost_minor * l.quantity, l.list_minor * (1 - {margin}))
            * (1 - least(1, l.refunded_quantity / l.quantity))) AS BIGINT) AS cost_of_goods,
       coalesce(p.category, '') AS category,
       CAST(epoch_us(l.ordered_at) // 86400000000 AS INTEGER) AS day
FROM order_lines l LEFT JOIN priced_products p USING (product_id)
"""

_CUSTOMER_DAYS = """
CREATE OR REPLACE TABLE customer_days AS
SELECT customer_id, day,
       count(*) FILTER (line = 1) AS orders,
       sum(list_revenue)::BIGINT AS list_revenue, sum(discount)::BIGINT AS discount,
       sum(list_revenue - discount + funding - returns - cost_of_goods)::BIGINT AS profit
FROM sold WHERE customer_id IS NOT NULL GROUP BY ALL
"""


def connect(tables: "Mapping[str, pa.Table]") -> "duckdb.DuckDBPyConnection":
    """A connection with every named table, from Arrow tables in memory; tables that are not given are empty."""
    import duckdb

    con = duckdb.connect()
    for name, schema in TABLES.items():
        given = check(tables[name], schema) if name in tables else schema.empty_table()
        con.from_arrow(given).create(name)  # a table of the database, so that every cursor sees it
    return con


def open_shop(con: "duckdb.DuckDBPyConnection", terms: Terms) -> Shop:
    """Prepare the views of an audit on a connection that already has one view per named table.

    Raises:
        DataError: there is not a single order line.
    """
    settle(con)
    con.execute(
        "CREATE OR REPLACE TABLE priced_products AS "
        "SELECT product_id, any_value(category) AS category, any_value(cost_minor) AS cost_minor "
        "FROM products GROUP BY product_id"
    )
    con.execute(_SOLD.format(margin=float(terms.margin)))
    first, last, currency, lines = _row(
        con, "SELECT min(ordered_at), max(ordered_at), any_value(currency), count(*) FROM order_lines"
    )
    if not lines:
        raise DataError("no order lines: an audit needs orders (ingest an order export first)")
    con.execute(_CUSTOMER_DAYS)
    revenue, discount, known = _row(
        con,
        "SELECT sum(l.list_minor - l.discount_minor - l.refunded_minor)::BIGINT, sum(l.discount_minor)::BIGINT, "
        "coalesce(sum(l.list_minor) FILTER (coalesce(l.cost_minor, p.cost_minor) IS NOT NULL) "
        "/ nullif(sum(l.list_minor), 0), 0) "
        "FROM order_lines l LEFT JOIN priced_products p USING (product_id)",
    )
    orders, customers = _row(con, "SELECT count(*), count(DISTINCT customer_id) FROM orders")
    span = Window(_midnight(first), _midnight(last) + timedelta(days=1))
    return Shop(con, terms, currency, span, orders, customers, revenue, discount, float(known), _cycle(con))


def costs_are_known(con: "duckdb.DuckDBPyConnection") -> bool:
    """Whether any line or product says what the goods cost."""
    lines, products = (
        _row(con, f"SELECT count(cost_minor) > 0 FROM {name}")[0] for name in ("order_lines", "products")
    )
    return bool(lines or products)


def _row(con: "duckdb.DuckDBPyConnection", query: str) -> tuple:  # type: ignore[type-arg]
    row = con.execute(query).fetchone()
    return row if row is not None else ()


def _midnight(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _cycle(con: "duckdb.DuckDBPyConnection") -> float:
    """Median gap of customers who came back; 14 days where nobody did. A sample of customers is enough."""
    (gap,) = _row(
        con,
        "SELECT median(gap) FROM (SELECT day - lag(day) OVER (PARTITION BY customer_id ORDER BY day) AS gap "
        "FROM customer_days WHERE hash(customer_id) % greatest(1, (SELECT count(*) // 2000000 FROM customer_days)) = 0"
        ") WHERE gap IS NOT NULL",
    )
    return float(gap) if gap is not None else 14.0


def day_number(moment: datetime) -> int:
    """Days since 1970-01-01 UTC, as in the column `day`."""
    return int(moment.timestamp() // 86_400)
