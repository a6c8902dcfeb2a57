"""Logistic: the log-odds of a purchase are a weighted sum of the columns."""

from dataclasses import dataclass

import numpy as np

from netlift.profiles.propensity.checks import Floats
from netlift.profiles.propensity.family import Contributions, Cost, Family, Learned, Lesson, Task, Trial


@dataclass(frozen=True, kw_only=True)
class Logistic(Family):
    """P = 1 / (1 + exp(-a - Zb)), by least log-loss plus penalty |b|^2 / 2, found by Newton's method.

    The gradient of the mean log-loss is Z'(P - y) / n, one number per column; Newton's method needs a handful of
    passes where gradient descent with a fixed rate needs hundreds, and no rate.

    Args:
        penalty: of the squared coefficients, on columns of variance 1 and per row.
    """

    kind = "logistic"
    tasks = frozenset({Task.CLASSIFICATION})
    cost = Cost.LOW
    scales = True

    penalty: float = 1e-4

    @classmethod
    def space(cls, trial: Trial) -> dict[str, float | int | str]:
        """The penalty."""
        return {"penalty": trial.suggest_float("penalty", 1e-6, 1.0, log=True)}

    def learn(self, lesson: Lesson) -> Learned:
        """Newton's method with Cholesky, from scikit-learn."""
        from sklearn.linear_model import LogisticRegression

        strength = 1 / (self.penalty * len(lesson.y))
        model = LogisticRegression(C=strength, solver="newton-cholesky", tol=1e-8, max_iter=200)
        model.fit(lesson.Z, lesson.y)
        return _LogOdds(float(model.intercept_[0]), model.coef_[0])


@dataclass(frozen=True, slots=True)
class _LogOdds(Learned):
    intercept: float
    slope: Floats

    def predict(self, Z: Floats) -> Floats:
        from scipy.special import expit

        return np.asarray(expit(self.intercept + Z @ self.slope))

    def contributions(self, Z: Floats) -> Contributions:
        return Contributions(Z * self.slope, self.intercept, "log-odds")
