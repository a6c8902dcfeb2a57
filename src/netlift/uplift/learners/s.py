"""S-learner: one model of the outcome with the arms as features; an effect is the difference of two predictions.

    tau_k(x) = mu(x, k) - mu(x, 0)

(Kuenzel, Sekhon, Bickel & Yu 2019, doi:10.1073/pnas.1804597116.) The arms share everything that they have in common,
so noise is low; the models shrink effects towards zero, which is right where most customers do not react.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from netlift.uplift.checks import Floats
from netlift.uplift.learners.base import Fitted, Learner, Trial
from netlift.uplift.nuisance import BOOSTED, Features, Maker, Matrix, Model


@dataclass(frozen=True)
class S(Learner):
    """One model of all arms; behind the covariates stands one column of 0 and 1 per arm, control included.

    >>> rng = np.random.default_rng(0)
    >>> X, arm = rng.random((400, 2)), rng.integers(0, 2, 400)
    >>> S().fit(X, arm, 3.0 * arm).effects(X[:2]).round(3).tolist()
    [[3.0], [3.0]]
    """

    base: Maker = BOOSTED
    kind: ClassVar[str] = "s"

    def learn(self, trial: Trial, seed: int) -> Fitted:
        """As in `Learner`."""
        return One(trial.columns, trial.arms, self.base.regress(widened(trial), trial.outcome, seed=seed))


class One(Fitted):
    """One model of the outcome with the arms as features, learned on rows of `widened`."""

    def __init__(self, columns: int, arms: int, model: Model) -> None:
        super().__init__(columns, arms)
        self.model = model

    def predicted(self, X: Matrix) -> Floats:
        """Outcome of checked covariates under each arm, shape (n, arms)."""
        wide, found = _room(X, self.arms), np.empty((len(X), self.arms))
        for k in range(self.arms):
            wide[:, self.columns :] = 0
            wide[:, self.columns + k] = 1
            found[:, k] = self.model.predict(wide)
        return found

    def _outcomes(self, X: Matrix) -> Floats:
        return self.predicted(X)

    def _effects(self, X: Matrix) -> Floats:
        found = self.predicted(X)
        return found[:, 1:] - found[:, :1]


def widened(trial: Trial) -> Features:
    """The covariates with one column per arm behind them, 1 where the unit got it; made anew each time, never kept."""

    def made() -> Matrix:
        wide = _room(trial.covariates, trial.arms)
        wide[np.arange(len(trial)), trial.columns + trial.arm] = 1
        return wide

    return Features(made, count=len(trial))


def _room(X: Matrix, arms: int) -> Matrix:
    """Covariates with a column of zeros for each arm behind them."""
    wide: Matrix = np.zeros((len(X), X.shape[1] + arms), dtype=X.dtype)
    wide[:, : X.shape[1]] = X
    return wide
