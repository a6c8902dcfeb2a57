"""Transformed outcomes: one regression whose target is the effect on average, though no unit shows its effect.

For each offer k, on the units of arm k and of control, with p the chance of k among these two, t = 1 for arm k:

    outcome  z = y (t/p - (1-t)/(1-p)),                      tau_k(x) = E[z | x]      (Athey & Imbens 2015,
                                                                                      arXiv:1504.01132)
    class    z = 1 if y = t, else 0, weighted by t/p + (1-t)/(1-p),
             tau_k(x) = 2 E_w[z | x] - 1                     (Jaskowski & Jaroszewicz 2012), for outcomes of 0 and 1

Simple, and noisy: the target varies with the whole outcome, however much of it the covariates explain. `mean` takes the
mean outcome away before the outcome is transformed, which leaves the effects as they are. Doubly robust learners take
away all that can be predicted; this one is for comparing with them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from netlift.errors import EstimationError
from netlift.uplift.checks import Floats
from netlift.uplift.learners._chances import chances
from netlift.uplift.learners.base import Fitted, Learner, Trial
from netlift.uplift.learners.rotation import SHALLOW
from netlift.uplift.nuisance import BOOSTED, Features, Maker, Matrix, Model

Way = Literal["auto", "class", "outcome"]


@dataclass(frozen=True)
class ClassTransform(Learner):
    """One regression of a transformed outcome per offer.

    >>> rng = np.random.default_rng(0)
    >>> X, arm = rng.integers(0, 2, (4000, 1)), rng.integers(0, 2, 4000)
    >>> bought = rng.random(4000) < 0.2 + 0.5 * arm * X[:, 0]
    >>> found = ClassTransform().fit(X, arm, bought, propensity=[0.5, 0.5]).effects([[0], [1]])
    >>> bool(abs(found[0, 0]) < 0.06), bool(abs(found[1, 0] - 0.5) < 0.06)
    (True, True)
    """

    way: Way = "auto"
    """`auto`: `class` for outcomes of 0 and 1, else `outcome`."""
    mean: bool = True
    """Whether `outcome` takes the mean outcome of both arms away first."""
    base: Maker = BOOSTED
    propensity_base: Maker = SHALLOW
    kind: ClassVar[str] = "class_transform"

    def learn(self, trial: Trial, seed: int) -> Fitted:
        """As in `Learner`."""
        two = bool(np.isin(trial.outcome, (0.0, 1.0)).all())
        if self.way == "class" and not two:
            raise EstimationError("the class transformation is for outcomes of 0 and 1: use way='outcome'")
        by_class = self.way == "class" or (self.way == "auto" and two)
        e = chances(trial, self.propensity_base, seed)
        models = []
        for k in range(1, trial.arms):
            inside = (trial.arm == 0) | (trial.arm == k)
            y, t = trial.outcome[inside], (trial.arm[inside] == k).astype(np.float64)
            p = e[inside, k] / (e[inside, 0] + e[inside, k])
            features = trial.features.part(inside)
            models.append(
                self._by_class(features, y, t, p, seed) if by_class else self._by_outcome(features, y, t, p, seed)
            )
        return _Transformed(trial.columns, models, doubled=by_class)

    def _by_class(self, features: Features, y: Floats, t: Floats, p: Floats, seed: int) -> Model:
        weight = t / p + (1 - t) / (1 - p)
        return self.base.regress(features, (y == t).astype(np.float64), weight=weight, seed=seed)

    def _by_outcome(self, features: Features, y: Floats, t: Floats, p: Floats, seed: int) -> Model:
        weight = t / p - (1 - t) / (1 - p)
        centre = float(np.average(y, weights=np.abs(weight))) if self.mean else 0.0
        return self.base.regress(features, (y - centre) * weight, seed=seed)


class _Transformed(Fitted):
    """One regression of a transformed outcome per offer; it knows effects only."""

    def __init__(self, columns: int, models: Sequence[Model], *, doubled: bool) -> None:
        super().__init__(columns, len(models) + 1)
        self.models = models
        self.doubled = doubled

    def _effects(self, X: Matrix) -> Floats:
        found = np.column_stack([model.predict(X) for model in self.models])
        return 2 * found - 1 if self.doubled else found
