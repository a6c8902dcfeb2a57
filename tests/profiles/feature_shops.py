"""Shops for the tests of features: one small enough to do by hand, a simulated one, and what comes too late."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

import narwhals as nw
import pyarrow as pa
import pyarrow.parquet as pq

from netlift.engines import Engine, Frame, Settings, engine
from netlift.engines.duckdb import DuckDB
from netlift.profiles.interests import interests
from netlift.profiles.table import profiles
from netlift.schema import TABLES, check
from netlift.simulate import presets, simulate

Tables = Mapping[str, pa.Table]
JUNE = datetime(2024, 6, 1, tzinfo=UTC)
"""A Saturday."""


def at(month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0, *, year: int = 2024) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def table(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    """Rows with the columns that matter; the rest of the schema is null, or 0 where it may not be."""
    schema = TABLES[name]
    required = {
        field.name: {pa.string(): "EUR", pa.float64(): 0.0}.get(field.type, 0) for field in schema if not field.nullable
    }
    return check(pa.Table.from_pylist([required | row for row in rows], schema=schema), schema)


def order(order_id: str, customer: str | None, when: datetime, **further: Any) -> dict[str, Any]:
    return {"order_id": order_id, "customer_id": customer, "ordered_at": when, **further}


def line(order_id: str, customer: str | None, when: datetime, product: str, **further: Any) -> dict[str, Any]:
    return {**order(order_id, customer, when), "line": 1, "product_id": product, "quantity": 1.0, **further}


def event(number: int, customer: str, when: datetime, kind: str, **further: Any) -> dict[str, Any]:
    return {"event_id": f"e{number}", "customer_id": customer, "at": when, "event": kind, **further}


def by_hand() -> dict[str, pa.Table]:
    """Ann bought three times, Bob once and long ago, Cat only registered, Eve was only written to; Dan has no date."""
    o1, o2, o3, o4, o5 = at(5, 2, 10), at(5, 12, 19), at(5, 31, 23, 59, 59), at(5, 1, 12, year=2023), at(4, 1)
    return {
        "customers": table(
            "customers",
            [
                {
                    "customer_id": "ann",
                    "first_seen": at(5, 2),
                    "region": "north",
                    "accepts_marketing": True,
                    "age": "30",
                },
                {"customer_id": "cat", "first_seen": at(5, 1), "accepts_marketing": False, "gender": "f"},
                {"customer_id": "dan", "region": "south"},
            ],
        ),
        "products": table(
            "products",
            [
                {"product_id": "p1", "category": "A", "department": "D"},
                {"product_id": "p2", "department": "D"},
                {"product_id": "p3"},
            ],
        ),
        "orders": table(
            "orders",
            [
                order("o1", "ann", o1, list_minor=2000, channel="web"),
                order("o2", "ann", o2, list_minor=1500, discount_minor=100, channel="web", code="X"),
                order("o3", "ann", o3, list_minor=300, channel="app", refunded_minor=300, status="refunded"),
                order("o4", "bob", o4, list_minor=1000),
                order("o5", None, o5, list_minor=1500, discount_minor=500),
            ],
        ),
        "order_lines": table(
            "order_lines",
            [
                line("o1", "ann", o1, "p1", quantity=2.0, list_minor=2000),
                line("o2", "ann", o2, "p1", list_minor=1000, discount_minor=100),
                line("o2", "ann", o2, "p2", line=2, list_minor=500),
                line("o3", "ann", o3, "p3", quantity=1.5, list_minor=300, refunded_minor=300),
                line("o4", "bob", o4, "p1", list_minor=1000),
                line("o5", None, o5, "p1", list_minor=1500, discount_minor=500),
            ],
        ),
        "coupons": table(
            "coupons",
            [
                {"coupon_id": "c1", "order_id": "o1", "redeemed_at": o1},
                {"coupon_id": "c2", "customer_id": "ann", "redeemed_at": None},
            ],
        ),
        "exposures": table(
            "exposures",
            [
                {"promotion_id": "m1", "customer_id": "ann", "arm": "treated", "exposed_at": at(5, 10)},
                {"promotion_id": "m2", "customer_id": "ann", "arm": "treated", "exposed_at": at(5, 20)},
                {"promotion_id": "m3", "customer_id": "ann", "arm": "treated", "exposed_at": at(5, 31, 12)},
                {"promotion_id": "m4", "customer_id": "ann", "arm": "control", "exposed_at": at(5, 31, 13)},
                {"promotion_id": "m1", "customer_id": "eve", "arm": "treated", "exposed_at": at(5, 1)},
            ],
        ),
        "events": table(
            "events",
            [
                event(1, "ann", at(5, 30, 9), "view", session_id="s1", product_id="p1"),
                event(2, "ann", at(5, 30, 9, 1), "view", session_id="s1", product_id="p2"),
                event(3, "ann", at(5, 30, 9, 2), "cart", session_id="s1", product_id="p1"),
                event(4, "ann", at(5, 31, 23), "view", session_id="s2", product_id="p1"),
                event(5, "ann", at(5, 31, 23, 1), "cart", session_id="s2", product_id="p1"),
                event(6, "ann", at(5, 1, 10), "view", product_id="p1"),
                event(7, "ann", at(5, 1, 11), "search"),
            ],
        ),
    }


@cache
def simulated() -> dict[str, pa.Table]:
    """200 customers over half a year, with events and one promotion of each design."""
    return dict(simulate(replace(presets.tiny(), with_events=True, with_truth=False)).tables)


def poisoned(tables: Tables, as_of: datetime) -> dict[str, pa.Table]:
    """The same shop with an absurd future: what happens at `as_of` or later, and what is written into old rows."""
    after = datetime(as_of.year + 1, 1, 1, tzinfo=UTC)
    late: dict[str, list[dict[str, Any]]] = {name: [] for name in tables}
    for number, when in enumerate((as_of, after)):
        for who in ("C00000001", "ann", "stranger"):
            name, money = f"late-{number}-{who}", {"list_minor": 10**12, "discount_minor": 10**11}
            product = tables["products"]["product_id"][0].as_py()
            late["orders"].append(order(name, who, when, channel="late", code="LATE", **money))
            late["order_lines"].append(line(name, who, when, product, quantity=1000.0, **money))
            late["events"].append(
                event(number, who, when, "view", session_id=name, product_id=product) | {"event_id": name}
            )
            late["exposures"].append({"promotion_id": name, "customer_id": who, "arm": "late", "exposed_at": when})
            late["coupons"].append({"coupon_id": name, "customer_id": who, "order_id": name, "redeemed_at": when})
        late["customers"].append({"customer_id": f"newcomer {number}", "first_seen": when, "region": "late"})
        late["products"].append({"product_id": f"late {number}", "category": "late", "price_minor": 10**12})
    grown = {name: pa.concat_tables([whole, table(name, late[name])]) for name, whole in tables.items()}
    refunds = {"orders": {"refunded_minor": 10**9, "status": "refunded"}, "customers": {"age": "99", "gender": "x"}}
    refunds["order_lines"] = {"refunded_minor": 10**9, "refunded_quantity": 9.0, "flags": "outlier_price"}
    return {name: _rewritten(whole, refunds.get(name, {})) for name, whole in grown.items()}


def _rewritten(whole: pa.Table, values: Mapping[str, object]) -> pa.Table:
    for name, value in values.items():
        kind = whole.schema.field(name).type
        whole = whole.set_column(
            whole.column_names.index(name), whole.schema.field(name), pa.repeat(pa.scalar(value, kind), whole.num_rows)
        )
    return whole


def frames_of(opened: Engine, tables: Tables, folder: Any = None) -> dict[str, Frame]:
    """The tables as frames: in memory on DuckDB, from Parquet files in `folder` on any other engine."""
    if isinstance(opened, DuckDB):
        for name, one in tables.items():  # tables of its own: DuckDB cannot push every filter into Arrow's memory
            opened.connection.from_arrow(one).create(name)
        return {name: nw.from_native(opened.connection.table(name)) for name in tables}
    for name, one in tables.items():
        pq.write_table(one, folder / f"{name}.parquet")
    opened.open(folder)
    return {name: opened.frame(name) for name in tables}


def made(tables: Tables, as_of: datetime = JUNE, *, families: list[str] | None = None, threads: int = 1) -> pa.Table:
    """Profiles by DuckDB, sorted by customer."""
    with engine("duckdb", Settings(threads=threads)) as opened:
        return opened.collect(profiles(frames_of(opened, tables), as_of, families=families)).sort_by("customer_id")


@cache
def profiled() -> pa.Table:
    """Profiles of the simulated shop, made once."""
    return made(simulated())


@cache
def interested() -> pa.Table:
    """Interests of the simulated shop, made once."""
    return liked(simulated())


def liked(tables: Tables, as_of: datetime = JUNE, half_life_days: float = 60) -> pa.Table:
    """Interests by DuckDB, sorted by customer and category."""
    with engine("duckdb", Settings(threads=1)) as opened:
        found = opened.collect(interests(frames_of(opened, tables), as_of, half_life_days))
        return found.sort_by([("customer_id", "ascending"), ("category", "ascending")])
