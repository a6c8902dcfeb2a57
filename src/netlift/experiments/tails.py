"""Heavy tails: a few huge orders can carry a mean, so the capped mean and the bootstrap stand beside it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from netlift.errors import EstimationError

Floats = NDArray[np.float64]


class Winsorised(NamedTuple):
    """Values with both ends pulled in to thresholds that all arms share."""

    values: Floats
    lower: float
    """Values below were raised to this."""
    upper: float
    """Values above were lowered to this."""
    changed: int
    """How many values that were."""


def winsorise(values: Floats, *, share: float = 0.01) -> Winsorised:
    """Pull the top `share` of values, and the bottom `share` if any is negative, in to the pooled quantile.

    The threshold comes from all arms together, so that it cannot depend on the treatment of one of them.
    Where the quantile falls among zeros (most customers buy nothing) it is taken among the values that are not zero.

    >>> winsorise(np.array([0.0, 1.0, 2.0, 3.0, 100.0]), share=0.2).values.tolist()
    [0.0, 1.0, 2.0, 3.0, 3.0]
    """
    if not 0 < share < 0.5:
        raise EstimationError(f"the share to winsorise lies between 0 and .5, got {share}")
    upper = _threshold(values, share)
    lower = -_threshold(-values, share) if np.any(values < 0) else float(values.min())
    capped = np.clip(values, lower, upper)
    return Winsorised(capped, lower, upper, int(np.sum(capped != values)))


def _threshold(values: Floats, share: float) -> float:
    cut = float(np.quantile(values, 1 - share, method="lower"))
    if cut > 0 or not np.any(values > 0):
        return cut
    return float(np.quantile(values[values > 0], 1 - share, method="lower"))


class Bootstrap(NamedTuple):
    """An interval that does not lean on the normal distribution."""

    estimate: float
    lower: float
    upper: float
    level: float
    draws: int


def bootstrap(
    control: Floats, treatment: Floats, *, rng: np.random.Generator, draws: int = 999, level: float = 0.9
) -> Bootstrap:
    """Difference of means with the studentised (bootstrap-t) interval, which follows skewness.

    Each draw resamples units within arms and records `(difference* - difference) / se*`; the quantiles of
    that replace Student's (Efron 1979, doi:10.1214/aos/1176344552; Hall 1988, doi:10.1214/aos/1176350933).
    Equal values are drawn together, so a column that is mostly zeros costs little.

    Args:
        control: outcomes of the control units.
        treatment: outcomes of the treated units.
        rng: source of randomness.
        draws: number of resamples.
        level: confidence level.
    """
    arms = [_resample(values, rng, draws) for values in (control, treatment)]
    estimate = float(treatment.mean() - control.mean())
    se = float(np.sqrt(sum(values.var(ddof=1) / len(values) for values in (control, treatment))))
    spread = np.sqrt(arms[0][1] + arms[1][1])
    shift = arms[1][0] - arms[0][0] - estimate
    # a draw without any variation says nothing about the tails
    pivots = (shift / np.where(spread > 0, spread, np.nan))[spread > 0]
    if se == 0 or len(pivots) == 0:
        return Bootstrap(estimate, estimate, estimate, level, draws)
    low, high = np.quantile(pivots, [(1 - level) / 2, (1 + level) / 2])
    return Bootstrap(estimate, estimate - float(high) * se, estimate - float(low) * se, level, draws)


def _resample(values: Floats, rng: np.random.Generator, draws: int) -> tuple[Floats, Floats]:
    """Means and squared standard errors of `draws` resamples, both of shape (draws,)."""
    n = len(values)
    if n < 2:
        raise EstimationError(f"the bootstrap needs at least 2 units in each arm, got {n}")
    distinct, counts = np.unique(values, return_counts=True)
    means, squares = np.empty(draws), np.empty(draws)
    step = max(1, 4_000_000 // len(distinct))
    for start in range(0, draws, step):  # in blocks, to bound memory
        size = min(step, draws - start)
        weights = rng.multinomial(n, counts / n, size=size).astype(np.float64)
        means[start : start + size] = weights @ distinct / n
        squares[start : start + size] = weights @ distinct**2 / n
    variances = np.maximum(squares - means**2, 0.0)
    return means, variances / (n - 1)
