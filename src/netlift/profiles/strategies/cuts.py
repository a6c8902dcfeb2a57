"""Where a feature may be cut: at few places, between values that occur, at the roundest number there."""

import math
from itertools import pairwise

import numpy as np

from netlift.profiles.segments.inputs import Floats, Ints

BINS = 16
"""Groups of about equal size into which cuts part the customers by one feature; a value that many share adds two."""
NEAR = 0.3
"""How far a cut may lie from its quantile, in parts of a group, to be a rounder number."""


def cuts_of(values: Floats, bins: int = BINS) -> Floats:
    """Rising cuts of one feature, near its quantiles; none where it is constant.

    A cut c parts the customers into `x < c` and `x >= c`, and both sides have customers.

    >>> cuts_of(np.array([1.0, 2.0, 2.0, 7.0])).tolist()
    [2.0, 7.0]
    """
    different, counts = np.unique(values, return_counts=True)
    if len(different) <= bins:
        pairs = list(pairwise(different.tolist()))
    else:
        # the roundest number near a quantile reads better than the quantile, and parts the customers as well
        near = np.arange(1, bins)[:, None] + [-NEAR, NEAR]
        low, high = np.quantile(values, near / bins, method="higher").T
        before = different[np.maximum(np.searchsorted(different, high) - 1, 0)]
        pairs = [(a, b) for a, b in zip(np.minimum(low, before).tolist(), high.tolist(), strict=True) if a < b]
        most = int(counts.argmax())
        if counts[most] * bins > len(values):  # a value that many share, such as 0, is parted from what is beside it
            pairs += list(pairwise(different[max(0, most - 1) : most + 2].tolist()))
    return np.unique([round_between(a, b) for a, b in pairs])


def codes_of(values: Floats, cuts: Floats) -> Ints:
    """How many of the cuts each value reaches, 0 .. len(cuts), shape (n,)."""
    return np.searchsorted(cuts, values, side="right").astype(np.int64)


def round_between(low: float, high: float) -> float:
    """The number with the fewest decimal places in (low, high].

    >>> round_between(0.18, 0.234), round_between(3.0, 4.0), round_between(97.0, 1512.0)
    (0.2, 4.0, 1000.0)
    """
    first = math.ceil(math.log10(high - low))
    for exponent in range(first, first - 16, -1):
        step = 10.0**exponent
        found = round(math.floor(high / step) * step, max(0, -exponent))
        if low < found <= high:
            return found
    return high
