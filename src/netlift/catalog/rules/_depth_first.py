"""Finding frequent sets, compiled: from each product down to what may be added, on every core, with one answer."""

import os
from typing import NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # threads rest between passes; see `allocation.kernel`


class Stands(NamedTuple):
    """Products in baskets."""

    flat: NDArray[np.int32]
    """By rank, rarest first, in order within each basket, with -1 behind each basket."""
    at: NDArray[np.int64]
    """Where in `flat` each product stands, product after product."""
    start: NDArray[np.int64]
    """Where each product begins in `at`, shape (products + 1,)."""


class Written(NamedTuple):
    """Where sets are written."""

    first: NDArray[np.int64]
    """Row of each product's own set, shape (products,)."""
    rows: NDArray[np.int64]
    """Shape (sets, 3): row of the set without its last product, that, baskets. Without rows, sets are counted only."""


class Desk(NamedTuple):
    """What one thread works on."""

    flat: NDArray[np.int32]
    counts: NDArray[np.int64]
    touched: NDArray[np.int32]
    rows: NDArray[np.int64]


@njit(cache=True)
def _followers(flat, at, counts, touched):  # type: ignore[no-untyped-def]
    """Count what follows in each basket; write to `touched` what was met, and return how many that are."""
    met = 0
    for p in at:
        k = p + 1
        while flat[k] >= 0:
            if counts[flat[k]] == 0:
                touched[met] = flat[k]
                met += 1
            counts[flat[k]] += 1
            k += 1
    return met


@njit(cache=True)
def _frequent(counts, touched, least):  # type: ignore[no-untyped-def]
    """Those of `touched` that come often enough, in order, and how often; `counts` is empty again."""
    kept = 0
    for item in touched:
        kept += counts[item] >= least
    items, often, kept = np.empty(kept, np.int32), np.empty(kept, np.int32), 0
    for item in touched:
        if counts[item] >= least:
            items[kept] = item
            kept += 1
    items.sort()
    for k in range(kept):
        often[k] = counts[items[k]]
    for item in touched:
        counts[item] = 0
    return items, often


@njit(cache=True)
def _delivered(flat, at, items, often, counts):  # type: ignore[no-untyped-def]
    """Where each of `items` stands in the baskets at `at`, one after the other; `counts` is lent and left empty."""
    begin = 0
    for k in range(len(items)):
        counts[items[k]] = begin + 1  # one more than its next place, so that 0 says: not wanted
        begin += often[k]
    found = np.empty(begin, np.int64)
    for p in at:
        k = p + 1
        while flat[k] >= 0:
            place = counts[flat[k]]
            if place:
                found[place - 1] = k
                counts[flat[k]] += 1
            k += 1
    for item in items:
        counts[item] = 0
    return found


@njit(cache=True)
def _below(at, parent, left, least, desk, row):  # type: ignore[no-untyped-def]
    """Write all frequent sets that begin with the one in row `parent`; return the next free row."""
    met = _followers(desk.flat, at, desk.counts, desk.touched)
    items, often = _frequent(desk.counts, desk.touched[:met], least)
    if left == 1 or len(items) == 0:
        for k in range(len(items)):
            if len(desk.rows):
                desk.rows[row + k, 0], desk.rows[row + k, 1], desk.rows[row + k, 2] = parent, items[k], often[k]
        return row + len(items)
    places = _delivered(desk.flat, at, items, often, desk.counts)
    begin = 0
    for k in range(len(items)):
        mine = row
        if len(desk.rows):
            desk.rows[mine, 0], desk.rows[mine, 1], desk.rows[mine, 2] = parent, items[k], often[k]
        row = _below(places[begin : begin + often[k]], mine, left - 1, least, desk, mine + 1)
        begin += often[k]
    return row


@njit(cache=True, parallel=True)
def search(stands, longest, least, written, lanes):  # type: ignore[no-untyped-def]
    """Frequent sets by their first product (Uno, Asai, Uchida and Arimura 2003: occurrence deliver).

    Args:
        stands: `Stands`.
        longest: products of a set.
        least: baskets of a set.
        written: `Written`; its rows are filled.
        lanes: parts of the work that are done side by side.

    Returns:
        Sets that begin with each product, shape (products,).
    """
    products = len(stands.start) - 1
    found = np.zeros(products, np.int64)
    rows = written.rows
    for lane in prange(lanes):
        desk = Desk(stands.flat, np.zeros(products, np.int64), np.empty(products, np.int32), rows)
        for item in range(lane, products, lanes):
            row, begin, end = written.first[item], stands.start[item], stands.start[item + 1]
            if len(rows):
                rows[row, 0], rows[row, 1], rows[row, 2] = -1, item, end - begin
            last = row + 1
            if longest > 1:
                last = _below(stands.at[begin:end], row, longest - 1, least, desk, row + 1)
            found[item] = last - row
    return found
