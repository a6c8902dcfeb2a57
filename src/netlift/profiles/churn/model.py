"""How likely each customer is to stop buying: boosted trees, stopped on one later date, calibrated on the next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from netlift.errors import EstimationError
from netlift.profiles.propensity.calibration import Curve, calibrate
from netlift.profiles.propensity.checks import Floats
from netlift.profiles.propensity.dates import Dated, in_order, stacked
from netlift.profiles.propensity.explain import Reason, Weight, importance, reasons
from netlift.profiles.propensity.families.boosting import Boosting
from netlift.profiles.propensity.family import Contributions, Fitted, Task
from netlift.profiles.segments import inputs


@dataclass(frozen=True, slots=True)
class Churn:
    """A forecast of churn; build it with `learn`."""

    names: tuple[str, ...]
    fitted: Fitted
    curve: Curve
    """From the score of the trees to a probability."""
    until: date | datetime
    """When the last outcome from which it learned was complete: it may be judged on dates from then on."""

    @classmethod
    def learn(
        cls, dates: Sequence[Dated], names: Sequence[str], *, family: Boosting | None = None, seed: int = 0
    ) -> Self:
        """Learn on all dates but the last two, stop on the last but one, calibrate on the last.

        Args:
            dates: at least three, in the order of time, y = 1 for those who churned.
            names: of the columns.
            family: settings of the boosting; None: small trees, at most 500.
            seed: of everything drawn by chance; the same seed gives the same bytes.

        Raises:
            EstimationError: too few dates, outcomes that were not complete when the next step begins, columns without
                a name, NaN, or dates with one class only.
        """
        if len(dates) < 3:
            raise EstimationError(f"churn needs 3 dates or more (learn, stop, calibrate), got {len(dates)}")
        in_order(dates)
        train, stop, last = dates[:-2], dates[-2], dates[-1]
        for one in train:
            complete(one, stop)
        complete(stop, last)
        X, y = stacked(train, Task.CLASSIFICATION)
        inputs.features(X, names)
        fitted = (family or Boosting()).fit(X, y, validation=stacked([stop], Task.CLASSIFICATION), seed=seed)
        later, happened = stacked([last], Task.CLASSIFICATION)
        return cls(tuple(names), fitted, calibrate(happened, fitted.predict(later)), last.known_at or last.as_of)

    def predict(self, X: ArrayLike, names: Sequence[str] | None = None) -> Floats:
        """Probability of churning in the horizon, shape (n,).

        Args:
            X: columns as of any date, shape (n, p).
            names: of the columns; given, they must be those that it learned.

        Raises:
            EstimationError: other columns, NaN or infinite values.
        """
        inputs.same_names(names, self.names)
        return np.clip(self.curve(self.fitted.predict(X)), 0.0, 1.0)

    def contributions(self, X: ArrayLike) -> Contributions:
        """What each column adds to each customer's score, in log-odds before calibration; exact (TreeSHAP).

        Raises:
            EstimationError: as in `predict`.
        """
        found = self.fitted.contributions(X)
        if found is None:  # boosting always has them
            raise EstimationError("this family of models knows no exact contributions")
        return found

    def reasons(self, X: ArrayLike, top: int = 3) -> list[list[Reason]]:
        """For each customer the columns that move the score most, the strongest first. They are no causes."""
        return reasons(self.contributions(X), X, self.names, top)

    def importance(self, X: ArrayLike) -> list[Weight]:
        """All columns by how much they move the scores of these customers."""
        return importance(self.contributions(X), self.names)


def complete(earlier: Dated, later: Dated) -> None:
    """Refuse a date whose outcomes were not known when the later one begins: they would be of the same days.

    Raises:
        EstimationError: they were not.
    """
    if earlier.known_at is not None and earlier.known_at > later.as_of:
        raise EstimationError(
            f"the outcomes of {earlier.as_of} were complete on {earlier.known_at}, after {later.as_of} began: put the "
            "dates at least one horizon apart"
        )
