"""X-learner: effects imputed with the other arm's model, learned, and combined by propensity.

    control units:   d_i = mu_k(x_i) - y_i,   learned as tau_k0
    units of arm k:  d_i = y_i - mu_0(x_i),   learned as tau_k1
    tau_k(x) = g_k(x) tau_k0(x) + (1 - g_k(x)) tau_k1(x),    g_k = e_k / (e_0 + e_k)

(Kuenzel, Sekhon, Bickel & Yu 2019, doi:10.1073/pnas.1804597116.) Good where one arm is much smaller than the other:
the small arm's effects are imputed with the model of the large one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from netlift.uplift.checks import Floats
from netlift.uplift.learners.base import Fitted, Learner, Trial
from netlift.uplift.learners.rotation import SHALLOW, Propensities
from netlift.uplift.learners.t import Arms, outcome_models
from netlift.uplift.nuisance import BOOSTED, Maker, Matrix, Model


@dataclass(frozen=True)
class X(Learner):
    """One model of the outcome per arm, then two models of the effect per offer.

    >>> rng = np.random.default_rng(0)
    >>> covariates, arm = rng.random((400, 2)), rng.integers(0, 2, 400)
    >>> X().fit(covariates, arm, 3.0 * arm, propensity=[0.5, 0.5]).effects(covariates[:2]).round(6).tolist()
    [[3.0], [3.0]]
    """

    base: Maker = BOOSTED
    propensity_base: Maker = SHALLOW
    kind: ClassVar[str] = "x"

    def learn(self, trial: Trial, seed: int) -> Fitted:
        """As in `Learner`."""
        propensities = Propensities.of(trial, self.propensity_base, seed)
        outcomes = Arms(trial.columns, outcome_models(trial, self.base, seed))
        masks = [trial.arm == k for k in range(trial.arms)]
        parts = [trial.features.part(mask) for mask in masks]
        y = [trial.outcome[mask] for mask in masks]
        mu_0 = outcomes.models[0]
        pairs = []
        for k in range(1, trial.arms):
            missed = outcomes.models[k].predict(parts[0].values) - y[0]
            gained = y[k] - mu_0.predict(parts[k].values)
            pairs.append((
                self.base.regress(parts[0], missed, seed=seed), self.base.regress(parts[k], gained, seed=seed),
            ))  # fmt: skip
        return _Imputed(outcomes, pairs, propensities)


class _Imputed(Fitted):
    """Two models of each effect, combined by propensity."""

    def __init__(self, outcomes: Arms, pairs: Sequence[tuple[Model, Model]], propensities: Propensities) -> None:
        super().__init__(outcomes.columns, outcomes.arms)
        self.arm_models, self.pairs, self.propensities = outcomes, pairs, propensities

    def _outcomes(self, X: Matrix) -> Floats:
        return self.arm_models.predicted(X)

    def _effects(self, X: Matrix) -> Floats:
        e, found = self.propensities.predict(X), np.empty((len(X), self.arms - 1))
        for k, (of_control, of_offer) in enumerate(self.pairs, start=1):
            share = e[:, k] / (e[:, 0] + e[:, k])
            found[:, k - 1] = share * of_control.predict(X) + (1 - share) * of_offer.predict(X)
        return found
