"""Shops for tests of candidates: a simulated one with everything that any idea needs, profiled once."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import NamedTuple

import narwhals as nw
import numpy as np
import pyarrow as pa

from netlift.candidates.asked import Asked, Channel, Means, Partner
from netlift.candidates.candidate import Goal
from netlift.candidates.sources import Sources, gather
from netlift.history.shop import Shop, Terms, connect, open_shop
from netlift.profiles.interests import interests
from netlift.profiles.table import profiles
from netlift.schema import INVENTORY, TABLES, check
from netlift.simulate import simulate
from netlift.simulate.presets import tiny

END = datetime(2024, 7, 1, tzinfo=UTC)
"""First day after the data of the simulated shop: half a year from 1 January 2024."""
FAMILIES = ("activity", "coupons", "fatigue", "home", "lifecycle", "price")
"""Families of features that audiences and consent are made of."""
CLEARED = ("P000003", "P000004")
"""Products that the shop has tagged for clearance."""


class Made(NamedTuple):
    """A shop's tables with its profiles."""

    tables: Mapping[str, pa.Table]
    profiles: pa.Table
    interests: pa.Table


def opened(tables: Mapping[str, pa.Table]) -> Shop:
    """On one thread."""
    con = connect(tables)
    con.execute("SET threads = 1")
    return open_shop(con, Terms())


@cache
def rich() -> Made:
    """200 simulated customers, with birthdays, tags, stock that lasts from a week to years, and delivery charges."""
    tables = dict(simulate(tiny()).tables)
    customers, products, orders = (tables[name] for name in ("customers", "products", "orders"))
    tables["customers"] = _with(customers, "attributes", ['{"birthday": "1990-05-01"}'] * customers.num_rows)
    tags = ["clearance" if product in CLEARED else "" for product in products["product_id"].to_pylist()]
    tables["products"] = _with(products, "tags", tags)
    charged = np.where(np.arange(orders.num_rows) % 2, 490, 0)
    tables["orders"] = orders.set_column(orders.column_names.index("shipping_minor"), "shipping_minor", [charged])
    tables["inventory"] = _stock(tables["order_lines"], products["product_id"].to_pylist())
    return Made(tables, *profiled(opened(tables), END))


def profiled(shop: Shop, day: datetime) -> tuple[pa.Table, pa.Table]:
    """Profiles, as far as audiences ask for them, and interests."""
    frames = {name: nw.from_native(shop.con.table(name)).lazy() for name in TABLES if name != "samples"}
    people = profiles(frames, day, families=FAMILIES).sort("customer_id").to_native()
    liked = interests(frames, day).sort("customer_id", "category").to_native()
    return people.to_arrow_table(), liked.to_arrow_table()


def _with(table: pa.Table, name: str, values: list[str]) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, pa.array(values, pa.string()).cast(pa.string()))


def _stock(lines: pa.Table, products: list[str]) -> pa.Table:
    """The k-th product has stock for about k weeks at its pace of the last eight weeks, at least 40 units."""
    recent = lines.filter(pa.compute.greater_equal(lines["ordered_at"], pa.scalar(END - timedelta(days=56))))
    sold = dict(zip(*(recent.group_by("product_id").aggregate([("quantity", "sum")])[name].to_pylist()
                      for name in ("product_id", "quantity_sum")), strict=True))  # fmt: skip
    units = [max(40.0, round(sold.get(product, 0) / 8 * place)) for place, product in enumerate(products)]
    count = pa.array([END - timedelta(days=1)] * len(products), pa.timestamp("us", tz="UTC"))
    return check(pa.table({"product_id": products, "location": ["main"] * len(products), "at": count,
                           "available": units}), INVENTORY)  # fmt: skip


@cache
def sources() -> Sources:
    """What is known of the rich shop."""
    made = rich()
    return gather(opened(made.tables), made.profiles, made.interests)


EVERYTHING = Means(
    point_minor=1.0,
    payments=("shop card",),
    partners=(Partner("brand", 50, ("tea",)),),
    seller="own",
    platform=True,
    deposits=True,
    price_lists=(("member", ("member",)),),
)
"""A shop that can do whatever a mechanism asks for."""


def asked(**changes: object) -> Asked:
    """Twenty days around Double 11, long after all past promotions."""
    wishes: dict[str, object] = {
        "goals": tuple(Goal),
        "start": datetime(2024, 10, 30, tzinfo=UTC),
        "days": 20,
        "channels": (Channel("e-mail", 3, 150), Channel("app", 1)),
        "means": EVERYTHING,
        "festivals": ("double_11",),
    }
    return Asked(**{**wishes, **changes})  # type: ignore[arg-type]
