"""Is a predicted effect of 1 an effect of 1? Over-dispersed predictions must be shrunk before they meet money.

The best linear predictor of the effect given its prediction f (Chernozhukov, Demirer, Duflo & Fernandez-Val 2018,
arXiv:1712.04802), by least squares on doubly robust scores s of the effect, with HC1 errors (White 1980):

    s = a + b (f - mean f) + e        a: average effect, b: slope (1 calibrated, 0 knows nothing, < 1 too bold)
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from netlift.errors import EstimationError
from netlift.uplift import checks
from netlift.uplift.estimate import Estimate, Floats, normal


class Calibration(NamedTuple):
    """How predicted effects relate to those found."""

    slope: Estimate
    """Effect found per unit of predicted effect; no unit. Multiply deviations from the mean prediction by it."""
    average: Estimate
    """Average effect, in the unit of the outcome."""
    mean_prediction: float
    """What the model says the average effect is."""

    @property
    def shown_to_know(self) -> bool:
        """Whether the predictions are shown to tell larger effects from smaller ones."""
        return self.slope.lower > 0

    def shrunk(self, prediction: ArrayLike) -> Floats:
        """Predictions moved to the average found and drawn together by the slope, kept within 0 and 1."""
        slope = min(max(self.slope.estimate, 0.0), 1.0)
        moved: Floats = self.average.estimate + slope * (
            np.asarray(prediction, dtype=np.float64) - self.mean_prediction
        )
        return moved


class Group(NamedTuple):
    """Units of similar predicted effect."""

    predicted: float
    """Mean predicted effect."""
    found: Estimate
    """Mean effect by doubly robust scores."""


def calibration(scores: ArrayLike, prediction: ArrayLike, *, level: float = 0.95) -> Calibration:
    """Calibration slope and average effect on units that the model never saw.

    Args:
        scores: doubly robust scores of the effect, shape (n,).
        prediction: predicted effects, shape (n,).
        level: confidence level.

    Raises:
        EstimationError: values that are not finite, a constant prediction, fewer than 20 units.

    >>> found = calibration([0.0, 1.0] * 10, [0.0, 2.0] * 10)
    >>> round(found.slope.estimate, 6), round(found.average.estimate, 6)
    (0.5, 0.5)
    """
    s, f = _checked(scores, prediction)
    n, centred = len(s), f - f.mean()
    if not np.ptp(f) > 0:
        raise EstimationError("the predicted effect is the same for every unit, so it has no calibration slope")
    spread = float(centred @ centred)
    slope, average = float(centred @ s) / spread, float(s.mean())
    rest = s - average - slope * centred
    error = math.sqrt(n / (n - 2) * float((centred**2) @ (rest**2))) / spread
    return Calibration(
        normal(slope, error, n, level=level, method="best linear predictor"),
        normal(average, math.sqrt(float(rest @ rest) / (n - 2) / n), n, level=level, method="best linear predictor"),
        float(f.mean()),
    )


def groups(scores: ArrayLike, prediction: ArrayLike, count: int = 5, *, level: float = 0.95) -> list[Group]:
    """Predicted beside found effects in groups of about equal size, from the lowest prediction to the highest.

    Equal predictions stay in one group, so there may be fewer groups than asked for.

    Args:
        scores: doubly robust scores of the effect, shape (n,).
        prediction: predicted effects, shape (n,).
        count: groups, at least 1.
        level: confidence level of each group's interval.

    Raises:
        EstimationError: as in `calibration`, or groups of fewer than 10 units.
    """
    s, f = _checked(scores, prediction)
    if not 1 <= count <= len(s) // checks.LEAST_PER_ARM:
        raise EstimationError(f"{len(s)} units make 1 to {len(s) // checks.LEAST_PER_ARM} groups, got count={count}")
    cuts = np.quantile(f, np.arange(1, count) / count, method="higher")
    member = np.searchsorted(np.unique(cuts), f, side="right")
    found = []
    for part in np.unique(member):
        inside = member == part
        units, size = s[inside], int(inside.sum())
        error = float(units.std(ddof=1)) / math.sqrt(size) if size > 1 else math.nan
        mean = normal(float(units.mean()), error, size, level=level, method="group mean")
        found.append(Group(float(f[inside].mean()), mean))
    return found


def _checked(scores: ArrayLike, prediction: ArrayLike) -> tuple[Floats, Floats]:
    s = checks.column(scores, "scores")
    f = checks.column(prediction, "prediction", rows=len(s))
    if len(s) < 2 * checks.LEAST_PER_ARM:
        raise EstimationError(f"calibration needs at least {2 * checks.LEAST_PER_ARM} units, got {len(s)}")
    return s, f
