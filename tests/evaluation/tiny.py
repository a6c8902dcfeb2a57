"""A made-up shop small enough to reckon by hand, as named Arrow tables."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pyarrow as pa

from netlift.schema import TABLES, check

START = datetime(2026, 1, 1, tzinfo=UTC)


def day(n: float) -> datetime:
    """Noon of day `n` of the made-up year (0 is 1 January)."""
    return START + timedelta(days=n, hours=12)


def rows(name: str, records: Iterable[dict[str, object]]) -> pa.Table:
    """A named table from dictionaries; columns that are not given are null."""
    schema = TABLES[name]
    table = pa.Table.from_pylist(list(records), schema=pa.schema([schema.field(i) for i in range(len(schema))]))
    return check(table, schema)


def line(order: str, customer: str, at: datetime, product: str, **money: object) -> dict[str, object]:
    """One order line at 10.00 list price, cost 6.00, unless told otherwise."""
    base: dict[str, object] = {
        "order_id": order, "line": 1, "product_id": product, "customer_id": customer, "ordered_at": at,
        "currency": "EUR", "quantity": 1.0, "list_minor": 1000, "discount_minor": 0, "funded_minor": 0,
        "refunded_quantity": 0.0, "refunded_minor": 0, "cost_minor": 600,
    }  # fmt: skip
    return base | money


def orders_of(lines: Iterable[dict[str, object]], code: str | None = None) -> list[dict[str, object]]:
    """The order heads of single-line orders."""
    return [
        {
            "order_id": one["order_id"], "customer_id": one["customer_id"], "ordered_at": one["ordered_at"],
            "currency": "EUR", "status": "paid", "list_minor": one["list_minor"],
            "discount_minor": one["discount_minor"], "refunded_minor": one["refunded_minor"], "code": code,
        }
        for one in lines
    ]  # fmt: skip
