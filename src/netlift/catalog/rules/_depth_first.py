"""Finding frequent sets, compiled: from each product down to what may be added, on every core, with one answer."""

import os

import numpy as np
from numba import njit, prange

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # threads rest between passes; see `allocation.kernel`


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
def _below(flat, at, parent, left, least, counts, touched, out, row):  # type: ignore[no-untyped-def]
    """Write all frequent sets that begin with the one in row `parent`; return the next free row."""
    met = _followers(flat, at, counts, touched)
    items, often = _frequent(counts, touched[:met], least)
    if left == 1 or len(items) == 0:
        for k in range(len(items)):
            if len(out):
                out[row + k, 0], out[row + k, 1], out[row + k, 2] = parent, items[k], often[k]
        return row + len(items)
    places = _delivered(flat, at, items, often, counts)
    begin = 0
    for k in range(len(items)):
        mine = row
        if len(out):
            out[mine, 0], out[mine, 1], out[mine, 2] = parent, items[k], often[k]
        row = _below(flat, places[begin : begin + often[k]], mine, left - 1, least, counts, touched, out, mine + 1)
        begin += often[k]
    return row


@njit(cache=True, parallel=True)
def search(flat, at, start, longest, least, first, out, lanes):  # type: ignore[no-untyped-def]
    """Frequent sets by their first product (Uno, Asai, Uchida and Arimura 2003: occurrence deliver).

    Args:
        flat: products by rank, rarest first, in order within each basket, with -1 behind each basket.
        at: where in `flat` each product stands, product after product.
        start: where each product begins in `at`, shape (products + 1,).
        longest: products of a set.
        least: baskets of a set.
        first: row of each product's own set in `out`, shape (products,).
        out: written where it has rows, shape (sets, 3): row of the set without its last product, that, baskets.
        lanes: parts of the work that are done side by side.

    Returns:
        Sets that begin with each product, shape (products,).
    """
    products = len(start) - 1
    found = np.zeros(products, np.int64)
    for lane in prange(lanes):
        counts, touched = np.zeros(products, np.int64), np.empty(products, np.int32)
        for item in range(lane, products, lanes):
            row = first[item]
            if len(out):
                out[row, 0], out[row, 1], out[row, 2] = -1, item, start[item + 1] - start[item]
            end = row + 1
            if longest > 1:
                places = at[start[item] : start[item + 1]]
                end = _below(flat, places, row, longest - 1, least, counts, touched, out, row + 1)
            found[item] = end - row
    return found
