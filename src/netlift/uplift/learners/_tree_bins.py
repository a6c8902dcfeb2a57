"""Covariates as small numbers: every one is cut at values of its own, so that a tree counts instead of sorting."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from netlift.uplift.checks import Floats
from netlift.uplift.nuisance import Matrix

Codes = NDArray[np.uint8]

BINS = 64
"""Bins of a covariate, at most; the unknown have one more."""


class Bins(NamedTuple):
    """Where each covariate is cut. Code 0 is for the unknown, code c >= 1 for `cuts[c - 2] <= x < cuts[c - 1]`."""

    cuts: tuple[Floats, ...]
    """Ascending values that occur, one array per covariate."""

    @classmethod
    def of(cls, X: Matrix, most: int = BINS) -> "Bins":
        """Cuts at every value where there are few, else at quantiles."""
        return cls(tuple(_cuts(X[:, column], most) for column in range(X.shape[1])))

    def codes(self, X: Matrix) -> Codes:
        """Shape (p, n): a row per covariate."""
        found = np.empty((len(self.cuts), len(X)), dtype=np.uint8)
        for row, cuts in enumerate(self.cuts):
            found[row] = np.searchsorted(cuts, X[:, row], side="right") + 1
            found[row, np.isnan(X[:, row])] = 0
        return found

    def threshold(self, column: int, code: int) -> float:
        """A split into codes up to `code` and the rest is `x < threshold`; minus infinity parts the unknown only."""
        return float(self.cuts[column][code - 1]) if code else -np.inf


def _cuts(values: Matrix, most: int) -> Floats:
    known = values[~np.isnan(values)].astype(np.float64)
    if not len(known):
        return np.empty(0)
    distinct = np.unique(known)
    if len(distinct) <= most:
        return distinct[1:]
    inner = np.unique(np.quantile(known, np.arange(1, most) / most, method="higher"))
    return inner[inner > distinct[0]]
