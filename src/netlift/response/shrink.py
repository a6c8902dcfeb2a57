"""From what a model says of a customer to what may be believed: averages found, deviations shrunk, errors honest.

A prediction f is worth what the best linear predictor says that it is worth (`uplift.calibration`), learned where the
model never saw the customers: with the average effect a, the slope b and the mean prediction m,

    value = a + k (f - m)                       k = b kept within 0 and 1 if b is shown to be above 0, else 0
    error = sqrt(se_a^2 + (f - m)^2 (se_b^2 + (b' - k)^2))        b' = b, or 0 if it is below

a and b are uncorrelated because f - m is centred. The last term is 0 where the slope is used as it is; where it is
not, it says how far the customer may be from what is said of them.
"""

import math
from dataclasses import dataclass

import numpy as np

from netlift.uplift.calibration import Calibration
from netlift.uplift.checks import Floats
from netlift.uplift.estimate import Estimate


@dataclass(frozen=True, slots=True)
class Shrink:
    """How predictions of one effect become values."""

    average: float
    """Average effect found, in the unit of the outcome."""
    se: float
    """Its standard error."""
    mean: float
    """Mean prediction over the customers that were learned from."""
    slope: float
    """k above, 0..1."""
    slope_error: float
    """sqrt(se_b^2 + (b' - k)^2)."""
    lowest: float
    """Smallest prediction among those customers; further ones are drawn in to it."""
    highest: float
    spread: float
    """Standard deviation of those predictions."""

    def value(self, prediction: Floats) -> Floats:
        """Effects to believe in, shape (n,)."""
        return self.average + self.slope * self._apart(prediction)

    def error(self, prediction: Floats) -> Floats:
        """Their standard errors, shape (n,)."""
        return np.sqrt(self.se**2 + (self._apart(prediction) * self.slope_error) ** 2)

    @property
    def error_outside(self) -> float:
        """Standard error for a customer of whom the predictions know nothing: the spread of effects comes on top."""
        return math.hypot(self.se, self.spread * math.hypot(self.slope, self.slope_error))

    def _apart(self, prediction: Floats) -> Floats:
        apart: Floats = np.clip(prediction, self.lowest, self.highest) - self.mean
        return apart


def shrink(found: Calibration, prediction: Floats) -> Shrink:
    """The rule that a calibration implies.

    Args:
        found: calibration of the prediction.
        prediction: of the customers that were learned from, by models that never saw them, shape (n,).
    """
    known = max(found.slope.estimate, 0.0)
    used = min(known, 1.0) if found.shown_to_know else 0.0
    return Shrink(
        found.average.estimate, found.average.se, found.mean_prediction, used,
        math.hypot(found.slope.se, known - used), float(prediction.min()), float(prediction.max()),
        float(prediction.std()),
    )  # fmt: skip


def flat(average: Estimate) -> Shrink:
    """The rule where there is no prediction: everybody gets the average.

    >>> from netlift.uplift.estimate import normal
    >>> flat(normal(3.0, 1.0, 50, level=0.9, method="example")).value(np.array([7.0])).tolist()
    [3.0]
    """
    return Shrink(average.estimate, average.se, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
