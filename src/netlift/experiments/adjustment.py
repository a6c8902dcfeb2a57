"""The same comparison with less noise: what was known before the test explains part of the outcome.

Two forms. `cuped` needs only aggregates (Deng, Xu, Kohavi & Walker 2013, doi:10.1145/2433396.2433413).
`lin` needs the rows and interacts treatment with the covariates (Lin 2013, doi:10.1214/12-AOAS583): it can
never be less precise than the raw difference in large samples, and its standard error is HC2
(MacKinnon & White 1985, doi:10.1016/0304-4076(85)90158-7).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from netlift.errors import EstimationError
from netlift.experiments.aggregates import Aggregates
from netlift.experiments.means import Arm, Difference, compare

Floats = NDArray[np.float64]


def cuped(
    control: Aggregates, treatment: Aggregates, outcome: str, covariates: Sequence[str], *, level: float = 0.9
) -> Difference:
    """Difference of means of `outcome - theta'(x - mean x)`, theta pooled within the arms.

    Args:
        control: aggregates that hold the outcome and every covariate.
        treatment: the same of the other arm.
        outcome: name of the outcome column.
        covariates: names of columns measured before the test.
        level: confidence level.
    """
    names = list(covariates)
    theta = _theta(control, treatment, outcome, names)
    whole = control + treatment
    arms = [_adjusted(arm, whole, outcome, names, theta) for arm in (control, treatment)]
    return compare(*arms, level=level, method="cuped")


def variance_explained(control: Aggregates, treatment: Aggregates, outcome: str, covariates: Sequence[str]) -> float:
    """Share of the outcome's variance within arms that CUPED takes away, 0 to 1 (R squared)."""
    names = list(covariates)
    theta = _theta(control, treatment, outcome, names)
    weights = (control.count - 1, treatment.count - 1)
    raw = _pool([arm.block([outcome], [outcome]) for arm in (control, treatment)], weights)
    covered = _pool([arm.block([outcome], names) for arm in (control, treatment)], weights) @ theta
    return float(np.clip(covered[0] / raw[0, 0], 0.0, 1.0)) if raw[0, 0] > 0 else 0.0


def _theta(control: Aggregates, treatment: Aggregates, outcome: str, names: list[str]) -> Floats:
    if not names:
        raise EstimationError("CUPED needs at least one covariate")
    weights = (control.count - 1, treatment.count - 1)
    spread = _pool([arm.block(names, names) for arm in (control, treatment)], weights)
    shared = _pool([arm.block(names, [outcome]) for arm in (control, treatment)], weights)
    theta: Floats = (np.linalg.pinv(spread, hermitian=True) @ shared)[:, 0]
    return theta


def _pool(blocks: list[Floats], weights: tuple[int, int]) -> Floats:
    pooled: Floats = np.average(np.stack(blocks), axis=0, weights=weights)
    return pooled


def _adjusted(arm: Aggregates, whole: Aggregates, outcome: str, names: list[str], theta: Floats) -> Arm:
    shift = np.array([arm.mean(name) - whole.mean(name) for name in names])
    spread = arm.var(outcome) - 2 * arm.block([outcome], names)[0] @ theta + theta @ arm.block(names, names) @ theta
    return Arm(arm.mean(outcome) - float(shift @ theta), float(spread) / arm.count, arm.count, arm.count - 1)


class Fit(NamedTuple):
    """A linear regression within one arm, read at one point; everything that does not depend on the outcome."""

    weights: Floats
    """The prediction at the point is `weights @ y`, shape (n,)."""
    leverage: Floats
    """Diagonal of the hat matrix, shape (n,), below 1."""
    design: Floats
    """Intercept and centred covariates, shape (n, 1 + p)."""
    coefficients: Floats
    """Maps outcomes to coefficients: `coefficients @ y`, shape (1 + p, n)."""

    def residuals(self, outcomes: Floats) -> Floats:
        """What the regression leaves unexplained, same shape as `outcomes` (n,) or (n, k)."""
        left: Floats = outcomes - self.design @ (self.coefficients @ outcomes)
        return left

    def errors(self, outcomes: Floats) -> Floats:
        """HC2 contributions of the units to the error of the prediction, same shape as `outcomes`."""
        scale = self.weights / np.sqrt(1 - self.leverage)
        contributions: Floats = self.residuals(outcomes) * (scale[:, None] if outcomes.ndim > 1 else scale)
        return contributions


def fit_at(covariates: Floats, point: Floats, *, weights: Floats | None = None) -> Fit:
    """Regress on `covariates` (n, p) with optional case weights, to be read at `point` (p,).

    Columns that do not vary are left to the intercept; columns that repeat each other share their weight.

    Raises:
        EstimationError: fewer than two more units than coefficients.
    """
    n = len(covariates)
    varies = np.ptp(covariates, axis=0) > 0 if n else np.zeros(len(point), dtype=bool)
    centred = (covariates - point)[:, varies]
    scale = np.sqrt(np.mean(centred**2, axis=0))
    design = np.column_stack([np.ones(n), centred / scale])
    if n < design.shape[1] + 2:
        raise EstimationError(f"{n} units cannot carry {design.shape[1] - 1} covariates: give fewer, or none")
    case = np.ones(n) if weights is None else weights / weights.mean()
    weighted = design * case[:, None]
    coefficients: Floats = np.linalg.pinv(design.T @ weighted, rcond=1e-10, hermitian=True) @ weighted.T
    leverage = np.clip(np.einsum("ij,ji->i", design, coefficients), 0.0, 1 - 1e-6)
    return Fit(coefficients[0], leverage, design, coefficients)


def lin(outcome: Floats, treated: NDArray[np.bool_], covariates: Floats, *, level: float = 0.9) -> Difference:
    """Regression of the outcome on treatment, centred covariates and their products (Lin 2013), HC2 errors.

    `y = a + tau T + b'(x - mean x) + c' T (x - mean x) + e`; tau is the average effect.

    Args:
        outcome: one value per unit, shape (n,).
        treated: which units had the treatment, shape (n,).
        covariates: measured before the test, shape (n, p).
        level: confidence level.

    Raises:
        EstimationError: an arm has too few units for so many covariates.
    """
    point, arms = covariates.mean(axis=0), []
    for side in (~treated, treated):
        fit = fit_at(covariates[side], point)
        n = int(side.sum())
        variance = float(np.sum(fit.errors(outcome[side]) ** 2))
        arms.append(Arm(float(fit.weights @ outcome[side]), variance, n, n - fit.design.shape[1]))
    return compare(*arms, level=level, method="lin")
