"""How many units a test needs, what it could find, and how long that takes.

Two arms, a two-sided test at `1 - level`, normal outcome means. With share q of the units in treatment and a
covariate that explains R^2 of the variance, the difference has variance `sd^2 (1 - R^2) / (N q (1 - q))`.
"""

import math
from bisect import bisect_left
from typing import NamedTuple

from netlift.errors import EstimationError


class SampleSize(NamedTuple):
    """What a test needs."""

    control: int
    """Units in control."""
    treatment: int
    """Units in treatment."""
    total: int
    effect: float
    """Smallest true difference of means that is found with probability `power`."""
    power: float
    level: float


def sample_size(
    effect: float,
    sd: float,
    *,
    power: float = 0.8,
    level: float = 0.9,
    treated_share: float = 0.5,
    explained: float = 0.0,
) -> SampleSize:
    """Units per arm that find a true difference of `effect` with probability `power`.

    Args:
        effect: smallest difference of means worth finding, in the outcome's unit.
        sd: standard deviation of the outcome of a unit.
        power: probability of finding it, 0 to 1.
        level: confidence level of the interval that will decide.
        treated_share: share of the units in treatment, 0 to 1.
        explained: share of the variance that covariates take away (see `adjustment.variance_explained`).

    Raises:
        EstimationError: an argument outside its range.

    >>> sample_size(0.5, 1.0, power=0.8, level=0.95).control
    64
    """
    _check(sd, level, treated_share, explained)
    if effect == 0 or not 0 < power < 1:
        raise EstimationError(f"a sample size needs an effect that is not 0 and 0 < power < 1, got {effect}, {power}")

    def arms(total: int) -> tuple[int, int]:
        shares = (1 - treated_share, treated_share)
        control, treatment = (max(2, math.ceil(total * share - 1e-6)) for share in shares)
        return control, treatment

    def enough(total: int) -> bool:
        return power_of(effect, sd, arms(total), level=level, explained=explained) >= power

    spread = sd * math.sqrt((1 - explained) / (treated_share * (1 - treated_share)))
    normal = ((_z((1 + level) / 2) + _z(power)) * spread / effect) ** 2
    low, high = 3, 8 + 2 * math.ceil(normal / min(treated_share, 1 - treated_share, 0.5) / 2)
    total = low + 1 + bisect_left(range(low + 1, high + 1), True, key=enough)
    control, treatment = arms(total)
    return SampleSize(control, treatment, control + treatment, abs(effect), power, level)


def power_of(effect: float, sd: float, units: tuple[int, int], *, level: float = 0.9, explained: float = 0.0) -> float:
    """Probability that the interval of a test with `units` (control, treatment) excludes zero.

    Exact for normal outcomes of equal variance (noncentral t).
    """
    control, treatment = units
    _check(sd, level, treatment / (control + treatment), explained)
    shift = abs(effect) / (sd * math.sqrt((1 - explained) * (1 / control + 1 / treatment)))
    return chance_to_find(shift, control + treatment - 2, level=level)


def chance_to_find(shift: float, dof: float, *, level: float) -> float:
    """Probability that a t interval excludes zero when the truth lies `shift` standard errors away from it.

    >>> round(chance_to_find(0.0, 12, level=0.9), 6)
    0.1
    """
    from scipy.special import nctdtr, stdtrit

    critical = float(stdtrit(dof, (1 + level) / 2))
    if dof > 10_000 or shift > critical + 10:  # the normal is exact to four digits there, the noncentral t fails
        return _phi(shift - critical) + _phi(-shift - critical)
    wrong_side = 0.0 if shift > 5 else float(nctdtr(dof, shift, -critical))  # below 3e-7 there, where scipy gives nan
    return 1 - float(nctdtr(dof, shift, critical)) + wrong_side


def detectable(
    sd: float, units: tuple[int, int], *, power: float = 0.8, level: float = 0.9, explained: float = 0.0
) -> float:
    """Smallest true difference that a test with `units` (control, treatment) finds with probability `power`.

    >>> round(detectable(1.0, (64, 64), power=0.8, level=0.95), 3)
    0.499
    """
    se = sd * math.sqrt((1 - explained) * (1 / units[0] + 1 / units[1]))
    low, high = 0.0, 40 * se
    for _ in range(60):  # halving: 60 times is the precision of a float
        middle = (low + high) / 2
        enough = power_of(middle, sd, units, level=level, explained=explained) >= power
        low, high = (low, middle) if enough else (middle, high)
    return high


def days_needed(units: int, per_day: float) -> int:
    """Days until `units` have entered a test at `per_day` units a day."""
    if per_day <= 0:
        raise EstimationError(f"a test needs units to come in, got {per_day} a day")
    return math.ceil(units / per_day)


def _check(sd: float, level: float, treated_share: float, explained: float) -> None:
    if not (sd > 0 and 0 < level < 1 and 0 < treated_share < 1 and 0 <= explained < 1):
        raise EstimationError(
            f"need sd > 0, 0 < level < 1, 0 < treated_share < 1 and 0 <= explained < 1; "
            f"got {sd}, {level}, {treated_share}, {explained}"
        )


def _z(p: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(p))


def _phi(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2))
