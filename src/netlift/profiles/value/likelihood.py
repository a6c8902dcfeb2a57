"""Maximum likelihood over grouped rows: several starts, Newton's method, standard errors from the Hessian.

Parameters are positive and are searched as logarithms. Equal rows are counted, not repeated, so the cost is that
of the distinct rows; where these are many, a sample of them finds the place and all of them decide it.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from netlift.errors import EstimationError

Floats = NDArray[np.float64]
Density: TypeAlias = Callable[[Floats, Floats], tuple[Floats, Floats]]
"""(log parameters (k,), rows (g, m)) -> log density of each row (g,) and its gradient in them (g, k)."""

SAMPLE = 5_000
"""Distinct rows on which the starts are tried."""
REACH = 14.0
"""A log parameter so far from where the search starts means that the likelihood has no maximum: it rises for ever."""
SETTLED = 1e-9
"""Log-likelihood that one more Newton step would still gain, below which the search ends."""


class Maximum(NamedTuple):
    """Where the likelihood is highest, and how sharply."""

    theta: Floats
    """Log parameters, shape (k,)."""
    value: float
    """Log-likelihood of all rows."""
    covariance: Floats
    """Of `theta`: the inverse of the negative Hessian, shape (k, k)."""


def maximise(density: Density, rows: Floats, counts: Floats, starts: Sequence[Floats]) -> Maximum:
    """The parameters under which the rows are most likely.

    Args:
        density: log density and gradient by row.
        rows: distinct rows, shape (g, m).
        counts: how many customers each stands for, shape (g,).
        starts: log parameters from which to search, each of shape (k,).

    Raises:
        EstimationError: no start leads to a maximum inside the allowed range, or the data leave the parameters open.
    """
    sample: slice | NDArray[np.intp] = slice(None)
    if len(rows) > SAMPLE:
        # whole groups, each as likely as any other, keep the estimating equations unbiased
        sample = np.sort(np.random.default_rng(0).choice(len(rows), SAMPLE, replace=False))
    centre = np.mean(starts, axis=0)
    theta = _best(density, rows[sample], counts[sample], starts)
    theta, hessian = _newton(density, rows[sample], counts[sample], theta, centre)
    if len(rows) > SAMPLE:
        # the finish on all rows begins with the sample's curvature, which costs nothing
        theta = settle(density, rows, counts, theta, hessian, steps=6)
        theta, hessian = _newton(density, rows, counts, theta, centre)
    value, _ = _total(density, rows, counts, theta)
    return Maximum(theta, -value * float(counts.sum()), np.linalg.inv(hessian) / counts.sum())


def settle(density: Density, rows: Floats, counts: Floats, theta: Floats, hessian: Floats, steps: int = 40) -> Floats:
    """Newton's steps with a fixed Hessian from a point near the maximum, as resamples of the same customers need them.

    Args:
        density: as in `maximise`.
        rows: as in `maximise`.
        counts: how many customers each row stands for; zeros are allowed.
        theta: log parameters near the maximum.
        hessian: of the negative mean log-likelihood near there, positive definite, shape (k, k).
        steps: at most so many.

    Returns:
        The log parameters after the last step that raised the likelihood.
    """
    held = counts > 0
    rows, counts = rows[held], counts[held]
    n = counts.sum()
    value, gradient = _total(density, rows, counts, theta)
    for _ in range(steps):
        step = np.linalg.solve(hessian, gradient)
        gain = float(gradient @ step)
        if n * gain < SETTLED:
            break
        for halving in range(12):
            tried = theta - np.clip(step, -2.0, 2.0) * 0.5**halving
            lower, slope = _total(density, rows, counts, tried)
            if lower < value:
                break
        else:
            break
        theta, value, gradient = tried, lower, slope
    return theta


def curvature(density: Density, rows: Floats, counts: Floats, theta: Floats) -> Floats:
    """Hessian of the negative mean log-likelihood, by central differences of the gradient, shape (k, k)."""
    step = 1e-4
    sides = [
        [_total(density, rows, counts, theta + sign * step * unit)[1] for sign in (1, -1)]
        for unit in np.eye(len(theta))
    ]
    found = np.array([(up - down) / (2 * step) for up, down in sides])
    return (found + found.T) / 2


def _total(density: Density, rows: Floats, counts: Floats, theta: Floats) -> tuple[float, Floats]:
    """Negative mean log-likelihood and its gradient."""
    values, gradients = density(theta, rows)
    n = counts.sum()
    # einsum, because a threaded product of such thin arrays spends its time on starting threads
    return -float(np.einsum("i,i", counts, values)) / n, -np.einsum("i,ij->j", counts, gradients) / n


def _best(density: Density, rows: Floats, counts: Floats, starts: Sequence[Floats]) -> Floats:
    from scipy.optimize import minimize

    centre = np.mean(starts, axis=0)
    bounds = [(middle - REACH, middle + REACH) for middle in centre]

    def loss(theta: Floats) -> tuple[float, Floats]:
        return _total(density, rows, counts, theta)

    tries = [minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds) for start in starts]
    sound = [one for one in tries if np.isfinite(one.fun)]
    if not sound:
        raise EstimationError("the likelihood is not finite at any start: look for extreme ages or amounts")
    best: Floats = min(sound, key=lambda one: one.fun).x
    return best


def _newton(density: Density, rows: Floats, counts: Floats, theta: Floats, centre: Floats) -> tuple[Floats, Floats]:
    """Newton's method with a fresh Hessian in each round; the maximum and the Hessian there."""
    n = counts.sum()
    for _ in range(10):
        hessian = curvature(density, rows, counts, theta)
        values, vectors = np.linalg.eigh(hessian)
        if np.any(np.abs(theta - centre) > REACH - 1):
            break
        _, gradient = _total(density, rows, counts, theta)
        # a direction that is flat or bends the wrong way gets a cautious step
        bent = np.maximum(np.abs(values), 1e-6 * values.max())
        if values[0] > 0 and n * float(gradient @ np.linalg.solve(hessian, gradient)) < 100 * SETTLED:
            return theta, hessian
        theta = settle(density, rows, counts, theta, (vectors * bent) @ vectors.T, steps=4)
    raise EstimationError(
        "maximum likelihood does not converge: the likelihood rises without a highest point, so these data leave the "
        "parameters open (too few customers, or they differ too little); use more customers or a longer history"
    )
