"""A number with its interval, and the half-sample bootstrap that gives rankings theirs."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from netlift.errors import EstimationError
from netlift.uplift import checks

Floats = NDArray[np.float64]

REPLICATES = 200
"""Half-samples behind a standard error; its own relative error is then about 5 %."""


class Estimate(NamedTuple):
    """An estimate with a normal interval."""

    estimate: float
    """Point estimate, in the unit that the function says."""
    lower: float
    upper: float
    level: float
    """Confidence level of the interval, e.g. 0.95."""
    se: float
    """Standard error, in the unit of `estimate`."""
    n: int
    """Units behind it."""
    method: str

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval leaves no room for "no effect"."""
        return self.lower > 0 or self.upper < 0

    @property
    def p_value(self) -> float:
        """Two-sided, of "zero", from the normal distribution; nan where the standard error is 0."""
        return math.erfc(abs(self.estimate) / self.se / math.sqrt(2)) if self.se > 0 else math.nan


def normal(estimate: float, se: float, n: int, *, level: float, method: str) -> Estimate:
    """An estimate with the interval `estimate -+ z se`.

    >>> normal(1.0, 0.5, 100, level=0.95, method="example").lower.__round__(2)
    0.02
    """
    reach = critical(level) * se
    return Estimate(estimate, estimate - reach, estimate + reach, level, se, n, method)


def critical(level: float) -> float:
    """Two-sided critical value of the normal distribution."""
    from scipy.special import ndtri

    return float(ndtri((1 + checks.level(level)) / 2))


def mean_of(terms: Floats, *, level: float, method: str) -> Estimate:
    """Mean of one influence term per unit, with the standard error sd / sqrt(n)."""
    return normal(
        float(terms.mean()), float(terms.std(ddof=1) / math.sqrt(len(terms))), len(terms), level=level, method=method
    )


def half_samples(statistic: Callable[[NDArray[np.intp]], Floats], n: int, replicates: int, seed: int) -> Floats:
    """Values of a statistic on random halves of the units, shape (replicates, ...).

    Half of the units are drawn without replacement; over such draws a smooth statistic varies as its estimate does
    over samples (Yadlowsky, Fleming, Shah, Brunskill & Wager 2021, arXiv:2111.07966).

    Args:
        statistic: takes the sorted row numbers of the half.
        n: units.
        replicates: how many halves, at least 2.
        seed: of the draws; the same seed gives the same halves, so that differences are paired.
    """
    if replicates < 2:
        raise EstimationError(f"a bootstrap needs at least 2 replicates, got {replicates}")
    rng = np.random.default_rng(seed)
    return np.stack([statistic(np.flatnonzero(rng.permutation(n) < n // 2)) for _ in range(replicates)])


def spread(values: Floats, n: int) -> Floats:
    """Standard error from half-samples: their standard deviation, corrected where n is odd."""
    half = n // 2
    error: Floats = values.std(axis=0, ddof=1) * math.sqrt(half / (n - half))
    return error
