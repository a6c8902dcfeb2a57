"""Does the best arm for each customer beat the simple answers? Arms are chosen on other folds than valued."""

import numpy as np

from netlift.response.shrink import Shrink, flat, shrink
from netlift.uplift.calibration import calibration
from netlift.uplift.checks import Floats, Ints
from netlift.uplift.compare import Comparison, compare
from netlift.uplift.estimate import mean_of
from netlift.uplift.policy import Log
from netlift.uplift.scores import contrasts


def rule_of(scores: Floats, prediction: Floats, *, level: float) -> Shrink:
    """How a prediction becomes a value, from doubly robust scores of the effect, both of shape (n,)."""
    if np.ptp(prediction) > 0:
        return shrink(calibration(scores, prediction, level=level), prediction)
    return flat(mean_of(scores, level=level, method="dr"))


def best_arms(scores: Floats, prediction: Floats, fold: Ints, *, level: float) -> Ints:
    """For each unit the arm of highest believed effect, 0 (no offer) where none is above 0.

    What is believed of a fold is learned on the other folds: averages, slopes, and whether slopes are shown.

    Args:
        scores: doubly robust scores of each offer's effect, shape (n, offers).
        prediction: predicted effects by models that never saw the unit, shape (n, offers).
        fold: of each unit, shape (n,).
        level: at which a slope must be shown to be above 0 before it is used.
    """
    values = believed(scores, prediction, fold, level=level)
    return np.where(values.max(axis=1) > 0, values.argmax(axis=1) + 1, 0)


def believed(scores: Floats, prediction: Floats, fold: Ints, *, level: float) -> Floats:
    """What the other folds make one believe of each unit's effects, shape (n, offers); arguments as `best_arms`."""
    values = np.empty_like(prediction)
    for part in np.unique(fold):
        held = fold == part
        for k in range(scores.shape[1]):
            rule = rule_of(scores[~held, k], prediction[~held, k], level=level)
            values[held, k] = rule.value(prediction[held, k])
    return values


def personal(log: Log, prediction: Floats, fold: Ints, *, level: float, seed: int) -> Comparison:
    """Value of the best arm for each beside no offer, the best single arm, ranking by response and random.

    Args:
        log: outcomes with everything paid, propensities and predicted outcomes.
        prediction: predicted effects, shape (n, offers).
        fold: on which other folds the unit's arm is chosen, shape (n,).
        level: of all intervals.
        seed: of the folds in which the simple answers choose their arms.
    """
    arms = best_arms(contrasts(log.scores), prediction, fold, level=level)
    return compare(log, arms, level=level, seed=seed)
