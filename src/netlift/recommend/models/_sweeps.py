"""Sweeps of alternating least squares, compiled; every row by itself: one answer on any number of threads."""

import os
from typing import NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # threads rest between sweeps; see `allocation.kernel`

Factors = NDArray[np.float32]
CHUNK = 256
"""Rows that a thread takes at a time."""
FEW = 4
"""Users up to which their scores are worked out one by one."""
TINY = 1e-20
"""Squared length of a residual that is as good as none."""


class Met(NamedTuple):
    """What some rows met on the other side; each counts 1, and `confidence` more for each unit of its amount."""

    others: NDArray[np.int32]
    amount: Factors
    """Above 0; empty where no amount counts."""
    confidence: np.float32


class Fixed(NamedTuple):
    """The other side, which stands still."""

    factors: Factors
    """Shape (others, factors)."""
    gram: Factors
    """What weighs on everything that was not done, shape (factors, factors)."""


@njit(cache=True, fastmath={"reassoc", "contract", "nsz"}, inline="always")
def _dot(a, b):  # type: ignore[no-untyped-def]
    found = np.float32(0)
    for k in range(len(a)):
        found += a[k] * b[k]
    return found


@njit(cache=True, fastmath={"reassoc", "contract", "nsz"})
def _dots(points, x, to):  # type: ignore[no-untyped-def]
    for i in range(len(points)):
        to[i] = _dot(points[i], x)


def products(users: Factors, items: Factors) -> Factors:
    """Inner products of rows, shape (users, items); of few users without a library, whose threads wait for each other.

    Args:
        users: shape (users, factors).
        items: shape (items, factors).
    """
    if len(users) > FEW:
        found: Factors = users @ items.T
        return found
    found = np.empty((len(users), len(items)), np.float32)
    for row, x in enumerate(users):
        _dots(items, x, found[row])
    return found


@njit(cache=True, fastmath={"reassoc", "contract", "nsz"})
def _pull(x, target, ridge, met, fixed, to):  # type: ignore[no-untyped-def]
    """Write `sum_i w_i (target - y_i x) y_i - (gram + ridge) x` to `to`; inner loops run along memory."""
    for k in range(len(x)):
        to[k] = -ridge * x[k]
    for k in range(len(x)):
        scale = x[k]
        for j in range(len(x)):
            to[j] -= scale * fixed.gram[k, j]
    for i in range(len(met.others)):
        y = fixed.factors[met.others[i]]
        short = target - _dot(y, x)
        if len(met.amount):
            short *= np.float32(1) + met.confidence * met.amount[i]
        for k in range(len(x)):
            to[k] += short * y[k]


@njit(cache=True, parallel=True, fastmath={"reassoc", "contract", "nsz"})
def sweep(starts, all_met, fixed, ridge, steps, mine):  # type: ignore[no-untyped-def]
    """Move every row of `mine` towards the solution of its least squares by some steps of conjugate gradients.

    Row u solves `(gram + sum_i w_i y_i y_i' + ridge_u) x = sum_i w_i y_i` over its interactions i, beginning at where
    it is (Takacs, Pilaszy and Tikk 2011, doi:10.1145/2043932.2043987).

    Args:
        starts: where the interactions of each row begin, shape (rows + 1,).
        all_met: `Met` of all rows, one after the other.
        fixed: `Fixed`.
        ridge: of each row, shape (rows,).
        steps: of conjugate gradients.
        mine: changed in place, shape (rows, factors).
    """
    rows, size = mine.shape
    for chunk in prange((rows + CHUNK - 1) // CHUNK):
        left, way, moved = np.empty(size, np.float32), np.empty(size, np.float32), np.empty(size, np.float32)
        for u in range(chunk * CHUNK, min(rows, (chunk + 1) * CHUNK)):
            x, its = mine[u], slice(starts[u], starts[u + 1])
            met = Met(all_met.others[its], all_met.amount[its], all_met.confidence)
            if len(met.others) == 0:
                x[:] = 0
                continue
            _pull(x, np.float32(1), ridge[u], met, fixed, left)
            way[:] = left
            error = _dot(left, left)
            for _ in range(steps):
                if error < TINY:
                    break
                _pull(way, np.float32(0), ridge[u], met, fixed, moved)
                far = -error / _dot(way, moved)
                for k in range(size):
                    x[k] += far * way[k]
                    left[k] += far * moved[k]
                before, error = error, _dot(left, left)
                for k in range(size):
                    way[k] = left[k] + error / before * way[k]
