"""T-learner: one model of the outcome per arm; an effect is the difference of two predictions.

    tau_k(x) = mu_k(x) - mu_0(x),    mu_k learned on the units of arm k alone

(Kuenzel, Sekhon, Bickel & Yu 2019, doi:10.1073/pnas.1804597116.) Simple, and good where arms are large and differ in
kind; where effects are small beside the outcome, the errors of two models do not cancel.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from netlift.uplift.checks import Floats
from netlift.uplift.learners.base import Fitted, Learner, Trial
from netlift.uplift.nuisance import BOOSTED, Maker, Matrix, Model


@dataclass(frozen=True)
class T(Learner):
    """One model per arm.

    >>> rng = np.random.default_rng(0)
    >>> X, arm = rng.random((400, 2)), rng.integers(0, 2, 400)
    >>> T().fit(X, arm, 3.0 * arm).effects(X[:2]).round(6).tolist()
    [[3.0], [3.0]]
    """

    base: Maker = BOOSTED
    kind: ClassVar[str] = "t"

    def learn(self, trial: Trial, seed: int) -> Fitted:
        """As in `Learner`."""
        return Arms(trial.columns, outcome_models(trial, self.base, seed))


class Arms(Fitted):
    """One model of the outcome per arm."""

    def __init__(self, columns: int, models: Sequence[Model]) -> None:
        super().__init__(columns, len(models))
        self.models = models

    def predicted(self, X: Matrix) -> Floats:
        """Outcome of checked covariates under each arm, shape (n, arms)."""
        return np.column_stack([model.predict(X) for model in self.models])

    def _outcomes(self, X: Matrix) -> Floats:
        return self.predicted(X)

    def _effects(self, X: Matrix) -> Floats:
        found = self.predicted(X)
        return found[:, 1:] - found[:, :1]


def outcome_models(trial: Trial, base: Maker, seed: int) -> list[Model]:
    """One regression of the outcome per arm, control first."""
    masks = [trial.arm == k for k in range(trial.arms)]
    return [base.regress(trial.features.part(mask), trial.outcome[mask], seed=seed) for mask in masks]
