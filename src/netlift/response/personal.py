"""Does the best arm for each customer beat the simple answers? Arms are chosen on other folds than valued."""

import numpy as np

from netlift.response.predictions import COST, MARGIN, USUAL
from netlift.response.shrink import Shrink, flat, shrink
from netlift.uplift.checks import Floats, Ints
from netlift.uplift.compare import Comparison, compare
from netlift.uplift.estimate import mean_of
from netlift.uplift.policy import Log
from netlift.uplift.scores import contrasts


def of_net(raw: Floats) -> Floats:
    """What models say (..., 3), as a rule of net margin takes it: usual profit and effect, shape (..., 2)."""
    return np.stack([raw[..., USUAL], raw[..., MARGIN] - raw[..., COST]], axis=-1)


def of_cost(raw: Floats) -> Floats:
    """What models say (..., 3), as a rule of cost takes it: usual profit and cost, shape (..., 2)."""
    return raw[..., [USUAL, COST]]


def rule_of(scores: Floats, said: Floats, *, level: float, fixed: float = 0.0) -> Shrink:
    """How what is said of customers becomes a value.

    Args:
        scores: doubly robust scores of the effect, shape (n,).
        said: by models that never saw the customer, shape (n, 2).
        level: at which a slope must be shown to differ from what is known before.
        fixed: the part of the effect that is the same for everybody for sure.
    """
    if np.ptp(said, axis=0).any():
        return shrink(scores, said, level=level, fixed=fixed)
    return flat(mean_of(scores, level=level, method="dr"))


def best_arms(scores: Floats, said: Floats, fold: Ints, *, fixed: Floats, level: float) -> Ints:
    """For each unit the arm of highest believed effect, 0 (no offer) where none is above 0.

    What is believed of a fold is learned on the other folds: averages and slopes.

    Args:
        scores: doubly robust scores of each offer's effect, shape (n, offers).
        said: of each offer by models that never saw the unit, shape (n, offers, 2).
        fold: of each unit, shape (n,).
        fixed: of each offer, the part of the effect that is the same for everybody for sure, shape (offers,).
        level: at which a slope must be shown to differ from what is known before.
    """
    values = believed(scores, said, fold, fixed=fixed, level=level)
    return np.where(values.max(axis=1) > 0, values.argmax(axis=1) + 1, 0)


def believed(scores: Floats, said: Floats, fold: Ints, *, fixed: Floats, level: float) -> Floats:
    """What the other folds make one believe of each unit's effects, shape (n, offers); arguments as `best_arms`."""
    values = np.empty_like(scores)
    for part in np.unique(fold):
        held = fold == part
        for k in range(scores.shape[1]):
            rule = rule_of(scores[~held, k], said[~held, k], level=level, fixed=float(fixed[k]))
            values[held, k] = rule.value(said[held, k])
    return values


def personal(log: Log, said: Floats, fold: Ints, *, fixed: Floats, level: float, seed: int) -> Comparison:
    """Value of the best arm for each beside no offer, the best single arm, ranking by response and random.

    Args:
        log: outcomes with everything paid, propensities and predicted outcomes.
        said: of each offer, shape (n, offers, 2).
        fold: on which other folds the unit's arm is chosen, shape (n,).
        fixed: of each offer, shape (offers,).
        level: of all intervals.
        seed: of the folds in which the simple answers choose their arms.
    """
    arms = best_arms(contrasts(log.scores), said, fold, fixed=fixed, level=level)
    return compare(log, arms, level=level, seed=seed)
