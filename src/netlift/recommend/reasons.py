"""Reasons of many lists at once: which of the goods that a customer had speaks most for each that is shown."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from netlift.recommend.ids import Ids, Ints

if TYPE_CHECKING:
    import pyarrow as pa

Sparse = Any
"""A SciPy CSR array."""


class Shown(NamedTuple):
    """Goods shown to some users, one list after the other."""

    users: Ints
    items: Ints
    starts: Ints
    """Where each list begins, shape (users + 1,)."""


class Rows(NamedTuple):
    """A CSR array as compiled code takes it."""

    starts: Ints
    places: NDArray[np.int32]
    values: NDArray[np.float32]


def rows(matrix: Sparse) -> Rows:
    """Its arrays; nothing is copied."""
    return Rows(matrix.indptr, matrix.indices, matrix.data)


def told(items: Ids, best: Ints, code: str) -> "pa.ListArray":
    """One reason each: the code with the product behind a colon, or `popular` where there is none.

    Args:
        items: names.
        best: places; -1: none.
        code: such as `because_bought`.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    about = items.names.take(pa.array(best, mask=best < 0))
    texts = pc.fill_null(pc.binary_join_element_wise(code, about, ":"), "popular")
    return pa.ListArray.from_arrays(pa.array(np.arange(len(best) + 1), pa.int32()), texts)


def linked(shown: Shown, had: Sparse, links: Sparse, *, amounts: bool) -> Ints:
    """Of what each user had, what has the strongest link above 0 to each item shown; -1: none has one.

    Args:
        shown: lists.
        had: what users had, shape (users, items).
        links: from what was had, in rows, to what is shown; columns in order.
        amounts: whether how much of it the user had counts.
    """
    best = np.full(len(shown.items), -1, np.int64)
    _linked(shown, rows(had), rows(links), amounts, best)
    return best


def nearest(shown: Shown, had: Sparse, points: NDArray[np.float32], least: float = -np.inf) -> Ints:
    """Of what each user had, what has the highest inner product above `least` with each item shown; -1: none has.

    Args:
        shown: lists.
        had: what users had, shape (users, items).
        points: of all items, shape (items, factors).
        least: 0 where a product of 0 or less speaks against an item; by default whatever is highest speaks for it.
    """
    best = np.full(len(shown.items), -1, np.int64)
    _nearest(shown, rows(had), points, np.float32(least), best)
    return best


def weightiest(shown: Shown, had: Sparse, weights: NDArray[np.float32]) -> Ints:
    """Of what each user had, what has the highest weight above 0 on each item shown; -1: none has.

    Args:
        shown: lists.
        had: what users had, shape (users, items).
        weights: from what was had, in rows, to what is shown.
    """
    best = np.full(len(shown.items), -1, np.int64)
    _weightiest(shown, rows(had), weights, best)
    return best


@njit(cache=True)
def _link(links, low, high, item):  # type: ignore[no-untyped-def]
    """Strength of one link, by bisection; 0 where there is none."""
    end = high
    while low < high:
        middle = (low + high) // 2
        if links.places[middle] < item:
            low = middle + 1
        else:
            high = middle
    return links.values[low] if low < end and links.places[low] == item else np.float32(0)


@njit(cache=True)
def _linked(shown, had, links, amounts, best):  # type: ignore[no-untyped-def]
    for row in range(len(shown.users)):
        user = shown.users[row]
        for at in range(shown.starts[row], shown.starts[row + 1]):
            most = np.float32(0)
            for k in range(had.starts[user], had.starts[user + 1]):
                other = had.places[k]
                speaks = _link(links, links.starts[other], links.starts[other + 1], shown.items[at])
                if amounts:
                    speaks *= had.values[k]
                if speaks > most:
                    most, best[at] = speaks, other


@njit(cache=True, fastmath={"reassoc", "contract", "nsz"})
def _nearest(shown, had, points, least, best):  # type: ignore[no-untyped-def]
    for row in range(len(shown.users)):
        user = shown.users[row]
        for at in range(shown.starts[row], shown.starts[row + 1]):
            most, mine = least, points[shown.items[at]]
            for k in range(had.starts[user], had.starts[user + 1]):
                speaks, its = np.float32(0), points[had.places[k]]
                for f in range(len(mine)):
                    speaks += mine[f] * its[f]
                if speaks > most:
                    most, best[at] = speaks, had.places[k]


@njit(cache=True)
def _weightiest(shown, had, weights, best):  # type: ignore[no-untyped-def]
    for row in range(len(shown.users)):
        user = shown.users[row]
        for at in range(shown.starts[row], shown.starts[row + 1]):
            most = np.float32(0)
            for k in range(had.starts[user], had.starts[user + 1]):
                speaks = weights[had.places[k], shown.items[at]]
                if speaks > most:
                    most, best[at] = speaks, had.places[k]
