"""A shop of two tastes and what was learned from it: who buys tea buys other teas, and a cup goes with tea 1."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from netlift.data.workspace import Settings, Workspace
from netlift.schema import TABLES
from netlift.service.privacy.pseudonyms import pseudonym
from netlift.service.runs.shelf.files import Manners
from netlift.service.runs.shelf.making import Asked, make

FIRST = datetime(2026, 3, 1, tzinfo=UTC)
PEOPLE = 80
TEAS, COFFEES = [f"tea{n}" for n in range(8)], [f"coffee{n}" for n in range(8)]
NEVER = "pot"
"""In the catalogue, and bought by nobody."""
CATALOGUE = [*TEAS, *COFFEES, "cup", NEVER]


def customer(number: int) -> str:
    """The shop's id; even numbers like tea, odd ones coffee."""
    return f"person-{number}"


def goods_of(number: int) -> list[str]:
    """What somebody bought: five of the eight of their taste, and with tea 1 a cup."""
    drawn = np.random.default_rng(number).permutation(8)[:5]
    mine = [(TEAS, COFFEES)[number % 2][at] for at in sorted(drawn)]
    return [*mine, *(["cup"] if "tea1" in mine else [])]


def workspace(folder: Path) -> Workspace:
    """Orders of two each, a day apart, and the catalogue."""
    place = Workspace.create(folder, Settings("shop", "EUR"))
    orders: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []
    for number in range(PEOPLE):
        goods, who = goods_of(number), pseudonym(customer(number))
        baskets = [["tea1", "cup"]] if "cup" in goods else []
        rest = [name for name in goods if not baskets or name not in baskets[0]]
        baskets += [rest[at : at + 2] for at in range(0, len(rest), 2)]
        for day, basket in enumerate(baskets):
            told = {
                "order_id": f"o{number}-{day}", "customer_id": who, "currency": "EUR",
                "ordered_at": FIRST + timedelta(days=day, minutes=number),
            }  # fmt: skip
            orders.append(told | {"list_minor": 500 * len(basket), "discount_minor": 0, "refunded_minor": 0})
            lines += [
                told | {
                    "line": at, "product_id": name, "quantity": 1.0, "list_minor": 500, "discount_minor": 0,
                    "funded_minor": 0, "refunded_quantity": 0.0, "refunded_minor": 0,
                }
                for at, name in enumerate(basket, 1)
            ]  # fmt: skip
    products = [
        {
            "product_id": name, "name": name.upper(), "category": name.rstrip("0123456789"), "price_minor": 500,
            "cost_minor": 100 + 10 * at, "currency": "EUR", "description": f"{name.rstrip('0123456789')} leaf {at % 3}",
        }
        for at, name in enumerate(CATALOGUE)
    ]  # fmt: skip
    people = [
        {"customer_id": pseudonym(customer(number)), "segment": ("leaves", "beans")[number % 2]}
        for number in range(PEOPLE)
    ]
    for name, rows in (("orders", orders), ("order_lines", lines), ("products", products), ("customers", people)):
        place.write(name, pa.Table.from_pylist(rows, TABLES[name]), "first")
    return place


def learned(folder: Path, kinds: tuple[str, ...] = ("item_knn",), **manners: Any) -> dict[str, Any]:
    """Make the shelf of such a workspace; one that is there is used."""
    place = Workspace.open(folder) if (folder / "netlift.toml").exists() else workspace(folder)
    return make(place, Asked(kinds, Manners(**manners)))
