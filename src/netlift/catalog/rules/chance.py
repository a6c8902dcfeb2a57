"""How likely a number of common baskets is if two things have nothing to do with each other, and what many such say."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from netlift.catalog.baskets import Ints

Floats = NDArray[np.float64]


@njit(cache=True)
def _log_choose(n, k):  # type: ignore[no-untyped-def]
    return math.lgamma(n + 1.0) - math.lgamma(k + 1.0) - math.lgamma(n - k + 1.0)


@njit(cache=True)
def _tail(k, total, one, other):  # type: ignore[no-untyped-def]
    """P(X >= k), summed on the side of the mode where the terms shrink."""
    low, high = max(0, one + other - total), min(one, other)
    if k <= low:
        return 1.0
    if k > high:
        return 0.0
    up = k * (total + 2.0) >= (one + 1.0) * (other + 1.0)
    j = k if up else k - 1
    term = math.exp(_log_choose(one, j) + _log_choose(total - one, other - j) - _log_choose(total, other))
    tail = 0.0
    while term > 1e-17 * tail:
        tail += term
        if up:
            term *= (one - j) * (other - j) / ((j + 1.0) * (total - one - other + j + 1.0))
            j += 1
        else:
            term *= j * (total - one - other + j + 0.0) / ((one - j + 1.0) * (other - j + 1.0))
            j -= 1
    return min(tail, 1.0) if up else max(0.0, 1.0 - tail)


@njit(cache=True)
def _tails(together, total, one, other):  # type: ignore[no-untyped-def]
    found = np.empty(len(together), np.float64)
    for i in range(len(together)):
        found[i] = _tail(together[i], total[i], one[i], other[i])
    return found


def at_least(together: Ints, total: Ints | int, one: Ints, other: Ints) -> Floats:
    """Chance of so many or more common baskets: Fisher's exact test, one-sided, shape (pairs,).

    Args:
        together: baskets with both.
        total: baskets.
        one: baskets with the one.
        other: baskets with the other.

    >>> at_least(np.array([2]), 4, np.array([2]), np.array([2])).round(4).tolist()  # 1 of 6 ways
    [0.1667]
    """
    together = np.asarray(together, np.int64)
    full = [np.broadcast_to(np.asarray(part, np.int64), together.shape).copy() for part in (total, one, other)]
    found: Floats = _tails(together, *full)
    return found


def share_false(p_values: Floats, tests: int | None = None) -> Floats:
    """Smallest share of false discoveries at which each would be one (Benjamini and Hochberg 1995).

    Args:
        p_values: of the tests that were kept, shape (n,).
        tests: all that might have been kept; those that were not count as failed. None: as many as there are p-values.

    >>> share_false(np.array([0.01, 0.04, 0.03]), tests=4).round(4).tolist()
    [0.04, 0.0533, 0.0533]
    """
    number = len(p_values) if tests is None else max(tests, len(p_values))
    order = np.argsort(p_values, kind="stable")
    q = p_values[order] * number / np.arange(1, len(p_values) + 1)
    found = np.empty(len(p_values))
    found[order] = np.minimum(np.minimum.accumulate(q[::-1])[::-1], 1.0)
    return found
