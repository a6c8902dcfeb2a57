"""Network: a small neural network (multilayer perceptron; Rumelhart, Hinton & Williams 1986)."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from netlift.profiles.propensity.checks import Floats
from netlift.profiles.propensity.family import Cost, Family, Learned, Lesson, Task, Trial
from netlift.profiles.propensity.metrics import log_losses


@dataclass(frozen=True, kw_only=True)
class Network(Family):
    """Two hidden layers, learned by Adam (Kingma & Ba 2015) in passes over the rows until validation stops gaining.

    Without validation rows a tenth of the rows is held back. Of all passes the best one is kept.

    Args:
        width: units of the first hidden layer; the second has half as many.
        rate: of the first steps.
        penalty: of the squared weights.
        passes: over the rows, at most.
        patience: passes without a better validation loss before it stops.
    """

    kind = "network"
    cost = Cost.HIGH
    scales = True

    width: int = 32
    rate: float = 1e-3
    penalty: float = 1e-3
    passes: int = 200
    patience: int = 10

    @classmethod
    def space(cls, trial: Trial) -> dict[str, float | int | str]:
        """Size, rate and penalty; the number of passes is found by stopping early."""
        return {
            "width": trial.suggest_int("width", 8, 128, log=True),
            "rate": trial.suggest_float("rate", 1e-4, 1e-2, log=True),
            "penalty": trial.suggest_float("penalty", 1e-6, 1e-1, log=True),
        }

    def learn(self, lesson: Lesson) -> Learned:
        """Pass over the rows, and keep the weights of the best pass."""
        from sklearn.neural_network import MLPClassifier, MLPRegressor

        split = lesson.held_back(0.1)
        later, happened = split.validation or (split.Z, split.y)
        kind = MLPClassifier if self.task is Task.CLASSIFICATION else MLPRegressor
        model = kind(
            hidden_layer_sizes=(self.width, max(2, self.width // 2)), alpha=self.penalty, learning_rate_init=self.rate,
            batch_size=min(200, len(split.y)), max_iter=10 * self.passes,
            random_state=np.random.RandomState(lesson.seed),
        )  # fmt: skip
        known = {"classes": [0.0, 1.0]} if self.task is Task.CLASSIFICATION else {}
        best, weights, waited = np.inf, None, 0
        for step in range(1, self.passes + 1):
            model.partial_fit(split.Z, split.y, **known)
            loss = self._loss(happened, _Weights(model).predict(later))
            lesson.on_round(step, loss)
            if loss < best:
                best, weights, waited = loss, _copied(model), 0
            elif (waited := waited + 1) >= self.patience:
                break
        if weights is not None:
            model.coefs_, model.intercepts_ = weights
        return _Weights(model)

    def _loss(self, y: Floats, forecast: Floats) -> float:
        rows = log_losses(y, forecast) if self.task is Task.CLASSIFICATION else (y - forecast) ** 2
        return float(rows.mean())


def _copied(model: Any) -> tuple[list[Floats], list[Floats]]:
    return [part.copy() for part in model.coefs_], [part.copy() for part in model.intercepts_]


@dataclass(frozen=True, slots=True)
class _Weights(Learned):
    model: Any

    def predict(self, Z: Floats) -> Floats:
        classified = hasattr(self.model, "predict_proba")
        return np.asarray(self.model.predict_proba(Z)[:, 1] if classified else self.model.predict(Z), dtype=np.float64)
