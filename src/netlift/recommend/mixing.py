"""Scores of several recommenders on one scale, compiled; nothing is copied, and each row is worked out by itself."""

import os

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # threads rest between blocks; see `allocation.kernel`

Scores = NDArray[np.float32]
Floats = NDArray[np.float64]
LEAST = 1e-12
"""Standard deviation up to which a row says nothing."""


def moments(scores: Scores) -> tuple[Floats, Floats]:
    """Mean of each row, and 1 over its standard deviation, 0 where all are equal; shape (rows,) each."""
    middle, scale = np.zeros(len(scores)), np.zeros(len(scores))
    if scores.shape[1]:
        _moments(scores, middle, scale)
    return middle, scale


def add_spread(to: Scores, scores: Scores, weight: float) -> None:
    """Add scores to others, each row around 0 with the weight as its standard deviation; 0 where all are equal.

    Args:
        to: changed in place, shape (rows, items).
        scores: shape (rows, items).
        weight: 0 or more.
    """
    middle, scale = moments(scores)
    _add(to, scores, middle, weight * scale)


@njit(cache=True, fastmath={"reassoc", "contract", "nsz"})
def _row_moments(mine):  # type: ignore[no-untyped-def]
    total, squares = np.float64(0), np.float64(0)
    for i in range(len(mine)):
        total += mine[i]
    middle = total / len(mine)
    for i in range(len(mine)):
        squares += (mine[i] - middle) ** 2
    return middle, np.sqrt(squares / len(mine))


@njit(cache=True, parallel=True)
def _moments(scores, middle, scale):  # type: ignore[no-untyped-def]
    for row in prange(len(scores)):
        mean, size = _row_moments(scores[row])
        middle[row], scale[row] = mean, 1 / size if size > LEAST else 0.0


@njit(cache=True, parallel=True)
def _add(to, scores, middle, scale):  # type: ignore[no-untyped-def]
    for row in prange(len(scores)):
        for i in range(scores.shape[1]):
            to[row, i] += (scores[row, i] - middle[row]) * scale[row]
