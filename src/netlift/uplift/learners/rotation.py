"""Outcomes and propensities of every unit by models that never saw it, which the learners of residuals need.

Propensities that are estimated are kept within [0.01, 0.99], and refused where they tell the arms apart: then a
covariate was measured after the treatment, or the treated have no like among the controls.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from netlift.errors import EstimationError
from netlift.uplift.checks import Floats, Ints
from netlift.uplift.learners.base import CHUNK, Trial
from netlift.uplift.learners.s import One, widened
from netlift.uplift.nuisance import Boosted, Classes, Features, Maker, Matrix, Model

FLOOR = 0.01
"""Least propensity that an estimate may have, and 1 less it the greatest."""

SEPARATED = 0.99
"""Area under the ROC curve from which propensities are said to tell the arms apart."""

SHALLOW = Boosted(trees=40, leaves=8)
"""For propensities: few splits, because noise in them becomes noise in weights."""


def folds_of(arm: Ints, folds: int, seed: int) -> Ints:
    """A fold for each unit, by chance and evenly within each arm, shape (n,).

    Raises:
        EstimationError: fewer than 2 folds, or fewer than two units of an arm for each.

    >>> np.bincount(folds_of(np.repeat([0, 1], 10), 5, seed=0)).tolist()
    [4, 4, 4, 4, 4]
    """
    smallest = int(np.bincount(arm).min())
    if not 2 <= folds <= smallest // 2:
        raise EstimationError(
            f"cross-fitting needs 2 folds or more and two units of each arm in each; got {folds} folds, and the "
            f"smallest arm has {smallest} units"
        )
    mixed = np.random.default_rng(seed).permutation(len(arm))
    by_arm = mixed[np.argsort(arm[mixed], kind="stable")]
    fold = np.empty(len(arm), dtype=np.int64)
    fold[by_arm] = np.arange(len(arm)) % folds
    return fold


def kept_inside(propensity: Floats) -> Floats:
    """Propensities within [0.01, 0.99], each row scaled to sum to 1 again, shape (n, arms)."""
    inside = np.clip(propensity, FLOOR, 1 - FLOOR)
    scaled: Floats = inside / inside.sum(axis=1, keepdims=True)
    return scaled


def outside(propensity: Floats) -> float:
    """Share of units with a propensity that `kept_inside` moves."""
    return float(((propensity < FLOOR) | (propensity > 1 - FLOOR)).any(axis=1).mean())


def areas(propensity: Floats, arm: Ints) -> Floats:
    """Area under the ROC curve of each offer against control by their propensity, shape (arms - 1,).

    0.5 where covariates say nothing of who got what, 1 where they tell it.

    >>> areas(np.array([[0.8, 0.2], [0.4, 0.6]]), np.array([0, 1])).tolist()
    [1.0]
    """
    from scipy.stats import rankdata

    found = []
    for k in range(1, propensity.shape[1]):
        pair = (arm == 0) | (arm == k)
        there = arm[pair] == k
        ranks = rankdata(propensity[pair, k] / (propensity[pair, 0] + propensity[pair, k]))
        n1, n0 = int(there.sum()), int((~there).sum())
        found.append((float(ranks[there].sum()) - n1 * (n1 + 1) / 2) / (n1 * n0))
    return np.array(found)


def refuse_separated(propensity: Floats, arm: Ints, limit: float = SEPARATED) -> None:
    """Refuse covariates that tell who got what.

    Raises:
        EstimationError: an offer's area under the ROC curve is above the limit.
    """
    found = areas(propensity, arm)
    if found.max() > limit:
        raise EstimationError(
            f"the covariates tell who got arm {int(found.argmax()) + 1} and who control (area under the ROC curve "
            f"{found.max():.4f}): leave out what was measured after the treatment, such as the use of the offer; if "
            "nothing was, the two have nobody in common to be compared"
        )


class Rotated:
    """Cross-fitted outcomes and propensities of a trial, and the models behind them."""

    def __init__(self, fold: Ints, outcome: Floats, propensity: Floats, models: Sequence[One]) -> None:
        self.fold = fold
        """Which part each unit was held out with, shape (n,)."""
        self.outcome = outcome
        """Outcome under each arm by models of the other folds, shape (n, arms)."""
        self.propensity = propensity
        """Known, or estimated on the other folds and kept within [0.01, 0.99], shape (n, arms)."""
        self.models = models
        """Of the outcome, one per fold."""

    def pair(self, k: int) -> tuple[Floats, Floats, Floats]:
        """Outcome under control, outcome under offer k, probability of k among the two; shape (n,) each."""
        e = self.propensity
        return self.outcome[:, 0], self.outcome[:, k], e[:, k] / (e[:, 0] + e[:, k])


@dataclass(frozen=True)
class Rotation:
    """How outcomes and propensities are cross-fitted: one outcome model of all arms per fold, arms as features."""

    folds: int
    base: Maker
    propensity_base: Maker

    def of(self, trial: Trial, seed: int) -> Rotated:
        """Cross-fit a trial.

        Raises:
            EstimationError: arms too small for the folds, or covariates that tell who got what.
        """
        fold, propensity, wide = self._prepared(trial, seed)
        found, models = np.empty((len(trial), trial.arms)), []
        for part in range(self.folds):
            held = fold == part
            model = self.base.regress(wide.part(~held), trial.outcome[~held], seed=seed)
            models.append(One(trial.columns, trial.arms, model))
            _predict(models[-1].predicted, trial.features, held, found)
        return Rotated(fold, found, propensity, models)

    def _prepared(self, trial: Trial, seed: int) -> tuple[Ints, Floats, Features]:
        """Folds, propensities and covariates with arms, which trials that share their features need not make anew."""
        sources = (trial.arm, trial.propensity, self.propensity_base)
        key = ("rotation", self.folds, seed, *map(id, sources))
        if key not in trial.features.own:
            fold = folds_of(trial.arm, self.folds, seed)
            propensity = trial.propensity
            if propensity is None:
                propensity = kept_inside(estimated(trial, fold, self.propensity_base, seed))
            trial.features.own[key] = (fold, propensity, widened(trial)), sources  # kept, so that no id is used again
        prepared: tuple[Ints, Floats, Features] = trial.features.own[key][0]
        return prepared


def estimated(trial: Trial, fold: Ints, base: Maker, seed: int) -> Floats:
    """Propensities by models of the other folds, as they come, shape (n, arms).

    Raises:
        EstimationError: the covariates tell who got what.
    """
    found = np.empty((len(trial), trial.arms))
    for part in range(int(fold.max()) + 1):
        held = fold == part
        model = base.classify(trial.features.part(~held), trial.arm[~held], trial.arms, seed=seed)
        _predict(model.predict, trial.features, held, found)
    refuse_separated(found, trial.arm)
    return found


def _predict(predict: Callable[[Matrix], Floats], features: Features, held: NDArray[np.bool_], found: Floats) -> None:
    """Fill in the rows that were held out, some at a time."""
    rows = np.flatnonzero(held)
    for start in range(0, len(rows), CHUNK):
        places = rows[start : start + CHUNK]
        found[places] = predict(features.at(places))


class Propensities:
    """Propensities of customers that are yet to come. Build it with `Propensities.of`."""

    def __init__(self, constant: Floats | None, classes: Classes | None, models: Sequence[Model]) -> None:
        self._constant, self._classes, self._models = constant, classes, models

    @classmethod
    def of(cls, trial: Trial, base: Maker, seed: int) -> "Propensities":
        """Constant where they are known and the same for all; else learned from the known ones, or from the arms.

        Raises:
            EstimationError: the covariates tell who got what.
        """
        known = trial.propensity
        if known is None:
            classes = base.classify(trial.features, trial.arm, trial.arms, seed=seed)
            refuse_separated(classes.predict(trial.covariates), trial.arm, limit=0.999)  # it has seen these units
            return cls(None, classes, ())
        if (known == known[0]).all():
            return cls(known[0], None, ())
        return cls(None, None, [base.regress(trial.features, known[:, k], seed=seed) for k in range(trial.arms)])

    def predict(self, X: Matrix) -> Floats:
        """Probability of each arm, shape (n, arms)."""
        if self._constant is not None:
            return np.tile(self._constant, (len(X), 1))
        if self._classes is not None:
            return kept_inside(self._classes.predict(X))
        return kept_inside(np.column_stack([model.predict(X) for model in self._models]))
