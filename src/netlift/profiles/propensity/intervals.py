"""How sure a figure is: intervals for metrics, and for the difference of two forecasts on the same rows.

The bootstrap draws a Poisson(1) weight for each row, which is drawing rows with replacement where their number is
large (Hanley & MacGibbon 2006, doi:10.1016/j.cmpb.2006.04.006). Rows must be independent: one row per customer.
The interval is normal with the standard deviation of the replicates.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from netlift.errors import EstimationError
from netlift.profiles.propensity import checks, metrics
from netlift.profiles.propensity.checks import Floats

REPLICATES = 200
"""Draws behind a standard error; its own relative error is then about 5 %."""

LEAST = 10
"""Buyers, and others, that an interval needs."""


class Interval(NamedTuple):
    """A figure with a normal interval."""

    estimate: float
    """Point estimate, in the unit of the figure."""
    lower: float
    upper: float
    level: float
    """Confidence level, e.g. 0.95."""
    se: float
    """Standard error."""

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval leaves no room for "no difference"."""
        return self.lower > 0 or self.upper < 0


def normal(estimate: float, se: float, *, level: float) -> Interval:
    """`estimate -+ z se`.

    >>> normal(1.0, 0.5, level=0.95).lower.__round__(2)
    0.02
    """
    from scipy.special import ndtri

    reach = float(ndtri((1 + checks.level(level)) / 2)) * se
    return Interval(estimate, estimate - reach, estimate + reach, level, se)


def classification_intervals(
    y: ArrayLike, p: ArrayLike, weights: ArrayLike | None = None, *, names: Sequence[str] | None = None,
    level: float = 0.95, replicates: int = REPLICATES, seed: int = 0,
) -> dict[str, Interval]:  # fmt: skip
    """Intervals of the figures of `metrics.classification` that have a standard error worth the name.

    Args:
        y: 1 bought, 0 did not, one row per customer, shape (n,).
        p: forecast probability, shape (n,).
        weights: of the rows, shape (n,).
        names: of the figures, out of `metrics.MEASURES`; None: all of them.
        level: confidence level.
        replicates: draws, at least 2.
        seed: of the draws.

    Returns:
        The figures by name; a calibration that has no value has nan throughout.

    Raises:
        EstimationError: as in `metrics.classification`, an unknown name, or fewer than 10 rows in a class.

    >>> rng = np.random.default_rng(0)
    >>> p = rng.random(500)
    >>> found = classification_intervals(rng.random(500) < p, p, names=["roc_auc"])["roc_auc"]
    >>> found.lower < found.estimate < found.upper
    True
    """
    ranked, w = metrics.ranked_of(y, p, weights)
    _enough(ranked.y, w)
    measures = [metrics.MEASURES[name] for name in _known(names, metrics.MEASURES)]

    def values(resampled: Floats) -> Floats:
        return np.array([measure(ranked, resampled) for measure in measures])

    return _intervals(_known(names, metrics.MEASURES), values, w, level, replicates, seed)


def regression_intervals(
    y: ArrayLike, prediction: ArrayLike, weights: ArrayLike | None = None, *, names: Sequence[str] | None = None,
    level: float = 0.95, replicates: int = REPLICATES, seed: int = 0,
) -> dict[str, Interval]:  # fmt: skip
    """Intervals of the figures of `metrics.regression`; arguments as in `classification_intervals`.

    Raises:
        EstimationError: as in `metrics.regression`, an unknown name, or fewer than 10 rows.
    """
    actual, forecast, w = metrics.amounts_of(y, prediction, weights)
    if len(w) < LEAST:
        raise EstimationError(f"an interval needs at least {LEAST} rows, got {len(w)}")
    measures = [metrics.AMOUNT_MEASURES[name] for name in _known(names, metrics.AMOUNT_MEASURES)]

    def values(resampled: Floats) -> Floats:
        return np.array([measure(actual, forecast, resampled) for measure in measures])

    return _intervals(_known(names, metrics.AMOUNT_MEASURES), values, w, level, replicates, seed)


def difference(
    y: ArrayLike, p: ArrayLike, other: ArrayLike, name: str, weights: ArrayLike | None = None, *,
    level: float = 0.95, replicates: int = REPLICATES, seed: int = 0,
) -> Interval:  # fmt: skip
    """A figure of forecast `p` less that of `other` on the same rows; each draw weighs the rows alike for both.

    Args:
        y: 1 bought, 0 did not, one row per customer, shape (n,).
        p: forecast probability, shape (n,).
        other: the forecast that it is compared with, shape (n,).
        name: of the figure, out of `metrics.MEASURES`.
        weights: of the rows, shape (n,).
        level: confidence level.
        replicates: draws, at least 2.
        seed: of the draws.

    Raises:
        EstimationError: as in `classification_intervals`.
    """
    (measure,) = (metrics.MEASURES[one] for one in _known([name], metrics.MEASURES))
    given = checks.weighting(weights, rows=len(checks.column(y, "y")))
    first, _ = metrics.ranked_of(y, p, given)
    second, _ = metrics.ranked_of(y, other, given)
    _enough(first.y, given[first.order])

    def values(w: Floats) -> Floats:
        return np.array([measure(first, w[first.order]) - measure(second, w[second.order])])

    return _intervals([name], values, given, level, replicates, seed)[name]


def _intervals(
    names: Sequence[str], values: Callable[[Floats], Floats], w: Floats, level: float, replicates: int, seed: int
) -> dict[str, Interval]:
    if replicates < 2:
        raise EstimationError(f"a bootstrap needs at least 2 replicates, got {replicates}")
    rng = np.random.default_rng(seed)
    drawn = np.array([values(w * rng.poisson(1.0, len(w))) for _ in range(replicates)])
    found = {}
    for name, estimate, column in zip(names, values(w).tolist(), drawn.T, strict=True):
        sound = column[np.isfinite(column)]  # a draw may separate the classes, which has no calibration slope
        se = float(sound.std(ddof=1)) if len(sound) > replicates // 2 else math.nan
        found[name] = normal(estimate, se, level=level)
    return found


def _known(names: Sequence[str] | None, measures: Iterable[str]) -> list[str]:
    known = list(measures)
    if unknown := [name for name in names or () if name not in known]:
        raise EstimationError(f"no interval for {', '.join(unknown)}; there are: {', '.join(known)}")
    return list(names or known)


def _enough(y: Floats, w: Floats) -> None:
    buyers, others = int((w * y > 0).sum()), int((w * (1 - y) > 0).sum())
    if min(buyers, others) < LEAST:
        raise EstimationError(
            f"an interval needs at least {LEAST} buyers and {LEAST} others; there are {buyers} and {others}"
        )
