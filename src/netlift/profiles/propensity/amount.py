"""What a customer will spend: the chance that he buys, times what buyers like him spend.

    E[amount] = P(buys) x E[amount | buys]          (two-part or hurdle model; Cragg 1971, Duan et al. 1983)

Most customers buy nothing and some buy a lot, so one model of the amount learns mostly from zeros. The second part is
boosted with a Gamma deviance on a log scale, whose answer is a mean. A regression of log amounts would answer with
the log's mean, and `exp` of that falls short of the mean by a factor, exp(-s^2 / 2) for log-normal amounts; Duan's
smearing repairs it only where every customer's scatter is alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from netlift.errors import ConfigError, EstimationError
from netlift.profiles.propensity.checks import Floats
from netlift.profiles.propensity.families.boosting import Boosting
from netlift.profiles.propensity.family import Cost, Family, Fitted, Learned, Lesson, Task, Trial


def _buys() -> Family:
    return Boosting()


def _spends() -> Family:
    return Boosting(task=Task.REGRESSION, loss="gamma")


@dataclass(frozen=True, kw_only=True)
class Hurdle(Family):
    """Two families in a row; itself a family for amounts, so it is judged and chosen like any other.

    Where validation rows are given, all amounts are multiplied by one factor so that their sum there is right.

    Args:
        buys: foretells whether the amount is above 0.
        spends: foretells the amount of those who buy.
    """

    kind: ClassVar[str] = "hurdle"
    tasks: ClassVar[frozenset[Task]] = frozenset({Task.REGRESSION})
    cost: ClassVar[Cost] = Cost.MEDIUM
    scales: ClassVar[bool] = False

    task: Task = Task.REGRESSION
    buys: Family = field(default_factory=_buys)
    spends: Family = field(default_factory=_spends)

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.buys.task, self.spends.task) != (Task.CLASSIFICATION, Task.REGRESSION):
            raise ConfigError("a hurdle needs a family of classification (buys) and one of regression (spends)")

    @classmethod
    def space(cls, trial: Trial) -> Mapping[str, float | int | str]:  # noqa: ARG003 - there is nothing to ask it
        """Nothing of its own: tune the two parts apart, then put them together."""
        return {}

    def learn(self, lesson: Lesson) -> Learned:
        """Fit whether on everybody, and how much on buyers."""
        if lesson.y.min() < 0:
            raise EstimationError(
                f"amounts must not be negative; {int((lesson.y < 0).sum())} rows are: take returns out of them first"
            )
        bought = lesson.y > 0
        later = lesson.validation
        whether = self.buys.fit(
            lesson.Z, bought.astype(np.float64), seed=lesson.seed,
            validation=None if later is None else (later[0], (later[1] > 0).astype(np.float64)),
        )  # fmt: skip
        much = self.spends.fit(
            lesson.Z[bought], lesson.y[bought], seed=lesson.seed,
            validation=None if later is None else (later[0][later[1] > 0], later[1][later[1] > 0]),
        )  # fmt: skip
        parts = _Parts(whether, much, 1.0)
        if later is None:
            return parts
        return _Parts(whether, much, float(later[1].sum() / max(parts.predict(later[0]).sum(), 1e-300)))


@dataclass(frozen=True, slots=True)
class _Parts(Learned):
    whether: Fitted
    much: Fitted
    factor: float

    def predict(self, Z: Floats) -> Floats:
        """A part that is a straight line may foretell less than nothing, which nobody spends."""
        found: Floats = self.factor * self.whether.predict(Z) * np.maximum(self.much.predict(Z), 0.0)
        return found
