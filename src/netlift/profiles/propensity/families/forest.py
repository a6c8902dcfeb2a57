"""Forest: the mean of many deep trees, each grown on other rows and columns (Breiman 2001)."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from netlift.profiles.propensity.checks import Floats
from netlift.profiles.propensity.family import Cost, Family, Learned, Lesson, Trial

SAMPLE = 100_000
"""Rows that one tree sees, at most: more rows make a tree dearer, not the forest much better."""


@dataclass(frozen=True, kw_only=True)
class Forest(Family):
    """Random forest. It has no exact contributions here.

    Args:
        trees: how many.
        leaf_rows: rows that a leaf needs; at most a tenth of all.
        columns: share of the columns tried at each split.
        threads: for growing; the forest is the same for any number.
    """

    kind = "forest"
    cost = Cost.HIGH
    scales = False

    trees: int = 200
    leaf_rows: int = 20
    columns: float = 0.3
    threads: int = 2

    @classmethod
    def space(cls, trial: Trial) -> dict[str, float | int | str]:
        """Rows per leaf and share of columns; more trees never hurt, so their number is no question."""
        return {
            "leaf_rows": trial.suggest_int("leaf_rows", 5, 500, log=True),
            "columns": trial.suggest_float("columns", 0.1, 1.0),
        }

    def learn(self, lesson: Lesson) -> Learned:
        """Grow it; a tree of squared errors on 0/1 answers with the share that bought, as one of Gini's would."""
        from sklearn.ensemble import RandomForestRegressor

        n = len(lesson.y)
        forest = RandomForestRegressor(
            n_estimators=self.trees, min_samples_leaf=min(self.leaf_rows, max(1, n // 10)), max_features=self.columns,
            max_samples=min(n, SAMPLE), n_jobs=self.threads, random_state=lesson.seed,
        )  # fmt: skip
        forest.fit(lesson.Z, lesson.y)
        forest.n_jobs = 1  # several threads add up the trees in any order, which changes the last digit
        return _Trees(forest)


@dataclass(frozen=True, slots=True)
class _Trees(Learned):
    forest: Any

    def predict(self, Z: Floats) -> Floats:
        return np.asarray(self.forest.predict(Z), dtype=np.float64)
