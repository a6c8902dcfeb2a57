"""R-learner: what is left of the outcome on what is left of the treatment.

For each offer k against control, on the units of these two arms, with p_k = e_k / (e_0 + e_k):

    m_k(x) = (1 - p_k) mu_0(x) + p_k mu_k(x)                             expected outcome without knowing the arm
    tau_k = argmin sum (w - p_k)^2 ((y - m_k) / (w - p_k) - tau(x))^2    w = 1 for the offer, 0 for control

(Nie & Wager 2021, doi:10.1093/biomet/asaa076; Robinson 1988.) mu and e are cross-fitted once for all offers. Good
where customers were chosen by what also drives their purchases: both are taken out first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from netlift.uplift.checks import Floats
from netlift.uplift.learners.base import Fitted, Learner, Trial
from netlift.uplift.learners.rotation import SHALLOW, Rotation
from netlift.uplift.nuisance import BOOSTED, Maker, Matrix, Model


@dataclass(frozen=True)
class R(Learner):
    """One weighted regression of residual on residual per offer.

    >>> rng = np.random.default_rng(0)
    >>> X, arm = rng.random((400, 2)), rng.integers(0, 2, 400)
    >>> R().fit(X, arm, 3.0 * arm, propensity=[0.5, 0.5]).effects(X[:2]).round(2).tolist()
    [[3.0], [3.0]]
    """

    base: Maker = BOOSTED
    propensity_base: Maker = SHALLOW
    folds: int = 5
    """Parts for cross-fitting, at least 2."""
    kind: ClassVar[str] = "r"

    def learn(self, trial: Trial, seed: int) -> Fitted:
        """As in `Learner`."""
        rotated, models = Rotation(self.folds, self.base, self.propensity_base).of(trial, seed), []
        for k in range(1, trial.arms):
            mu_0, mu_k, p = rotated.pair(k)
            pair = (trial.arm == 0) | (trial.arm == k)
            surprise = ((trial.arm == k) - p)[pair]
            rest = (trial.outcome - (1 - p) * mu_0 - p * mu_k)[pair]
            part = trial.features.part(pair)
            models.append(self.base.regress(part, rest / surprise, weight=surprise**2, seed=seed))
        return _Effects(trial.columns, models)


class _Effects(Fitted):
    """One model of each effect."""

    def __init__(self, columns: int, models: Sequence[Model]) -> None:
        super().__init__(columns, len(models) + 1)
        self.models = models

    def _effects(self, X: Matrix) -> Floats:
        return np.column_stack([model.predict(X) for model in self.models])
