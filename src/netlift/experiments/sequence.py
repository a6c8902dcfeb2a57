"""Looking every day: intervals that hold at all times together, so that a test may be stopped when one likes."""

import math
from typing import NamedTuple

from netlift.errors import EstimationError


class Anytime(NamedTuple):
    """An interval that may be looked at as often as one likes."""

    estimate: float
    lower: float
    upper: float
    level: float
    """Probability that the truth is inside at *every* look, in large samples."""
    widening: float
    """Width divided by the width of the usual interval at this look: the price of peeking."""

    @property
    def excludes_zero(self) -> bool:
        """Whether the test may be stopped with a decision."""
        return self.lower > 0 or self.upper < 0


def anytime(estimate: float, se: float, n: int, *, planned: int, level: float = 0.9) -> Anytime:
    """Asymptotic confidence sequence at sample size `n` (Waudby-Smith et al. 2024, doi:10.1214/24-AOS2408).

    With s = se sqrt(n) the standard deviation of one unit's contribution, the half width is
    `s sqrt(2 (n r^2 + 1) / (n^2 r^2) log(sqrt(n r^2 + 1) / a))`, a = 1 - level, where r makes it narrowest
    at the `planned` sample size. Works for any asymptotically linear estimate: a difference of means,
    CUPED, Lin's regression.

    Args:
        estimate: the estimate at this look.
        se: its standard error at this look.
        n: units behind it (all arms).
        planned: units at which the test is meant to end.
        level: confidence level over all looks.

    Raises:
        EstimationError: n or planned below 1, se negative, or a level outside (0, 1).

    >>> look = anytime(1.0, 0.2, 5_000, planned=10_000)
    >>> look.excludes_zero, look.widening > 1
    (True, True)
    """
    from scipy.special import ndtri

    if n < 1 or planned < 1 or se < 0 or not 0 < level < 1:
        raise EstimationError(f"need n >= 1, planned >= 1, se >= 0, 0 < level < 1; got {n}, {planned}, {se}, {level}")
    alpha = 1 - level
    grown = n * tuning(planned, alpha) ** 2 + 1
    factor = math.sqrt(2 * grown / (grown - 1) * math.log(math.sqrt(grown) / alpha))
    reach = se * factor
    return Anytime(estimate, estimate - reach, estimate + reach, level, factor / float(ndtri(1 - alpha / 2)))


def tuning(planned: int, alpha: float) -> float:
    """The r of `anytime` that makes the sequence narrowest at `planned` units.

    With g = planned r^2 the half width is stationary where `g = 2 log(1/alpha) + log(1 + g)`.
    """
    growth = -2 * math.log(alpha)
    for _ in range(50):  # a contraction with factor 1 / (1 + growth)
        growth = -2 * math.log(alpha) + math.log1p(growth)
    return math.sqrt(growth / planned)
