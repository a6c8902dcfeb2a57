"""Linear: a weighted sum of the columns, with squared coefficients held down (ridge; Hoerl & Kennard 1970)."""

from dataclasses import dataclass

import numpy as np

from netlift.profiles.propensity.checks import Floats
from netlift.profiles.propensity.family import Contributions, Cost, Family, Learned, Lesson, Task, Trial


@dataclass(frozen=True, kw_only=True)
class Linear(Family):
    """Least squares `min mean (y - a - Zb)^2 + penalty |b|^2`, solved exactly.

    For purchases it is the linear probability model, cut to 1/(n + 2) .. 1 - 1/(n + 2): a straight line leaves 0 .. 1,
    which is why `logistic` exists.

    Args:
        penalty: of the squared coefficients, on columns of variance 1.
    """

    kind = "linear"
    cost = Cost.LOW
    scales = True

    penalty: float = 1e-3

    @classmethod
    def space(cls, trial: Trial) -> dict[str, float | int | str]:
        """The penalty."""
        return {"penalty": trial.suggest_float("penalty", 1e-5, 10.0, log=True)}

    def learn(self, lesson: Lesson) -> Learned:
        """Solve the normal equations; Z has mean 0, so the intercept is the mean of y."""
        n, p = lesson.Z.shape
        mean = float(lesson.y.mean())
        gram = lesson.Z.T @ lesson.Z / n + self.penalty * np.eye(p)
        slope = np.linalg.solve(gram, lesson.Z.T @ (lesson.y - mean) / n)
        edge = 1 / (n + 2) if self.task is Task.CLASSIFICATION else -np.inf
        return _Line(mean, slope, edge)


@dataclass(frozen=True, slots=True)
class _Line(Learned):
    intercept: float
    slope: Floats
    edge: float
    """Least probability that is answered; minus infinity for amounts."""

    def predict(self, Z: Floats) -> Floats:
        return np.clip(self.intercept + Z @ self.slope, self.edge, 1 - self.edge)

    def contributions(self, Z: Floats) -> Contributions:
        return Contributions(Z * self.slope, self.intercept, "amount" if self.edge < 0 else "probability")
