"""The running state of a block: one row for each customer, and one more for each promotion that is taken away.

World 0 is the shop as it was. World 1 + p is the same customer without promotion p (or with it, for one who was not
reached); such a row is born on p's first day as a copy and dropped as soon as its state equals its original again,
because from then on both draw the same numbers and do the same.
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from netlift.simulate.draws import Floats32
from netlift.simulate.people import People
from netlift.simulate.world import World


@dataclass
class Rows:
    """State by row; arrays of shape (n,) unless said otherwise. The first `people.count` rows are world 0."""

    cust: NDArray[np.int64]
    """Position of the customer in the block."""
    world: NDArray[np.int64]
    rate: Floats32
    group: NDArray[np.int64]
    region: NDArray[np.int64]
    table: NDArray[np.int64]
    """Price table that this row shops from."""
    until: Floats32
    """Day on which stock at home runs out, shape (n, C)."""
    last: NDArray[np.int32]
    """Product bought last in each category, -1 for none, shape (n, C)."""
    used: NDArray[np.uint8]
    """Redemptions of each promotion, shape (n, offers)."""
    points: NDArray[np.int64]
    """Points balance in minor units."""

    def take(self, index: NDArray[np.integer] | NDArray[np.bool_]) -> "Rows":
        """A copy of some rows."""
        return Rows(*(getattr(self, f.name)[index] for f in fields(self)))

    def joined(self, other: "Rows") -> "Rows":
        """These rows and then the others."""
        return Rows(*(np.concatenate([getattr(self, f.name), getattr(other, f.name)]) for f in fields(self)))


def first_rows(world: World, people: People) -> Rows:
    """World 0 on the first morning."""
    n, C = people.count, world.goods.categories
    return Rows(
        cust=np.arange(n),
        world=np.zeros(n, np.int64),
        rate=people.rate,
        group=people.group,
        region=people.region,
        table=world.shelves.table_of[0][people.region],
        until=people.until.copy(),
        last=np.full((n, C), -1, np.int32),
        used=np.zeros((n, len(world.offers)), np.uint8),
        points=np.zeros(n, np.int64),
    )


def branch(world: World, rows: Rows, number: int, who: NDArray[np.bool_]) -> Rows:
    """Add rows that live without promotion `number` (for `who`, by customer of the block)."""
    twins = rows.take(np.flatnonzero(who))
    twins.world[:] = number + 1
    twins.table = world.shelves.table_of[number + 1][twins.region]
    return rows.joined(twins)


def converged(rows: Rows, day: int, ready: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which rows, of those that are `ready` (by world), are again the same as their original."""
    same = ready[rows.world]
    index = np.flatnonzero(same)
    twin = rows.cust[index]
    now = np.float32(day)
    equal = rows.points[index] == rows.points[twin]
    equal &= (rows.last[index] == rows.last[twin]).all(axis=1)
    equal &= (np.maximum(rows.until[index], now) == np.maximum(rows.until[twin], now)).all(axis=1)
    used = rows.used[index] != rows.used[twin]
    used[np.arange(len(index)), rows.world[index] - 1] = False
    equal &= ~used.any(axis=1)
    same[index] = equal
    return same
