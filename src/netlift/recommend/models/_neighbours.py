"""The most alike of everything, from sparse matrices, compiled; each row by itself, so that threads change nothing.

Of a product of two matrices only the highest of each row are kept: its size does not matter.
"""

import os
from typing import Any, NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from netlift.errors import ConfigError
from netlift.recommend.ids import Ints
from netlift.recommend.reasons import rows
from netlift.recommend.top import sink, worse

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # threads rest between blocks; see `allocation.kernel`

Sparse = Any
"""A SciPy CSR array."""
Floats = NDArray[np.float32]
CELLS = 20_000_000
"""Neighbours that are held before they are packed; 160 MB."""
CHUNK = 64
"""Rows that a thread takes at a time."""
FEW = 8
"""Rows up to which no other thread is woken."""


class How(NamedTuple):
    """How products of rows are compared."""

    most: int
    shrink: float
    least: float
    by: Floats
    """What each column is multiplied by, shape (columns,)."""
    own: bool
    """Whether the diagonal is left out."""


def weighted(matrix: Sparse, how: str) -> Sparse:
    """Rows to compare, of length 1: as they are (`cosine`), or with what many have counting less (`tfidf`, `bm25`).

    Args:
        matrix: what is compared stands in rows.
        how: cosine, tfidf or bm25 (Robertson and Zaragoza 2009, with k1 = 1.2 and b = 0.75).
    """
    import scipy.sparse as sp

    found = sp.csr_array(matrix, dtype=np.float32, copy=True)
    rows, columns = (int(size) for size in matrix.shape)
    if how != "cosine":
        often = np.bincount(found.indices, minlength=columns)
        rare = np.log1p(rows / np.maximum(often, 1)).astype(np.float32)[found.indices]
        if how == "bm25":
            size = np.diff(found.indptr).astype(np.float32)
            long = 0.25 + 0.75 * size / max(float(size.mean()) if rows else 1.0, 1e-9)
            found.data *= 2.2 / (found.data + 1.2 * np.repeat(long, np.diff(found.indptr)))
        found.data *= rare
    row = np.repeat(np.arange(rows), np.diff(found.indptr))
    norms = np.sqrt(np.bincount(row, found.data.astype(np.float64) ** 2, minlength=rows))
    found.data /= np.where(norms > 0, norms, 1).astype(np.float32)[row]
    return found


def nearest(left: Sparse, others: Sparse, count: int, shrink: float = 0.0, least: float = 0.0) -> Sparse:
    """Of each row the `count` most alike others, itself left out; of equals the first.

    Args:
        left: shape (n, features).
        others: shape (m, features); the same object leaves each row's own place out.
        count: at most so many each.
        shrink: added to the number of features in common before likeness is divided by it, which trusts few less.
        least: likeness above which others count, 0 or more.

    Returns:
        Likeness, shape (n, m), CSR with columns in order.

    Raises:
        ConfigError: `shrink` or `least` is out of its range.
    """
    import scipy.sparse as sp

    if not 0 <= least < 1 or not shrink >= 0:
        raise ConfigError(
            f"neighbours need a least likeness from 0 to below 1 and no negative shrink: {least}, {shrink}"
        )
    return best(left, sp.csr_array(others.T), count, own=left is others, shrink=shrink, least=least)


def best(
    left: Sparse,
    right: Sparse,
    count: int,
    *,
    own: bool,
    shrink: float = 0.0,
    least: float = 0.0,
    by: Floats | None = None,
) -> Sparse:
    """Of each row of `left @ right` the `count` highest above `least`, of equals the first.

    Args:
        left: shape (n, features), CSR.
        right: shape (features, m), CSR.
        count: at most so many each.
        own: whether the diagonal is left out.
        shrink: see `nearest`.
        least: 0 or more.
        by: what each column is multiplied by, shape (m,); None: 1.

    Returns:
        Shape (n, m), CSR with columns in order.
    """
    import scipy.sparse as sp

    shape = (len_of(left), int(right.shape[1]))
    count = min(count, shape[1])
    step, parts = max(1, CELLS // max(count, 1)), []
    columns = np.ones(shape[1], np.float32) if by is None else by
    for start in range(0, shape[0], step):
        span = (start, min(start + step, shape[0]))
        how = How(count, float(shrink), float(least), columns, own)
        place, value = np.empty((span[1] - start, count), np.int32), np.empty((span[1] - start, count), np.float32)
        sizes = np.zeros(span[1] - start, np.int64)
        _together(span, rows(left), rows(right), how, (sizes, place, value))
        filled = np.arange(count) < sizes[:, None]
        ends = np.concatenate([[0], np.cumsum(sizes)])
        ends = ends.astype(np.int32) if ends[-1] <= np.iinfo(np.int32).max else ends
        parts.append(sp.csr_array((value[filled], place[filled], ends), shape=(len(sizes), shape[1])))
    return sp.vstack(parts, format="csr") if parts else sp.csr_array(shape, dtype=np.float32)


def len_of(matrix: Sparse) -> int:
    """Rows."""
    return int(matrix.shape[0])


def summed(left: Sparse, users: Ints, right: Sparse) -> Floats:
    """Rows of `left @ right`, written out, shape (users, columns)."""
    found = np.zeros((len(users), int(right.shape[1])), np.float32)
    if len(users) > FEW:
        _sum_together(rows(left), users, rows(right), found)
    else:
        _sum((0, len(users)), rows(left), users, rows(right), found)
    return found


@njit(cache=True)
def _sum(span, left, users, right, found):  # type: ignore[no-untyped-def]
    for row in range(span[0], span[1]):
        to = found[row]
        for k in range(left.starts[users[row]], left.starts[users[row] + 1]):
            weight, other = left.values[k], left.places[k]
            for j in range(right.starts[other], right.starts[other + 1]):
                to[right.places[j]] += weight * right.values[j]


@njit(cache=True, parallel=True)
def _sum_together(left, users, right, found):  # type: ignore[no-untyped-def]
    count = len(users)
    for chunk in prange((count + FEW - 1) // FEW):
        _sum((chunk * FEW, min(count, (chunk + 1) * FEW)), left, users, right, found)


@njit(cache=True)
def _meet(left, right, row, shared, found):  # type: ignore[no-untyped-def]
    """Add up one row of the product in `total`, and how many features met in `common` if asked; give what was met."""
    total, common, met, place = found
    size = 0
    for k in range(left.starts[row], left.starts[row + 1]):
        weight, other = left.values[k], left.places[k]
        for at in range(right.starts[other], right.starts[other + 1]):
            j = right.places[at]
            if not met[j]:
                met[j] = True
                place[size] = j
                size += 1
            total[j] += weight * right.values[at]
            if shared:
                common[j] += 1
    return size


@njit(cache=True)
def _pick(total, place, own, least, heap):  # type: ignore[no-untyped-def]
    """Write the places of the highest above `least` to `heap`, in any order, and give their number."""
    size = 0
    for j in place[: len(place) if len(heap) else 0]:
        if not total[j] > least or j == own:
            continue
        if size < len(heap):
            heap[size] = j
            size += 1
            if size == len(heap):
                for at in range(size // 2 - 1, -1, -1):
                    sink(total, heap, at, size)
        elif worse(total, heap[0], j):
            heap[0] = j
            sink(total, heap, 0, size)
    return size


@njit(cache=True)
def _part(span, left, right, how, found):  # type: ignore[no-untyped-def]
    """Rows from one to before another of the block that begins at a third."""
    low, high, first = span
    sizes, places, values = found
    total, common = np.zeros(len(how.by), np.float32), np.zeros(len(how.by), np.float32)
    met, place, shared = np.zeros(len(how.by), np.bool_), np.empty(len(how.by), np.int32), how.shrink > 0
    heap = np.empty(how.most, np.int32)
    for row in range(low, high):
        size = _meet(left, right, row, shared, (total, common, met, place))
        for k in range(size):
            j = place[k]
            if shared:
                total[j] *= common[j] / (common[j] + np.float32(how.shrink))
            total[j] *= how.by[j]
        picked = _pick(total, place[:size], row if how.own else -1, how.least, heap)
        chosen = np.sort(heap[:picked])
        sizes[row - first] = picked
        for k in range(picked):
            places[row - first, k], values[row - first, k] = chosen[k], total[chosen[k]]
        for k in range(size):
            total[place[k]], common[place[k]], met[place[k]] = 0, 0, False


@njit(cache=True, parallel=True)
def _together(span, left, right, how, found):  # type: ignore[no-untyped-def]
    first, last = span
    for chunk in prange((last - first + CHUNK - 1) // CHUNK):
        low = first + chunk * CHUNK
        _part((low, min(last, low + CHUNK), first), left, right, how, found)
