"""Tree: one decision tree, each leaf answering with its own purchases (Breiman, Friedman, Olshen & Stone 1984)."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from netlift.profiles.propensity.checks import Floats
from netlift.profiles.propensity.family import Cost, Family, Learned, Lesson, Task, Trial


@dataclass(frozen=True, kw_only=True)
class Tree(Family):
    """Splits by least squared error; a leaf's answer is drawn to everybody's mean as if by `weight` further rows.

    Args:
        depth: questions from root to leaf, at most.
        leaf_rows: rows that a leaf needs; at most a tenth of all.
        weight: rows that everybody's mean counts for in a leaf.
    """

    kind = "tree"
    cost = Cost.LOW
    scales = False

    depth: int = 5
    leaf_rows: int = 100
    weight: float = 10.0

    @classmethod
    def space(cls, trial: Trial) -> dict[str, float | int | str]:
        """Depth and rows per leaf."""
        return {
            "depth": trial.suggest_int("depth", 2, 12),
            "leaf_rows": trial.suggest_int("leaf_rows", 10, 1000, log=True),
        }

    def learn(self, lesson: Lesson) -> Learned:
        """Grow the tree; the squared error of 0/1 is half of Gini's impurity, so one tree serves both tasks."""
        from sklearn.tree import DecisionTreeRegressor

        least = min(self.leaf_rows, max(1, len(lesson.y) // 10))
        tree = DecisionTreeRegressor(max_depth=self.depth, min_samples_leaf=least, random_state=lesson.seed)
        tree.fit(lesson.Z, lesson.y)
        size, mean = tree.tree_.n_node_samples, lesson.y.mean()
        answers = (size * tree.tree_.value[:, 0, 0] + self.weight * mean) / (size + self.weight)
        return _Leaves(tree, answers if self.task is Task.REGRESSION else np.clip(answers, 0.0, 1.0))


@dataclass(frozen=True, slots=True)
class _Leaves(Learned):
    tree: Any
    answers: Floats
    """By node."""

    def predict(self, Z: Floats) -> Floats:
        found: Floats = self.answers[self.tree.apply(Z)]
        return found
