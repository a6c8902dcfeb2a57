"""Does one arm have a higher mean, rate or ratio than another, and by how much?

The relative form divides by the control's mean; its error follows by the delta method from the errors of
both means (Deng, Knoblich & Lu 2018, doi:10.1145/3219819.3219919).
"""

import math
from typing import NamedTuple

import numpy as np

from netlift.errors import EstimationError
from netlift.experiments.aggregates import Aggregates


class Difference(NamedTuple):
    """Treatment less control, absolute and relative, with where both stood."""

    control: float
    """Mean (or ratio) of the control arm: the base of the relative form."""
    treatment: float
    """Mean (or ratio) of the treatment arm."""
    estimate: float
    """treatment - control, in the unit of the outcome."""
    lower: float
    upper: float
    level: float
    """Confidence level of both intervals."""
    se: float
    """Standard error of `estimate`."""
    dof: float
    """Degrees of freedom of Student's t."""
    p_value: float
    """Two-sided, of "no difference"."""
    relative: float
    """treatment / control - 1; nan where the control's mean is not clearly different from zero."""
    relative_lower: float
    relative_upper: float
    n_control: int
    n_treatment: int
    method: str

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval leaves no room for "no difference"."""
        return self.lower > 0 or self.upper < 0


class Arm(NamedTuple):
    """An arm's mean and its error, as an estimator sees it."""

    mean: float
    variance: float
    """Of the mean, not of a unit."""
    n: int
    dof: float
    """Degrees of freedom behind `variance`."""


def compare(control: Arm, treatment: Arm, *, covariance: float = 0.0, level: float, method: str) -> Difference:
    """Compare two means whose errors are known.

    The interval of the difference is Student's t with the degrees of freedom of Welch and Satterthwaite,
    `(v0 + v1)^2 / (v0^2 / f0 + v1^2 / f1)` (Welch 1947, doi:10.1093/biomet/34.1-2.28).

    Args:
        control: the base.
        treatment: what is compared with it.
        covariance: of the two means; 0 for arms of different units that share no adjustment.
        level: confidence level, 0 to 1.
        method: name that the result carries.
    """
    from scipy.special import stdtr

    variance = control.variance + treatment.variance - 2 * covariance
    estimate = treatment.mean - control.mean
    dof, se = _welch_dof(control, treatment), math.sqrt(max(variance, 0.0))
    reach = _quantile(level, dof) * se
    p_value = float(2 * stdtr(dof, -abs(estimate) / se)) if se > 0 else float(estimate == 0)
    relative, low, high = _relative(control, treatment, covariance, _quantile(level, dof))
    return Difference(
        control.mean, treatment.mean, estimate, estimate - reach, estimate + reach, level, se, dof, p_value,
        relative, low, high, control.n, treatment.n, method,
    )  # fmt: skip


def welch(control: Aggregates, treatment: Aggregates, outcome: str, *, level: float = 0.9) -> Difference:
    """Difference of means of two arms with their own variances (Welch's t).

    >>> a, b = Aggregates.of({"y": [1.0, 2.0, 3.0]}), Aggregates.of({"y": [2.0, 4.0, 6.0]})
    >>> round(welch(a, b, "y").estimate, 6), round(welch(a, b, "y").relative, 6)
    (2.0, 1.0)
    """
    arms = [Arm(a.mean(outcome), a.var(outcome) / a.count, a.count, a.count - 1) for a in (control, treatment)]
    return compare(*arms, level=level, method="welch")


def ratio(
    control: Aggregates, treatment: Aggregates, numerator: str, denominator: str, *, level: float = 0.9
) -> Difference:
    """Difference of ratios of means, such as revenue per order when units are customers.

    By the delta method the mean ratio R = n/d of an arm has variance
    `(var n - 2 R cov(n, d) + R^2 var d) / (count d^2)`.

    Raises:
        EstimationError: the denominator's mean is zero in an arm.
    """
    arms = [_ratio_arm(arm, numerator, denominator) for arm in (control, treatment)]
    return compare(*arms, level=level, method="ratio")


def _ratio_arm(arm: Aggregates, numerator: str, denominator: str) -> Arm:
    base = arm.mean(denominator)
    if base == 0:
        raise EstimationError(f"{numerator} per {denominator} has no meaning: the mean of {denominator!r} is 0")
    value = arm.mean(numerator) / base
    spread = arm.var(numerator) - 2 * value * arm.cov(numerator, denominator) + value**2 * arm.var(denominator)
    return Arm(value, spread / (arm.count * base**2), arm.count, arm.count - 1)


class Rate(NamedTuple):
    """A share of units with its interval."""

    rate: float
    lower: float
    upper: float
    level: float
    n: int


def wilson(hits: int, n: int, *, level: float = 0.9) -> Rate:
    """A rate with Wilson's score interval, which stays inside 0 and 1 (doi:10.1080/01621459.1927.10502953).

    >>> wilson(0, 10).lower, wilson(10, 10).upper
    (0.0, 1.0)
    """
    if not 0 <= hits <= n or n < 1:
        raise EstimationError(f"a rate needs 0 <= hits <= n and n >= 1, got {hits} of {n}")
    z, share = _quantile(level, math.inf), hits / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    lower, upper = max(0.0, centre - reach), min(1.0, centre + reach)
    return Rate(share, 0.0 if hits == 0 else lower, 1.0 if hits == n else upper, level, n)


def proportions(hits: tuple[int, int], n: tuple[int, int], *, level: float = 0.9) -> Difference:
    """Difference of two rates, treatment less control, with an interval that holds for rare events too.

    Newcombe's hybrid score interval, built from the two Wilson intervals
    (doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I). `p_value` is the
    pooled score test's; the relative interval is the delta method's.

    Args:
        hits: units with the event in control and in treatment.
        n: units in control and in treatment.
        level: confidence level.
    """
    low, high = wilson(hits[0], n[0], level=level), wilson(hits[1], n[1], level=level)
    arms = [Arm(side.rate, side.rate * (1 - side.rate) / side.n, side.n, math.inf) for side in (low, high)]
    plain = compare(*arms, level=level, method="newcombe")
    pooled = (hits[0] + hits[1]) / (n[0] + n[1])
    under_null = math.sqrt(pooled * (1 - pooled) * (1 / n[0] + 1 / n[1]))
    p_value = math.erfc(abs(plain.estimate) / under_null / math.sqrt(2)) if under_null else 1.0
    return plain._replace(
        lower=plain.estimate - math.hypot(high.rate - high.lower, low.upper - low.rate),
        upper=plain.estimate + math.hypot(high.upper - high.rate, low.rate - low.lower),
        p_value=p_value,
    )


def _welch_dof(control: Arm, treatment: Arm) -> float:
    bottom = control.variance**2 / control.dof + treatment.variance**2 / treatment.dof
    return (control.variance + treatment.variance) ** 2 / bottom if bottom else math.inf


def _quantile(level: float, dof: float) -> float:
    """Two-sided critical value of Student's t, or of the normal for infinite `dof`."""
    from scipy.special import ndtri, stdtrit

    if not 0 < level < 1:
        raise EstimationError(f"a confidence level lies between 0 and 1, got {level}")
    tail = (1 + level) / 2
    return float(ndtri(tail) if math.isinf(dof) else stdtrit(dof, tail))


def _relative(control: Arm, treatment: Arm, covariance: float, critical: float) -> tuple[float, float, float]:
    """Delta method: var(b/a) = (var b - 2 R cov + R^2 var a) / a^2 with R = b/a."""
    if abs(control.mean) <= critical * math.sqrt(control.variance) or control.mean == 0:
        return math.nan, math.nan, math.nan
    value = treatment.mean / control.mean
    spread = treatment.variance - 2 * value * covariance + value**2 * control.variance
    reach = critical * float(np.sqrt(max(spread, 0.0))) / abs(control.mean)
    return value - 1, value - 1 - reach, value - 1 + reach
