"""Past orders as carts: what was bought at the prices before the order's own discounts, and what was known then.

Orders come in the order of time, in Arrow batches that never cut an order in two, so that any number of them passes
through bounded memory.
"""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from netlift.engines.sql import text
from netlift.errors import DataError
from netlift.money import CURRENCIES
from netlift.promotions.cart import Cart, Facts, Line, Scalar, Shipping

if TYPE_CHECKING:
    from collections.abc import Mapping

    import duckdb
    import pyarrow as pa

    from netlift.data.workspace import Workspace

MOST_UNITS = 1_000
"""A line of more, or of a part of a unit, was weighed or measured: it is one unit at the line's price."""
LINES_AT_ONCE = 2_048
"""Order lines that are read at once."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a replay takes for granted."""

    since: date | None = None
    """First day, in the shop's time zone; from the first order where None."""
    until: date | None = None
    """Last day; to the last order where None."""
    codes: frozenset[str] = frozenset()
    """Codes that every shopper is taken to have entered, beside the order's own."""
    floor: float | None = None
    """No unit is sold below this multiple of its cost, where the cost is known; 1.0: never below cost."""
    margin: float | None = None
    """Gross margin at list price of goods without a known cost; None: their cost stays unknown."""
    time_zone: str = "UTC"
    gift_costs: "Mapping[str, int]" = field(default_factory=dict)
    """What a unit of a gift costs the shop, in minor units, by product."""


class Span(NamedTuple):
    """What is about to be replayed, and what is left out."""

    currency: str
    orders: int
    customers: int
    """Known ones."""
    first: datetime | None
    last: datetime | None
    left_out: "Mapping[str, int]"
    """Orders by why: `cancelled`, `refunded`, `other_currency`, `no_lines`."""


class PastOrder(NamedTuple):
    """An order as it could have been quoted when it was placed; money in minor units."""

    id: str
    at: datetime
    customer: str | None
    cart: Cart
    facts: Facts
    given: int
    """Discount on goods that was really given."""
    funded: int
    """What suppliers bore of it."""
    costs: tuple[int | None, ...]
    """Cost of goods of each line; None where it is not known."""
    measured: int
    """Lines taken as one unit, because they were weighed or measured."""


_PLACED = """
CREATE OR REPLACE TEMP TABLE replayed AS
SELECT order_id, customer_id, ordered_at, currency, channel, region, code, coalesce(shipping_minor, 0) AS shipping,
       coalesce(status, '') AS status,
       CASE WHEN customer_id IS NOT NULL THEN row_number() OVER earlier - 1 END AS placed,
       CASE WHEN customer_id IS NOT NULL THEN lag(ordered_at) OVER earlier END AS last_at
FROM orders WHERE coalesce(status, '') <> 'cancelled'
WINDOW earlier AS (PARTITION BY customer_id ORDER BY ordered_at, order_id)
"""
"""Earlier orders are counted over the whole history, also where only a part of it is replayed."""

_LINES = """
SELECT r.order_id, r.customer_id, r.ordered_at, r.channel, r.region, r.code, r.shipping, r.placed, r.last_at,
       c.segment, l.product_id, l.quantity, l.list_minor, l.discount_minor, l.funded_minor,
       CAST(round(coalesce(l.cost_minor, p.cost_minor * l.quantity, {assumed})) AS BIGINT) AS cost,
       p.category, p.department, p.brand, p.tags, {attributes} AS attributes
FROM replayed r JOIN order_lines l USING (order_id)
LEFT JOIN products p ON p.product_id = l.product_id
LEFT JOIN customers c ON c.customer_id = r.customer_id
WHERE {wanted} ORDER BY r.ordered_at, r.order_id, l.line
"""


def number_orders(con: "duckdb.DuckDBPyConnection") -> None:
    """Make the table of all orders that were not cancelled, each with the number of its customer's earlier ones."""
    con.execute(_PLACED)


def open_orders(con: "duckdb.DuckDBPyConnection", workspace: "Workspace", terms: Terms) -> Span:
    """Prepare the tables of a replay on a connection, and say what they hold.

    Raises:
        DataError: there are no orders, or their currency is none that carts can have.
    """
    for name in ("orders", "order_lines"):
        workspace.relation(con, name).create_view(name)
    for name in ("products", "customers"):  # merged from several files once, not at every look
        workspace.relation(con, name).create(name)
    number_orders(con)
    currency = workspace.settings.currency or _most_used(con)
    if currency is None:
        raise DataError(f"{workspace.path} holds no orders: take some in first (netlift ingest FILES --workspace ...)")
    if currency not in CURRENCIES:
        raise DataError(f"{workspace.path}: promotions need a currency, and its orders are in {currency!r}")
    days = _days("ordered_at", terms)
    sold = "SELECT order_id FROM order_lines"
    left_out = {
        "cancelled": f"SELECT count(*) FROM orders WHERE status = 'cancelled' AND {days}",
        "refunded": f"SELECT count(*) FROM replayed WHERE status = 'refunded' AND {days}",
        "other_currency": f"SELECT count(*) FROM replayed WHERE status <> 'refunded' AND {days} "
        f"AND currency <> {text(currency)}",
        "no_lines": f"SELECT count(*) FROM replayed r WHERE {_wanted(currency, terms)} AND r.order_id NOT IN ({sold})",
    }
    counted = {why: int(_row(con, query)[0]) for why, query in left_out.items()}
    orders, customers, first, last = _row(
        con,
        "SELECT count(*), count(DISTINCT customer_id), min(ordered_at), max(ordered_at) FROM replayed r "
        f"WHERE {_wanted(currency, terms)} AND r.order_id IN ({sold})",
    )
    return Span(currency, int(orders), int(customers), first, last, {why: n for why, n in counted.items() if n})


def batches(
    con: "duckdb.DuckDBPyConnection", currency: str, terms: Terms, *, attributes: bool, lines: int = LINES_AT_ONCE
) -> "Iterator[pa.RecordBatch]":
    """The order lines in the order of time, whole orders together.

    Args:
        con: a connection that `open_orders` prepared.
        currency: of the orders.
        terms: which days, and the margin that stands in for unknown costs.
        attributes: whether the products' further fields are needed.
        lines: about so many a batch.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    query = _LINES.format(
        assumed="NULL" if terms.margin is None else f"l.list_minor * {1 - float(terms.margin)}",
        attributes="p.attributes" if attributes else "NULL::VARCHAR",
        wanted=_wanted(currency, terms),
    )
    rest: pa.Table | None = None
    for batch in con.execute(query).to_arrow_reader(lines):
        table = pa.Table.from_batches([batch])
        whole = table if rest is None else pa.concat_tables([rest, table])
        ids = whole["order_id"].combine_chunks()
        last = pc.index(ids, ids[-1]).as_py()  # orders stand together: the first row of the last one
        rest = whole.slice(last)
        if last:
            yield from whole.slice(0, last).combine_chunks().to_batches()
    if rest is not None:
        yield from rest.combine_chunks().to_batches()


def past_orders(batch: "pa.RecordBatch", currency: str, terms: Terms) -> Iterator[PastOrder]:
    """The orders of a batch, ready to be quoted."""
    zone = ZoneInfo(terms.time_zone)
    columns = [column.to_pylist() for column in batch.columns]
    rows: list[tuple] = []  # type: ignore[type-arg]  # columns of unlike types
    for row in zip(*columns, strict=True):
        if rows and row[0] != rows[0][0]:
            yield _order(rows, currency, terms, zone)
            rows = []
        rows.append(row)
    if rows:
        yield _order(rows, currency, terms, zone)


def _order(rows: list[tuple], currency: str, terms: Terms, zone: tzinfo) -> PastOrder:  # type: ignore[type-arg]
    order_id, customer, at, channel, region, code, shipping, placed, last_at, segment = rows[0][:10]
    lines = tuple(_line(place, row[10:], terms) for place, row in enumerate(rows, 1))
    delivery = (Shipping("delivery", shipping),) if shipping > 0 else ()
    facts = Facts(
        now=at.astimezone(zone),
        codes=terms.codes | {code} if code else terms.codes,
        channel=channel,
        region=region,
        customer=customer,
        segments=None if segment is None else frozenset((segment,)),
        orders_placed=placed,
        days_since_order=None if last_at is None else (at - last_at) // timedelta(days=1),
    )
    given, funded = sum(row[13] for row in rows), sum(row[14] for row in rows)
    measured = sum(line.quantity != row[11] for line, row in zip(lines, rows, strict=True))
    costs = tuple(row[15] for row in rows)
    return PastOrder(order_id, at, customer, Cart(currency, lines, delivery), facts, given, funded, costs, measured)


def _line(place: int, row: tuple, terms: Terms) -> Line:  # type: ignore[type-arg]
    product, sold, listed, _, _, cost, category, department, brand, tags, attributes = row
    quantity = int(sold) if 1 <= sold <= MOST_UNITS and sold == int(sold) else 1
    price, odd = divmod(listed, quantity)
    unit_cost = None if cost is None else -(-cost // quantity)
    floor = 0 if unit_cost is None or terms.floor is None else min(price, math.ceil(unit_cost * terms.floor))
    return Line(
        str(place),
        unit_price=price,
        quantity=quantity,
        product=product,
        category=tuple(name for name in (category, department) if name),
        brand=brand or "",
        tags=_tags(tags) if tags else (),
        attributes=_attributes(attributes) if attributes else {},
        floor=floor,
        cost=unit_cost,
        total=listed if odd else None,
    )


@lru_cache(maxsize=4096)
def _tags(written: str) -> tuple[str, ...]:
    return tuple(tag.strip() for tag in written.split(",") if tag.strip())


@lru_cache(maxsize=4096)
def _attributes(written: str) -> dict[str, Scalar | tuple[Scalar, ...]]:
    """The texts, whole numbers and truths among a product's further fields; others cannot be compared."""
    try:
        found = json.loads(written)
    except ValueError:
        return {}
    return {key: value for key, value in found.items() if isinstance(value, str | int)} if found else {}


def _wanted(currency: str, terms: Terms) -> str:
    return f"r.status <> 'refunded' AND r.currency = {text(currency)} AND {_days('r.ordered_at', terms)}"


def _days(column: str, terms: Terms) -> str:
    zone = ZoneInfo(terms.time_zone)
    found = ["true"]
    if terms.since is not None:
        found.append(f"{column} >= {_moment(terms.since, zone)}")
    if terms.until is not None:
        found.append(f"{column} < {_moment(terms.until + timedelta(days=1), zone)}")
    return " AND ".join(found)


def _moment(day: date, zone: tzinfo) -> str:
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    return f"{text(midnight.isoformat())}::TIMESTAMPTZ"


def _most_used(con: "duckdb.DuckDBPyConnection") -> str | None:
    row = con.execute("SELECT currency FROM replayed GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1").fetchone()
    return None if row is None else str(row[0])


def _row(con: "duckdb.DuckDBPyConnection", query: str) -> tuple:  # type: ignore[type-arg]
    row = con.execute(query).fetchone()
    return row if row is not None else ()
