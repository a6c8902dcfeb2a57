"""Small experiments whose truth is known by construction."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Trial(NamedTuple):
    """A randomised trial of one offer with a score that knows something."""

    outcome: Floats
    treatment: NDArray[np.int64]
    score: Floats


def trial(seed: int, n: int = 600, *, slope: float = 1.0, ate: float = 0.5, treated: float = 0.5) -> Trial:
    """Effect `ate + slope (r - 1/2)` of a unit whose score r is uniform on (0, 1); noise of unit variance.

    Hence cov(effect, rank) = slope / 12, the effect among the share q of highest score is
    `ate + slope (1 - q) / 2`, and the effect of all is `ate`.
    """
    rng = np.random.default_rng(seed)
    score = rng.random(n)
    treatment = (rng.random(n) < treated).astype(np.int64)
    outcome = score + (ate + slope * (score - 0.5)) * treatment + rng.normal(size=n)
    return Trial(outcome, treatment, score)


class Log(NamedTuple):
    """A log of three arms, drawn with propensities that depend on x."""

    x: Floats
    outcome: Floats
    arm: NDArray[np.int64]
    propensity: Floats
    mean: Floats
    """True mean outcome of each unit under each arm, shape (n, 3)."""


def log(seed: int, n: int = 800, *, effect: float = 1.0) -> Log:
    """Outcome `x1 + effect (0, x0, 0.3) by arm + noise`; x is standard normal with two columns."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 2))
    tilt = np.exp(0.5 * np.column_stack([np.zeros(n), x[:, 0], -x[:, 1]]))
    propensity = 0.7 * tilt / tilt.sum(axis=1, keepdims=True) + 0.1
    arm = (rng.random((n, 1)) > np.cumsum(propensity, axis=1)).sum(axis=1)
    mean = x[:, 1:] + effect * np.column_stack([np.zeros(n), x[:, 0], np.full(n, 0.3)])
    outcome = mean[np.arange(n), arm] + rng.normal(size=n)
    return Log(x, outcome, arm, propensity, mean)
