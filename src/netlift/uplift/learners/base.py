"""What a learner of effects is given, and what it answers."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netlift.errors import EstimationError
from netlift.registry import Registry
from netlift.uplift import checks
from netlift.uplift.checks import Floats, Ints
from netlift.uplift.nuisance import Features, Matrix, covariates

CHUNK = 65_536
"""Units that are predicted at a time: what a prediction copies stays small."""


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """Units that got an arm each, checked. Build it with `Trial.of`."""

    features: Features
    """Covariates known before treatment."""
    arm: Ints
    """0 is control, shape (n,)."""
    outcome: Floats
    """Shape (n,)."""
    propensity: Floats | None
    """Known probability of each arm, shape (n, arms); None: to be estimated."""
    arms: int
    """Control included, at least 2."""

    @classmethod
    def of(
        cls, X: ArrayLike | Features, arm: ArrayLike, outcome: ArrayLike, propensity: ArrayLike | None = None
    ) -> "Trial":
        """A checked trial.

        Args:
            X: covariates known before treatment, shape (n, p); NaN stands for unknown.
            arm: 0 for control, 1 .. K for the offers, shape (n,).
            outcome: finite numbers of any unit, shape (n,).
            propensity: known probability of each arm, shape (arms,) or (n, arms); None: to be estimated.

        Raises:
            EstimationError: shapes that do not fit, outcomes that are not finite, a constant treatment, an arm
                (control too) of fewer than 10 units, propensities of 0 or 1 or that do not sum to 1.
        """
        y = checks.column(outcome, "outcome")
        features = X if isinstance(X, Features) else Features(covariates(X))
        if len(features) != len(y):
            raise EstimationError(f"X needs one row per unit, {len(y)}; got {len(features)}")
        highest = int(checks.column(arm, "treatment", rows=len(y)).max(initial=0))
        given = checks.arms(arm, max(highest + 1, 2), rows=len(y))
        arms = max(highest + 1, 2)
        return cls(features, given, y, None if propensity is None else _known(propensity, len(y), arms), arms)

    def __len__(self) -> int:
        return len(self.outcome)

    @property
    def covariates(self) -> Matrix:
        """Of all units, shape (n, p)."""
        return self.features.values

    @property
    def columns(self) -> int:
        """How many covariates there are."""
        return self.features.matrix.shape[1]

    def part(self, inside: NDArray[np.bool_]) -> "Trial":
        """The units that a mask, shape (n,), keeps; arms keep their numbers."""
        known = None if self.propensity is None else self.propensity[inside]
        return Trial(self.features.part(inside), self.arm[inside], self.outcome[inside], known, self.arms)


def _known(propensity: ArrayLike, rows: int, arms: int) -> Floats:
    """Checked propensities, shape (rows, arms); one row for all is stored once."""
    if np.ndim(propensity) == 1 and len(np.asarray(propensity)) == arms:
        return np.broadcast_to(checks.propensities(propensity, rows=1, columns=arms), (rows, arms))
    return checks.propensities(propensity, rows=rows, columns=arms)


class Fitted(ABC):
    """Effects that a learner has learned.

    Args:
        columns: covariates that it was fitted with.
        arms: control included.
    """

    def __init__(self, columns: int, arms: int) -> None:
        self.columns = columns
        self.arms = arms

    def effects(self, X: ArrayLike) -> Floats:
        """Effect of each offer against control, shape (n, arms - 1), in the unit of the outcome.

        Args:
            X: covariates as in `fit`, shape (n, p).

        Raises:
            EstimationError: another number of columns, or infinite values.
        """
        matrix = covariates(X, columns=self.columns)
        found = np.empty((len(matrix), self.arms - 1))
        for start in range(0, len(matrix), CHUNK):
            found[start : start + CHUNK] = self._effects(matrix[start : start + CHUNK])
        return found

    def outcomes(self, X: ArrayLike) -> Floats | None:
        """Predicted outcome under each arm, shape (n, arms); None for learners that know effects only."""
        matrix = covariates(X, columns=self.columns)
        found = np.empty((len(matrix), self.arms))
        for start in range(0, len(matrix), CHUNK):
            part = self._outcomes(matrix[start : start + CHUNK])
            if part is None:
                return None
            found[start : start + CHUNK] = part
        return found

    @abstractmethod
    def _effects(self, X: Matrix) -> Floats:
        """Effects of checked covariates, shape (n, arms - 1)."""

    def _outcomes(self, X: Matrix) -> Floats | None:  # noqa: ARG002
        """Outcomes of checked covariates, shape (n, arms), where the learner has them."""
        return None


class Learner(ABC):
    """A way to learn effects. Derive from it in a file of this folder, give it a `kind`, and write `learn`."""

    kind: ClassVar[str]

    def fit(
        self, X: ArrayLike, arm: ArrayLike, outcome: ArrayLike, *, propensity: ArrayLike | None = None, seed: int = 0
    ) -> Fitted:
        """Learn the effect of each offer against control.

        Args:
            X: covariates known before treatment, shape (n, p); NaN stands for unknown where the models take it.
            arm: 0 for control, 1 .. K for the offers, shape (n,).
            outcome: finite numbers of any unit, shape (n,).
            propensity: known probability of each arm, shape (arms,) or (n, arms); None: estimated where needed.
            seed: of everything that is drawn.

        Raises:
            EstimationError: input that cannot be used; the text says what to do.
        """
        return self.learn(Trial.of(X, arm, outcome, propensity), seed)

    @abstractmethod
    def learn(self, trial: Trial, seed: int) -> Fitted:
        """Learn from a checked trial."""


LEARNERS: Registry[Learner] = Registry("netlift.uplift.learners", Learner, "netlift.learners")  # type: ignore[type-abstract]
"""All learners by kind."""
