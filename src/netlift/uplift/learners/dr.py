"""DR-learner: regression on doubly robust contrasts, by turns on each fold, and the average of the turns.

For each offer k against control, on the units of these two arms, with p_k = e_k / (e_0 + e_k):

    d = mu_k(x) - mu_0(x) + (w - p_k) / (p_k (1 - p_k)) (y - mu_w(x))       w = 1 for the offer, 0 for control
    tau_k^(r) = argmin sum over fold r of p_k (1 - p_k) (d - tau(x))^2,     tau_k = mean over r

(Kennedy 2023, doi:10.1214/23-EJS2157.) mu and e were learned on the other folds, by one model of all arms. The
average of d is the effect at x if either mu or e is right. Its variance is about 1 / (p (1 - p)), hence the weights,
which matter only where propensities differ: they keep the few customers of extreme propensity from ruling. Averaging
models that each saw one fold smooths what a single one would overfit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from netlift.uplift.checks import Floats
from netlift.uplift.learners.base import Fitted, Learner, Trial
from netlift.uplift.learners.rotation import SHALLOW, Rotation
from netlift.uplift.learners.s import One
from netlift.uplift.nuisance import BOOSTED, Maker, Matrix, Model


@dataclass(frozen=True)
class DR(Learner):
    """Regressions on doubly robust contrasts, averaged over folds.

    >>> rng = np.random.default_rng(0)
    >>> X, arm = rng.random((400, 2)), rng.integers(0, 2, 400)
    >>> DR().fit(X, arm, 3.0 * arm, propensity=[0.5, 0.5]).effects(X[:2]).round(2).tolist()
    [[3.0], [3.0]]
    """

    base: Maker = BOOSTED
    propensity_base: Maker = SHALLOW
    folds: int = 5
    """Turns, at least 2: outcomes and propensities on all folds but one, effects on that one."""
    kind: ClassVar[str] = "dr"

    def learn(self, trial: Trial, seed: int) -> Fitted:
        """As in `Learner`."""
        rotated = Rotation(self.folds, self.base, self.propensity_base).of(trial, seed)
        models: list[list[Model]] = []
        for k in range(1, trial.arms):
            mu_0, mu_k, p = rotated.pair(k)
            there, pair = trial.arm == k, (trial.arm == 0) | (trial.arm == k)
            missed = np.where(there, (trial.outcome - mu_k) / p, -(trial.outcome - mu_0) / (1 - p))
            contrast, precision = mu_k - mu_0 + missed, p * (1 - p)
            turns = []
            for turn in range(self.folds):
                own = pair & (rotated.fold == turn)
                weight = precision[own] / precision[own].mean() if np.ptp(precision[own]) > 0 else None
                turns.append(self.base.regress(trial.features.part(own), contrast[own], weight=weight, seed=seed))
            models.append(turns)
        return _Averaged(trial.columns, models, rotated.models)


class _Averaged(Fitted):
    """The mean of several models of each effect, and of the outcome models behind them."""

    def __init__(self, columns: int, models: Sequence[Sequence[Model]], outcomes: Sequence[One]) -> None:
        super().__init__(columns, len(models) + 1)
        self.models, self.outcome_models = models, outcomes

    def _effects(self, X: Matrix) -> Floats:
        return np.column_stack([sum(model.predict(X) for model in turns) / len(turns) for turns in self.models])

    def _outcomes(self, X: Matrix) -> Floats:
        found = self.outcome_models[0].predicted(X)
        for model in self.outcome_models[1:]:
            found += model.predicted(X)
        return found / len(self.outcome_models)
