"""Forecasts of churn side by side on a date from which none of them learned, each with its interval."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from netlift.errors import EstimationError
from netlift.profiles.churn.model import Churn
from netlift.profiles.propensity.checks import Floats
from netlift.profiles.propensity.dates import Dated, stacked
from netlift.profiles.propensity.family import Task
from netlift.profiles.propensity.intervals import Interval, classification_intervals, difference
from netlift.profiles.propensity.metrics import Classification, classification

FIGURES = ("pr_auc", "roc_auc", "log_loss", "brier", "lift_top_decile", "calibration_slope")
"""What is given with an interval; churn is the class that is looked for."""
COMPARED: Mapping[str, int] = MappingProxyType({"pr_auc": 1, "log_loss": -1, "brier": -1})
"""By what forecasts are compared, and whether more is better (1) or less (-1)."""


class Judged(NamedTuple):
    """One forecast."""

    figures: Classification
    intervals: Mapping[str, Interval]
    """Of `FIGURES`."""
    against: Mapping[str, Interval]
    """Ours less this one on the same customers, for `COMPARED`; empty for ours."""

    def beaten(self, figure: str) -> bool | None:
        """Whether ours is shown to be better (True) or worse (False) than this forecast; None: neither is shown."""
        found = self.against[figure]
        return None if not found.excludes_zero else found.estimate * COMPARED[figure] > 0


def judge(
    model: Churn, test: Dated, others: Mapping[str, Floats], *, level: float = 0.95, seed: int = 0
) -> dict[str, Judged]:
    """Our forecast, under the name `ours`, and the others, all on the test date.

    Args:
        model: learned on dates whose outcomes were complete when the test date began.
        test: one row per customer.
        others: probabilities of churn by name, each of shape (n,).
        level: confidence level of all intervals.
        seed: of the bootstrap.

    Raises:
        EstimationError: the model has seen outcomes of the test's days, a forecast called `ours`, or values that are
            no probabilities.
    """
    if model.until > test.as_of:
        raise EstimationError(
            f"the model learned from outcomes until {model.until}, after {test.as_of}: judge it on a later date"
        )
    if "ours" in others:
        raise EstimationError("'ours' names the forecast of the model: call the other one something else")
    X, y = stacked([test], Task.CLASSIFICATION)
    ours = model.predict(X)
    return {
        name: Judged(
            classification(y, p),
            classification_intervals(y, p, names=FIGURES, level=level, seed=seed),
            {} if p is ours else {f: difference(y, ours, p, f, level=level, seed=seed) for f in COMPARED},
        )
        for name, p in {"ours": ours, **{name: np.asarray(p) for name, p in others.items()}}.items()
    }


def base_rate(dates: Sequence[Dated], rows: int) -> Floats:
    """The share that churned on the latest of these dates, for everybody, shape (rows,)."""
    _, y = stacked(dates[-1:], Task.CLASSIFICATION)
    return np.full(rows, y.mean())
