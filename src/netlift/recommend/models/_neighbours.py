"""The most alike of everything, from a sparse matrix, block by block: memory is bounded by the block."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

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
        like.sort_indices()
        if shared is not None:
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
    """Of each row the `count` highest above 0, of equals the first; the diagonal that begins at `own` is left out."""
    import scipy.sparse as sp

    rows: NDArray[np.int64] = np.repeat(np.arange(len_of(like)), np.diff(like.indptr))
    kept = like.data > 0
    if own is not None:
        kept &= like.indices != rows + own
    rows, columns, data = rows[kept], like.indices[kept], like.data[kept]
    order = np.lexsort((columns, -data, rows))
    rows, columns, data = rows[order], columns[order], data[order]
    sizes = np.bincount(rows, minlength=len_of(like))
    place = np.arange(len(rows)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    high = place < count
    found = sp.csr_array((data[high], (rows[high], columns[high])), shape=like.shape)
    found.sort_indices()
    return found
