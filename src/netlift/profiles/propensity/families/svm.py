"""Support vectors: a wide margin in a space of similarities to sampled customers."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from netlift.profiles.propensity.calibration import rising_curve
from netlift.profiles.propensity.checks import Floats
from netlift.profiles.propensity.family import Cost, Family, Learned, Lesson, Task, Trial

SAMPLE = 100_000
"""Rows that it learns from, at most; drawn by chance."""

CHUNK = 50_000
"""Rows whose similarities are held in memory at a time."""


@dataclass(frozen=True, kw_only=True)
class SupportVectors(Family):
    """A linear support vector machine on an approximated Gaussian kernel.

    The exact kernel costs the square of the rows; here it is approximated from `landmarks` sampled rows (Nystroem;
    Williams & Seeger 2001), so 100,000 rows take seconds, and more rows than that are sampled. A margin is no
    probability: Platt's curve on the validation rows, or on a fifth held back, makes it one (Platt 1999).

    Args:
        penalty: how much a row on the wrong side costs.
        width: sharpness of the kernel exp(-width |z - z'|^2 / p), on columns of variance 1.
        landmarks: rows to be similar to.
    """

    kind = "svm"
    cost = Cost.HIGH
    scales = True

    penalty: float = 0.1
    width: float = 0.5
    landmarks: int = 200

    @classmethod
    def space(cls, trial: Trial) -> dict[str, float | int | str]:
        """Penalty and width."""
        return {
            "penalty": trial.suggest_float("penalty", 1e-3, 10.0, log=True),
            "width": trial.suggest_float("width", 0.01, 10.0, log=True),
        }

    def learn(self, lesson: Lesson) -> Learned:
        """Approximate the kernel, fit the margin, and give it Platt's curve for purchases."""
        from sklearn.kernel_approximation import Nystroem
        from sklearn.svm import LinearSVC, LinearSVR

        split = lesson.held_back(0.2) if self.task is Task.CLASSIFICATION else lesson
        n, p = split.Z.shape
        chosen = np.sort(np.random.default_rng(lesson.seed).permutation(n)[:SAMPLE])
        kernel = Nystroem(gamma=self.width / p, n_components=min(self.landmarks, len(chosen)), random_state=lesson.seed)
        similar, y = kernel.fit_transform(split.Z[chosen]), split.y[chosen]
        if self.task is Task.REGRESSION:
            line = LinearSVR(C=self.penalty, loss="squared_epsilon_insensitive", dual=False, max_iter=10_000)
            return _Margin(kernel, line.fit(similar, y), None)
        found = _Margin(kernel, LinearSVC(C=self.penalty, dual=False, max_iter=10_000).fit(similar, y), None)
        later, happened = split.validation or (split.Z, split.y)
        return _Margin(kernel, found.line, rising_curve(found.predict(later), happened))


@dataclass(frozen=True, slots=True)
class _Margin(Learned):
    kernel: Any
    line: Any
    curve: tuple[float, float] | None

    def predict(self, Z: Floats) -> Floats:
        from scipy.special import expit

        slope, intercept = self.line.coef_.ravel(), float(np.ravel(self.line.intercept_)[0])
        parts = [self.kernel.transform(Z[start : start + CHUNK]) @ slope for start in range(0, len(Z), CHUNK)]
        margin: Floats = np.concatenate(parts) + intercept
        return margin if self.curve is None else np.asarray(expit(self.curve[0] * margin + self.curve[1]))
