"""Boosting: many small trees, each correcting those before it (Friedman 2001; LightGBM, Ke et al. 2017)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from netlift.errors import ConfigError, EstimationError
from netlift.profiles.propensity.checks import Floats
from netlift.profiles.propensity.family import Contributions, Cost, Family, Learned, Lesson, Task, Trial

Loss = Literal["squared", "gamma", "tweedie"]

OBJECTIVE = {"squared": "regression", "gamma": "gamma", "tweedie": "tweedie"}


@dataclass(frozen=True, kw_only=True)
class Boosting(Family):
    """Gradient boosting on binned columns; stops when `patience` rounds brought nothing on the validation rows.

    Args:
        rounds: trees, at most; without validation rows, exactly a fifth of it, for nothing says when to stop.
        rate: how far each tree moves the prediction.
        decay: factor on the rate from one round to the next.
        leaves: of a tree, at most.
        leaf_rows: rows that a leaf needs; at most a tenth of all.
        shrink: penalty of the squared answers of the leaves.
        columns: share of the columns that a tree sees.
        patience: rounds without a better validation loss before it stops.
        loss: of amounts; `gamma` needs amounts above 0, `tweedie` (power 1.5) allows zeros. Both boost on a log scale,
            where shrunken trees fall short of the mean; one factor then makes the sum over the training rows right.
        threads: for learning.
    """

    kind = "boosting"
    cost = Cost.MEDIUM
    scales = False

    rounds: int = 500
    rate: float = 0.05
    decay: float = 1.0
    leaves: int = 15
    leaf_rows: int = 50
    shrink: float = 1.0
    columns: float = 0.8
    patience: int = 30
    loss: Loss = "squared"
    threads: int = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.loss not in OBJECTIVE:
            raise ConfigError(f"loss must be one of {', '.join(OBJECTIVE)}; got {self.loss!r}")

    @classmethod
    def space(cls, trial: Trial) -> dict[str, float | int | str]:
        """Rate, size of the trees and what holds them down; the number of rounds is found by stopping early."""
        return {
            "rate": trial.suggest_float("rate", 0.01, 0.3, log=True),
            "decay": trial.suggest_float("decay", 0.98, 1.0),
            "leaves": trial.suggest_int("leaves", 3, 127, log=True),
            "leaf_rows": trial.suggest_int("leaf_rows", 5, 500, log=True),
            "shrink": trial.suggest_float("shrink", 1e-2, 100.0, log=True),
            "columns": trial.suggest_float("columns", 0.3, 1.0),
        }

    def learn(self, lesson: Lesson) -> Learned:
        """Boost, telling each round's validation loss where it is that by which forecasts are judged."""
        import lightgbm

        for y in (lesson.y, *([] if lesson.validation is None else [lesson.validation[1]])):
            self._check(y)
        known = lightgbm.Dataset(lesson.Z, lesson.y)
        later, callbacks = [], []
        if self.decay < 1 and np.ptp(lesson.Z, axis=0).any():  # without a column that varies there is no tree to slow
            callbacks = [lightgbm.reset_parameter(learning_rate=lambda i: self.rate * self.decay**i)]
        if lesson.validation is not None:
            later = [lightgbm.Dataset(lesson.validation[0], lesson.validation[1], reference=known)]
            callbacks.append(lightgbm.early_stopping(self.patience, verbose=False))
            if self.task is Task.CLASSIFICATION or self.loss == "squared":
                callbacks.append(_telling(lesson.on_round))
        rounds = self.rounds if later else max(1, self.rounds // 5)
        booster = lightgbm.train(
            self._parameters(lesson), known, num_boost_round=rounds, valid_sets=later, callbacks=callbacks
        )
        if self._unit() != "log-amount":
            return _Trees(booster, self._unit(), 0.0)
        total = np.asarray(booster.predict(lesson.Z), dtype=np.float64).sum()
        return _Trees(booster, self._unit(), float(np.log(lesson.y.sum() / total)))

    def _check(self, y: Floats) -> None:
        if self.task is Task.REGRESSION and self.loss != "squared":
            if y.min() < 0 or (self.loss == "gamma" and not y.min() > 0):
                allowed = "above 0" if self.loss == "gamma" else "0 or more"
                raise EstimationError(f"amounts must be {allowed} for loss {self.loss!r}; the least is {y.min():g}")
            if not y.max() > 0:
                raise EstimationError(f"all {len(y)} amounts are 0: there is nothing to learn")

    def _unit(self) -> str:
        if self.task is Task.CLASSIFICATION:
            return "log-odds"
        return "amount" if self.loss == "squared" else "log-amount"

    def _parameters(self, lesson: Lesson) -> dict[str, Any]:
        return {
            "objective": "binary" if self.task is Task.CLASSIFICATION else OBJECTIVE[self.loss],
            "learning_rate": self.rate,
            "num_leaves": self.leaves,
            "min_data_in_leaf": min(self.leaf_rows, max(1, len(lesson.y) // 10)),
            "lambda_l2": self.shrink,
            "feature_fraction": self.columns,
            "seed": lesson.seed,
            "num_threads": self.threads,
            "feature_pre_filter": False,
            "min_data_in_bin": 1,  # so that a column of two values is never merged into a constant
            "deterministic": True,
            "force_row_wise": True,
            "verbosity": -1,
        }


def _telling(on_round: Callable[[int, float], None]) -> Callable[[Any], None]:
    def tell(state: Any) -> None:
        on_round(state.iteration + 1, float(state.evaluation_result_list[0][2]))

    return tell


@dataclass(frozen=True, slots=True)
class _Trees(Learned):
    booster: Any
    unit: str
    shift: float
    """Of the logarithm, so that sums are right; 0 for other units."""

    def predict(self, Z: Floats) -> Floats:
        found: Floats = np.asarray(self.booster.predict(Z), dtype=np.float64) * np.exp(self.shift)
        return found

    def contributions(self, Z: Floats) -> Contributions:
        """Shapley values of the trees (Lundberg et al. 2020, doi:10.1038/s42256-019-0138-9)."""
        found = np.asarray(self.booster.predict(Z, pred_contrib=True), dtype=np.float64)
        return Contributions(found[:, :-1], float(found[0, -1]) + self.shift, self.unit)
