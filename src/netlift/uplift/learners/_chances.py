"""The chance of each arm for learners that weigh by it: known, or cross-fitted from the covariates."""

import numpy as np

from netlift.uplift.checks import Floats, Ints
from netlift.uplift.learners.base import Trial
from netlift.uplift.nuisance import Maker

FLOOR = 0.01
"""Estimated chances are kept above it, so that no unit weighs more than a hundred others."""

FOLDS = 5


def chances(trial: Trial, base: Maker, seed: int) -> Floats:
    """Propensity of each arm, shape (n, arms): what the trial knows, else estimated by models that never saw the unit.

    Estimates below 0.01 are raised to it, and each row is made to sum to 1 again.
    """
    if trial.propensity is not None:
        return trial.propensity
    fold, found = parted(trial.arm, FOLDS, np.random.default_rng(seed)), np.empty((len(trial), trial.arms))
    for part in range(FOLDS):
        held = fold == part
        model = base.classify(trial.features.part(~held), trial.arm[~held], trial.arms, seed=seed)
        found[held] = model.predict(trial.features.part(held).values)
    kept = np.maximum(found, FLOOR)
    return np.asarray(kept / kept.sum(axis=1, keepdims=True))


def parted(arm: Ints, parts: int, rng: np.random.Generator) -> Ints:
    """A part from 0 for each unit, by chance and evenly within each arm, shape (n,)."""
    mixed = rng.permutation(len(arm))
    by_arm = mixed[np.argsort(arm[mixed], kind="stable")]
    part = np.empty(len(arm), dtype=np.int64)
    part[by_arm] = np.arange(len(arm)) % parts
    return part
