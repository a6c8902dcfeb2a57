"""The chance of each arm for learners that weigh by it alone."""

from netlift.uplift.checks import Floats
from netlift.uplift.learners.base import Trial
from netlift.uplift.learners.rotation import estimated, folds_of, kept_inside
from netlift.uplift.nuisance import Maker

FOLDS = 5


def chances(trial: Trial, base: Maker, seed: int) -> Floats:
    """Propensity of each arm, shape (n, arms): what the trial knows, else estimated by models that never saw the unit.

    Raises:
        EstimationError: the covariates tell who got what.
    """
    if trial.propensity is not None:
        return trial.propensity
    return kept_inside(estimated(trial, folds_of(trial.arm, FOLDS, seed), base, seed))
