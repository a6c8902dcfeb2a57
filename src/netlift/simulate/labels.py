"""Ids and times as the tables of a simulated shop write them."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from netlift.simulate.block import Diary
from netlift.simulate.draws import under, uniform
from netlift.simulate.ledger import Ints, Ledger
from netlift.simulate.world import World

_US = 1_000_000
DAY_US = 86_400 * _US
"""Microseconds of a day."""
_CLOCK = 5_000_000


@dataclass(frozen=True)
class Labels:
    """Names of one block."""

    customers: pa.Array
    """Id of each customer of the block."""
    orders: pa.Array
    """Id of each order of world 0."""
    at: Ints
    """When each order of world 0 was placed, microseconds UTC."""


def label(world: World, diary: Diary, books: Ledger) -> Labels:
    """Name a block's customers and orders."""
    people = customer_ids(diary.people.first + np.arange(diary.people.count))
    return Labels(people, _order_ids(world, books, people), _moments(world, diary, books))


def customer_ids(numbers: NDArray[np.integer]) -> pa.Array:
    """Ids of customers, C00000042."""
    return _numbered("C", numbers, 8)


def region_ids(world: World) -> pa.Array:
    """Ids of the regions, R007."""
    return _numbered("R", np.arange(world.config.regions), 3)


def product_ids(world: World) -> pa.Array:
    """Ids of the goods, P000123."""
    return _numbered("P", np.arange(world.goods.products), 6)


def _numbered(letter: str, numbers: NDArray[np.integer], width: int) -> pa.Array:
    """Texts like C00000042, made in Arrow."""
    text = pc.utf8_lpad(pa.array(numbers).cast(pa.string()), width, "0")
    return pc.binary_join_element_wise(letter, text, "")


def _order_ids(world: World, books: Ledger, people: pa.Array) -> pa.Array:
    """One id for each order of world 0, O00000042-0123: a customer orders at most once a day."""
    stems = pc.replace_substring(people, "C", "O")
    days = _numbered("-", np.arange(world.config.days), 4)
    cust, day = pa.array(books.cust[: books.factual]), pa.array(books.day[: books.factual])
    return pc.binary_join_element_wise(stems.take(cust), days.take(day), "")


def _moments(world: World, diary: Diary, books: Ledger) -> Ints:
    """When each order of world 0 was placed, microseconds UTC: between 8 and 22 o'clock, most about four."""
    fact = slice(0, books.factual)
    keys = under(diary.people.keys, _CLOCK)[books.cust[fact]] + books.day[fact].astype(np.uint64)
    hour = 8 + 14 * (uniform(keys, 0).astype(np.float64) + uniform(keys, 1)) / 2
    return epoch_us(world) + books.day[fact] * DAY_US + (hour * 3600).astype(np.int64) * _US


def epoch_us(world: World) -> int:
    """Microseconds of the first midnight since 1970."""
    return int(world.config.moment(0).timestamp()) * _US


def timestamps(us: Ints) -> pa.Array:
    """UTC times from microseconds."""
    return pa.array(us).cast(pa.timestamp("us", tz="UTC"))


def midnights(world: World, day: Ints) -> pa.Array:
    """The UTC midnights of day numbers."""
    return timestamps(epoch_us(world) + day * DAY_US)


def constant(value: str | None, count: int) -> pa.Array:
    """The same text in every row."""
    return pa.repeat(pa.scalar(value, pa.string()), count)
