"""How well a family foretells dates that it never saw, beside the base rate, and one family beside another.

Forecasts are judged by the mean log-loss (purchases) or the mean squared error (amounts): both are least for the true
probability and the true mean. The absolute error is not: where fewer than half buy, "nobody spends anything" has the
least of it.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from netlift.errors import EstimationError
from netlift.profiles.propensity import checks
from netlift.profiles.propensity.checks import Floats
from netlift.profiles.propensity.dates import Dated, Fold, rolling, stacked, units_of
from netlift.profiles.propensity.family import Family, Task
from netlift.profiles.propensity.intervals import Interval, normal
from netlift.profiles.propensity.metrics import Classification, Regression, classification, log_losses, regression
from netlift.profiles.propensity.model import Model


class Judged(NamedTuple):
    """One fold."""

    as_of: date | datetime
    """The date that was foretold."""
    learned: int
    """Rows learned from."""
    calibrated: int
    """Rows of the later date used to stop and to calibrate."""
    found: Classification | Regression
    base: Classification | Regression
    """The same for one number for everybody: the mean of the date by which the family was calibrated."""


@dataclass(frozen=True, slots=True)
class CrossValidation:
    """A family on every date that it could foretell."""

    family: Family
    folds: tuple[Judged, ...]
    losses: tuple[Floats, ...] = field(repr=False)
    """Of each row of each fold: log-loss, or squared error."""
    base_losses: tuple[Floats, ...] = field(repr=False)
    units: tuple[NDArray[np.generic] | None, ...] = field(repr=False)
    level: float

    @property
    def loss(self) -> float:
        """Mean over the dates of the mean log-loss, or of the mean squared error."""
        return float(np.mean([part.mean() for part in self.losses]))

    @property
    def mean(self) -> Mapping[str, float]:
        """Each figure's mean over the dates on which it has a value; nan if there is none."""
        names = self.folds[0].found._fields
        return {name: _mean([getattr(fold.found, name) for fold in self.folds]) for name in names}

    @property
    def against_base(self) -> Interval:
        """Loss less that of one number for everybody; below 0 is better."""
        return _paired(self.losses, self.base_losses, self.units, self.level)

    def against(self, other: "CrossValidation") -> Interval:
        """Loss less that of another family on the same rows; below 0 is better.

        Raises:
            EstimationError: the other was judged on other dates or another task.
        """
        if self.family.task != other.family.task or [f.as_of for f in self.folds] != [f.as_of for f in other.folds]:
            raise EstimationError("two families are compared on the same dates and the same task")
        return _paired(self.losses, other.losses, self.units, self.level)


def cross_validate(family: Family, dates: Sequence[Dated], *, level: float = 0.95, seed: int = 0) -> CrossValidation:
    """Judge a family by time: learn on early dates, stop and calibrate on the next, foretell the one after.

    Args:
        family: kind of model with its settings.
        dates: at least three, in the order of time.
        level: confidence level of the differences.
        seed: of everything drawn by chance.

    Raises:
        EstimationError: too few dates, NaN, or a date with only one class.
    """
    checks.level(level)
    judged = [_judged(family, fold, seed) for fold in rolling(dates)]
    scores, losses, base_losses, units = zip(*judged, strict=True)
    return CrossValidation(family, scores, losses, base_losses, units, level)


def _judged(family: Family, fold: Fold, seed: int) -> tuple[Judged, Floats, Floats, NDArray[np.generic] | None]:
    X, y = stacked([fold.test], family.task)
    forecast = Model.learn(family, [*fold.train, fold.validation], seed=seed).predict(X)
    latest = np.asarray(fold.validation.y, dtype=np.float64)
    base = np.full(len(y), latest.mean())  # an older mean would credit the family with what its calibration brings
    learned = sum(len(np.asarray(one.y)) for one in fold.train)
    if family.task is Task.CLASSIFICATION:
        scores = Judged(fold.test.as_of, learned, len(latest), classification(y, forecast), classification(y, base))
        losses, base_losses = log_losses(y, forecast), log_losses(y, base)
    else:
        scores = Judged(fold.test.as_of, learned, len(latest), regression(y, forecast), regression(y, base))
        losses, base_losses = (y - forecast) ** 2, (y - base) ** 2
    return scores, losses, base_losses, units_of(fold.test, len(y))


def _mean(values: Sequence[float]) -> float:
    sound = [value for value in values if math.isfinite(value)]
    return sum(sound) / len(sound) if sound else math.nan


def _paired(
    one: Sequence[Floats], other: Sequence[Floats], units: Sequence[NDArray[np.generic] | None], level: float
) -> Interval:
    """Mean over the dates of the mean difference, each date counting alike.

    Two standard errors are at hand: that of drawing other customers (a customer on several dates is one draw; without
    `units`, as if every row on one date hung together with its like on all others, which is the worst case), and
    that of the dates among themselves. The larger one is taken.
    """
    apart = [first - second for first, second in zip(one, other, strict=True)]
    means = np.array([part.mean() for part in apart])
    dates = len(means)
    by_date = float(means.std(ddof=1) / math.sqrt(dates)) if dates > 1 else 0.0
    return normal(float(means.mean()), max(_by_customer(apart, units), by_date), level=level)


def _by_customer(apart: Sequence[Floats], units: Sequence[NDArray[np.generic] | None]) -> float:
    dates = len(apart)
    shares = [(part - part.mean()) / (dates * len(part)) for part in apart]
    known = [part for part in units if part is not None]
    if len(known) < dates:
        return float(sum(math.sqrt((part**2).sum() * len(part) / max(len(part) - 1, 1)) for part in shares))
    _, customer = np.unique(np.concatenate(known), return_inverse=True)
    sums = np.bincount(customer, np.concatenate(shares))
    return math.sqrt(float((sums**2).sum()) * len(sums) / max(len(sums) - 1, 1))
