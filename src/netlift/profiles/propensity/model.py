"""A forecast ready for use: a family that learned on early dates, stopped and calibrated on the latest one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from netlift.errors import EstimationError
from netlift.profiles.propensity.calibration import Curve, calibrate
from netlift.profiles.propensity.checks import Floats
from netlift.profiles.propensity.dates import Dated, in_order, stacked
from netlift.profiles.propensity.family import Contributions, Family, Fitted, Task


@dataclass(frozen=True, slots=True)
class Model:
    """Who will buy, or for how much."""

    fitted: Fitted
    curve: Curve | None
    """Calibration; amounts have none."""

    @classmethod
    def learn(cls, family: Family, dates: Sequence[Dated], *, seed: int = 0) -> Self:
        """Learn on all dates but the last, stop and calibrate on the last.

        Args:
            family: kind of model with its settings.
            dates: at least two, in the order of time.
            seed: of everything drawn by chance.

        Raises:
            EstimationError: fewer than two dates, NaN, or only one class.
        """
        if len(dates) < 2:
            raise EstimationError(f"a model needs at least 2 dates, one to learn and a later one; got {len(dates)}")
        in_order(dates)
        X, y = stacked(dates[:-1], family.task)
        later, happened = stacked(dates[-1:], family.task)
        fitted = family.fit(X, y, validation=(later, happened), seed=seed)
        if family.task is Task.REGRESSION:
            return cls(fitted, None)
        return cls(fitted, calibrate(happened, fitted.predict(later)))

    def predict(self, X: ArrayLike) -> Floats:
        """Calibrated probability of a purchase, or expected amount, shape (n,).

        Raises:
            EstimationError: NaN or infinite values, or another number of columns.
        """
        found = self.fitted.predict(X)
        return found if self.curve is None else np.clip(self.curve(found), 0.0, 1.0)

    def contributions(self, X: ArrayLike) -> Contributions | None:
        """Exact contributions to the raw score before calibration; None where the family has none."""
        return self.fitted.contributions(X)
