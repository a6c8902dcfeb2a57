"""Many comparisons at once: some look good by luck, so p-values are raised to what they are worth together."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netlift.errors import EstimationError

Floats = NDArray[np.float64]


def holm(p_values: ArrayLike) -> Floats:
    """Adjusted p-values that keep the chance of *any* false finding (Holm 1979, Scand. J. Stat. 6, 65-70).

    A comparison counts at error rate a if its adjusted value is at most a. nan stays nan and is not counted.

    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    return _adjust(p_values, lambda p: np.maximum.accumulate(p * np.arange(len(p), 0, -1)))


def benjamini_hochberg(p_values: ArrayLike) -> Floats:
    """q-values that keep the expected *share* of false findings (doi:10.1111/j.2517-6161.1995.tb02031.x).

    >>> benjamini_hochberg([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.04, 0.04]
    """
    return _adjust(p_values, lambda p: np.minimum.accumulate((p * len(p) / np.arange(1, len(p) + 1))[::-1])[::-1])


def _adjust(p_values: ArrayLike, step: Callable[[Floats], Floats]) -> Floats:
    """Apply `step` to the sorted p-values and put the results back in place."""
    given = np.asarray(p_values, dtype=np.float64)
    known = np.flatnonzero(~np.isnan(given))
    if np.any((given[known] < 0) | (given[known] > 1)):
        raise EstimationError(f"p-values lie between 0 and 1, got {given.tolist()}")
    order = known[np.argsort(given[known], kind="stable")]
    adjusted = given.copy()
    if len(order):
        adjusted[order] = np.minimum(step(given[order]), 1.0)
    return adjusted
