"""What models say of customers whom they never saw: effects, outcomes under each arm, chances of each arm."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from netlift.response.checks import Bools
from netlift.response.models import models_for, squeezed
from netlift.uplift.checks import Floats, Ints
from netlift.uplift.cross_fit import cross_fit
from netlift.uplift.learners.dr import DR
from netlift.uplift.learners.rotation import folds_of, refuse_separated
from netlift.uplift.learners.s import S
from netlift.uplift.nuisance import Features, Model
from netlift.uplift.scores import cross_fit_linear

ENOUGH = 200
"""Customers that every arm needs before customers are told apart; with fewer everybody gets the average."""
FOLDS = 5
INNER = 3
"""Folds inside the folds."""
PENALTY = 100.0
"""Of the linear regressions where customers are few."""
MARGIN, COST, USUAL = 0, 1, 2
"""Places of the two outcomes, and of what a customer would bring without the offer."""


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """Everything about each unit comes from models that never saw it."""

    effects: Floats | None
    """Effect of each offer on margin and cost, shape (n, offers, 2); None: averages only."""
    outcomes: Floats
    """Margin and cost under each arm, shape (n, arms, 2)."""
    propensity: Floats
    """Shape (n, arms)."""
    fold: Ints
    predict: Callable[[Floats], Floats] | None
    """What is said of other customers from features (m, p), shape (m, offers, 3), see `said`; None: averages only."""

    @property
    def said(self) -> Floats | None:
        """Effects on margin and on cost, and expected profit without an offer, shape (n, offers, 3)."""
        if self.effects is None:
            return None
        return _said(self.effects, self.outcomes[:, 0, MARGIN] - self.outcomes[:, 0, COST])

    def part(self, kept: Bools) -> "Predictions":
        """The units that a mask keeps."""
        effects = None if self.effects is None else self.effects[kept]
        return Predictions(effects, self.outcomes[kept], self.propensity[kept], self.fold[kept], self.predict)


def cross_fitted(X: Floats, arm: Ints, outcomes: Floats, *, propensity: Floats | None, seed: int) -> Predictions:
    """Effects by the DR learner (Kennedy 2023, doi:10.1214/23-EJS2157) with boosted models, cross-fitted.

    The learner never sees the fold whose effects it predicts, and inside the other folds it cross-fits again.

    Args:
        X: features, shape (n, p).
        arm: 0 is control, shape (n,).
        outcomes: margin and cost, shape (n, 2).
        propensity: of every arm, shape (n, arms); None: to be estimated.
        seed: of folds and models.

    Raises:
        EstimationError: too few units in an arm, features that tell the arms apart, or values that are not finite.
    """
    models, varied = models_for(int(np.bincount(arm).min())), np.ptp(outcomes, axis=0) > 0
    if not varied.any():
        varied[0] = True
    found = cross_fit(
        DR(models, models, INNER), X, arm, outcomes[:, varied], propensity=propensity, folds=FOLDS, seed=seed,
        propensity_base=models,
    )  # fmt: skip
    expected = np.tile(outcomes[0], (*found.outcomes.shape[:2], 1))  # what never varies needs no model
    expected[:, :, varied] = found.outcomes
    usual = S(models).fit(X, arm, outcomes[:, MARGIN] - outcomes[:, COST], seed=seed)

    def predict(Z: Floats) -> Floats:
        outcome = usual.outcomes(Z)
        assert outcome is not None  # noqa: S101  tells the type to mypy; this learner has outcomes
        return _said(_widened(found.predict(Z), varied), outcome[:, 0])

    return Predictions(_widened(found.effects, varied), expected, found.propensity, found.fold, predict)


def _said(effects: Floats, usual: Floats) -> Floats:
    """Effects (n, offers, 2) with what each customer would bring without an offer, shape (n,), beside them."""
    return np.concatenate([effects, np.broadcast_to(usual[:, None, None], (*effects.shape[:2], 1))], axis=2)


def _widened(effects: Floats, varied: Bools) -> Floats:
    """Effects on all outcomes, 0 on those that never vary."""
    whole = np.zeros((*effects.shape[:2], len(varied)))
    whole[:, :, varied] = effects
    return whole


def linear(X: Floats, arm: Ints, outcomes: Floats, *, propensity: Floats | None, seed: int) -> Predictions:
    """Strongly penalised linear models, for logs too small to tell customers apart.

    Args:
        X: features, shape (n, p).
        arm: 0 is control, shape (n,).
        outcomes: margin and cost, shape (n, 2).
        propensity: of every arm, shape (n, arms); None: to be estimated.
        seed: of the folds.

    Raises:
        EstimationError: fewer than 10 units in an arm, or features that tell the arms apart.
    """
    Z = squeezed(X) if X.shape[1] else np.zeros((len(arm), 1))
    sizes = np.bincount(arm)
    folds = int(min(FOLDS, sizes.min() // 2))
    expected = [
        cross_fit_linear(Z, outcomes[:, place], arm, len(sizes), folds=folds, penalty=PENALTY, seed=seed)
        for place in (0, 1)
    ]
    fold = folds_of(arm, folds, seed)
    chances = _logistic(Z, arm, fold) if propensity is None else propensity
    return Predictions(None, np.stack(expected, axis=2), chances, fold, None)


def _logistic(Z: Floats, arm: Ints, fold: Ints) -> Floats:
    """Probability of each arm by regressions that never saw the unit, shape (n, arms)."""
    from sklearn.linear_model import LogisticRegression

    centre, scale = Z.mean(axis=0), Z.std(axis=0)
    standard = (Z - centre) / np.where(scale > 0, scale, 1.0)
    chances = np.empty((len(arm), int(arm.max()) + 1))
    for part in np.unique(fold):
        held = fold == part
        model = LogisticRegression(C=1 / PENALTY, max_iter=1000).fit(standard[~held], arm[~held])
        chances[held] = model.predict_proba(standard[held])
    refuse_separated(chances, arm)
    return chances


def buying(X: Floats, arm: Ints, bought: Floats, *, seed: int) -> Callable[[Floats], Floats]:
    """Chance of an order under each arm, from the customers who were in it: what a model of response would learn.

    Args:
        X: features, shape (n, p).
        arm: 0 is control, shape (n,).
        bought: 1 or 0, shape (n,).
        seed: of the models.

    Returns:
        From features (m, p) to chances (m, arms); an arm of fewer than `ENOUGH` customers has one chance for all.
    """
    whole = Features(X)
    parts = [_chance(whole.part(arm == k), bought[arm == k], seed + k) for k in range(int(arm.max()) + 1)]

    def chances(features: Floats) -> Floats:
        return np.column_stack(
            [np.full(len(features), part) if isinstance(part, float) else part.predict(features) for part in parts]
        )

    return chances


def _chance(features: Features, bought: Floats, seed: int) -> Model | float:
    usual = float(bought.mean())
    if len(features) < ENOUGH or not 0 < usual < 1 or not features.matrix.shape[1]:
        return usual
    return models_for(len(features)).regress(features, bought, seed=seed)
