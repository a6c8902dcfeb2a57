"""Groups of products that hang together more than with others."""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from netlift.catalog.baskets import Ints
from netlift.errors import ConfigError

LEVELS = 30
"""Times at most that groups become the products of a smaller graph."""
SWEEPS = 100
"""Times at most that all products are looked at on each level."""


def communities(matrix: Any, resolution: float = 1.0) -> Ints:
    """Groups that have the highest modularity that moving and merging finds (Louvain: Blondel et al. 2008).

    Products are looked at in order and nothing is drawn, so that the same graph has the same groups. A product moves
    only where that is more than rounding better; of groups that are equally good it takes the first.

    Args:
        matrix: ties, symmetric, at least 0, shape (products, products), sparse.
        resolution: above 1 for smaller groups, below 1 for larger ones.

    Returns:
        Group of each product, counted from 0 by the first product of each, shape (products,). A product without ties
        is a group of its own.

    Raises:
        ConfigError: resolution is not above 0.

    >>> import scipy.sparse as sp
    >>> ties = sp.csr_array(np.kron(np.eye(2), 1 - np.eye(3)))
    >>> communities(ties).tolist()
    [0, 0, 0, 1, 1, 1]
    """
    import scipy.sparse as sp

    if not resolution > 0:
        raise ConfigError(f"resolution must be above 0, got {resolution}")
    graph = sp.csr_array(matrix, dtype=np.float64)
    of = np.arange(graph.shape[0])
    for _ in range(LEVELS):
        graph.sort_indices()
        group = _moved(graph.indptr.astype(np.int64), graph.indices.astype(np.int64), graph.data, resolution, SWEEPS)
        group = _numbered(group)
        of = group[of]
        count = int(group.max(initial=-1)) + 1
        if count == len(group):
            break
        coarse = sp.csr_array((np.ones(len(group)), (np.arange(len(group)), group)), shape=(len(group), count))
        graph = sp.csr_array(coarse.T @ graph @ coarse)
    return _numbered(of)


def modularity(matrix: Any, group: Ints, resolution: float = 1.0) -> float:
    """How much more of the ties lies within groups than chance would put there (Newman and Girvan 2004)."""
    import scipy.sparse as sp

    rows = sp.coo_array(matrix)
    total = float(rows.data.sum())
    if total <= 0:
        return 0.0
    inside = float(rows.data[group[rows.row] == group[rows.col]].sum())
    degree = np.bincount(group[rows.row], rows.data)
    return inside / total - resolution * float(((degree / total) ** 2).sum())


def _numbered(group: Ints) -> Ints:
    """Groups counted in the order of their first members."""
    _, first, of = np.unique(group, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    found: NDArray[np.int64] = rank[of]
    return found


@njit(cache=True)
def _moved(start, other, weight, resolution, sweeps):  # type: ignore[no-untyped-def]
    """Move every product to the group where modularity grows most, until nothing moves."""
    size = len(start) - 1
    degree, total = np.zeros(size), 0.0
    for i in range(size):
        for k in range(start[i], start[i + 1]):
            degree[i] += weight[k]
        total += degree[i]
    group, sums, tied = np.arange(size), degree.copy(), np.zeros(size)
    if total <= 0:
        return group
    for _ in range(sweeps):
        moved = False
        for i in range(size):
            own = group[i]
            for k in range(start[i], start[i + 1]):
                if other[k] != i:
                    tied[group[other[k]]] += weight[k]
            sums[own] -= degree[i]
            pull = resolution * degree[i] / total
            best, gain = own, tied[own] - pull * sums[own] + 1e-10 * total / size
            for k in range(start[i], start[i + 1]):
                to = group[other[k]]
                here = tied[to] - pull * sums[to]
                if to != own and (here > gain or (here == gain and best != own and to < best)):
                    best, gain = to, here
            sums[best] += degree[i]
            if best != own:
                group[i], moved = best, True
            tied[own] = 0.0
            for k in range(start[i], start[i + 1]):
                tied[group[other[k]]] = 0.0
        if not moved:
            break
    return group
