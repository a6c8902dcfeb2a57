"""The most alike of everything, from a sparse matrix, block by block: memory is bounded by the block."""

from typing import Any

import numpy as np
from numba import njit

from netlift.recommend.top import highest

Sparse = Any
"""A SciPy CSR array."""
_CELLS = 20_000_000
"""Products of two rows that are looked at a time; 160 MB."""


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


def nearest(rows: Sparse, others: Sparse, count: int, shrink: float = 0.0) -> Sparse:
    """Of each row the `count` most alike others, itself left out; of equals the first.

    Args:
        rows: shape (n, features).
        others: shape (m, features); the same object leaves each row's own place out.
        count: at most so many each.
        shrink: added to the number of features in common before likeness is divided by it, which trusts few less.

    Returns:
        Likeness, shape (n, m), CSR with columns in order.
    """
    import scipy.sparse as sp

    turned, parts = sp.csr_array(others.T), []
    shared = (
        sp.csr_array((np.ones_like(others.data), others.indices, others.indptr), shape=others.shape).T.tocsr()
        if shrink
        else None
    )
    step = max(1, min(len_of(rows), _CELLS // max(len_of(others), 1)))
    for start in range(0, len_of(rows), step):
        block = rows[start : start + step]
        like = sp.csr_array(block @ turned)
        if shared is not None:
            like.sort_indices()
            ones = sp.csr_array((np.ones_like(block.data), block.indices, block.indptr), shape=block.shape)
            common = sp.csr_array(ones @ shared)
            common.sort_indices()
            like.data *= common.data / (common.data + np.float32(shrink))
        parts.append(best(like, count, start if rows is others else None))
    return sp.vstack(parts, format="csr") if parts else sp.csr_array((0, len_of(others)), dtype=np.float32)


def len_of(matrix: Sparse) -> int:
    """Rows."""
    return int(matrix.shape[0])


def best(like: Sparse, count: int, own: int | None = None) -> Sparse:
    """Of each row the `count` highest above 0, of equals the first; the diagonal that begins at `own` is left out.

    The columns of `like` are brought in order.
    """
    import scipy.sparse as sp

    like.sort_indices()
    most = np.minimum(np.diff(like.indptr), count)
    starts = np.concatenate([[0], np.cumsum(most)]).astype(np.int64)
    columns, data = np.empty(starts[-1], like.indices.dtype), np.empty(starts[-1], like.data.dtype)
    sizes = _best((like.indptr, like.indices, like.data), -len_of(like) if own is None else own, starts, columns, data)
    filled = np.arange(starts[-1]) - np.repeat(starts[:-1], most) < np.repeat(sizes, most)
    ends = np.concatenate([[0], np.cumsum(sizes)]).astype(like.indptr.dtype)
    return sp.csr_array((data[filled], columns[filled], ends), shape=like.shape)


@njit(cache=True)
def _best(like, own, starts, columns, data):  # type: ignore[no-untyped-def]
    """Write the best of each row from `starts` on, columns in order, and give their numbers."""
    bounds, places, values = like
    sizes = np.zeros(len(bounds) - 1, np.int64)
    for row in range(len(sizes)):
        part, where = values[bounds[row] : bounds[row + 1]], places[bounds[row] : bounds[row + 1]]
        may = (part > 0) & (where != row + own)
        heap = np.empty(starts[row + 1] - starts[row], np.int64)
        size = highest(part, may, heap)
        chosen = np.sort(heap[:size])
        for k in range(size):
            columns[starts[row] + k], data[starts[row] + k] = where[chosen[k]], part[chosen[k]]
        sizes[row] = size
    return sizes
