"""Boosted trees that never fall in the dose, cross-fitted: one model per fold that never saw the fold."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from netlift.errors import EstimationError
from netlift.uplift.checks import Floats, Ints
from netlift.uplift.nuisance import Matrix

if TYPE_CHECKING:
    from lightgbm import Booster

CHUNK = 200_000
"""Rows predicted at once, so that memory does not grow with the number of customers."""


@dataclass(frozen=True)
class Trees:
    """Size of a model; modest, since differences between customers are few and the slope checks them."""

    rounds: int = 100
    leaves: int = 4
    rate: float = 0.05
    least: int = 100
    """Customers in a leaf, at least; never more than a twentieth of the sample is asked for."""
    threads: int = 2


def outcome_predictions(
    X: Matrix, doses: Floats, given: Ints, outcome: Floats, fold: Ints, *, trees: Trees, seed: int
) -> Floats:  # fmt: skip
    """mu: predicted outcome of each customer at each dose by a model that never saw them, shape (n, k)."""
    mu = np.empty((len(X), len(doses)))
    for part in range(int(fold.max()) + 1):
        held = fold == part
        model = _model(_with_dose(X[~held], doses[given[~held]]), outcome[~held], trees, seed, per_customer=1)
        mu[held] = read([model], X[held], doses, skip=0)
    return mu


def contrast_models(
    X: Matrix, doses: Floats, contrast: Floats, fold: Ints, *, trees: Trees, seed: int
) -> tuple[list["Booster"], Floats]:
    """Models of the effect of a dose, one per fold, and their predictions for the customers they never saw.

    Args:
        X: shape (n, p).
        doses: rising from 0, shape (k,).
        contrast: scores of each dose above 0 less those of none, shape (n, k - 1).
        fold: shape (n,).
        trees: size.
        seed: of the models.

    Returns:
        The models and g, shape (n, k - 1).
    """
    above, models, g = doses[1:], [], np.empty(contrast.shape)
    for part in range(int(fold.max()) + 1):
        held = fold == part
        learn = int((~held).sum())
        stacked = _with_dose(np.repeat(X[~held], len(above), axis=0), np.tile(above, learn))
        model = _model(stacked, contrast[~held].ravel(), trees, seed, per_customer=len(above))
        g[held] = read([model], X[held], doses)
        models.append(model)
    return models, g


def read(models: Sequence["Booster"], X: Matrix, doses: Floats, *, skip: int = 1) -> Floats:
    """Mean prediction of the models at each dose but the first `skip`, shape (n, k - skip)."""
    if X.shape[1] + 1 != models[0].num_feature():
        raise EstimationError(f"X has {X.shape[1]} covariates, learned from {models[0].num_feature() - 1}")
    wanted = doses[skip:]
    found = np.zeros((len(X), len(wanted)))
    for start in range(0, len(X), CHUNK):
        part = slice(start, start + CHUNK)
        for k, dose in enumerate(wanted):
            rows = _with_dose(X[part], np.full(len(X[part]), dose))
            found[part, k] = np.mean([np.asarray(model.predict(rows)) for model in models], axis=0)
    return found


def _with_dose(X: Matrix, dose: Floats) -> Matrix:
    joined: Matrix = np.column_stack([dose.astype(X.dtype), X])
    return joined


def _model(X: Matrix, y: Floats, trees: Trees, seed: int, *, per_customer: int) -> "Booster":
    import lightgbm

    customers = len(y) // per_customer
    settings = {
        "objective": "regression",
        "learning_rate": trees.rate,
        "num_leaves": trees.leaves,
        "min_data_in_leaf": max(1, min(trees.least, customers // 20)) * per_customer,
        "monotone_constraints": [1] + [0] * (X.shape[1] - 1),
        "monotone_constraints_method": "intermediate",
        "seed": seed,
        "num_threads": trees.threads,
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
    }
    data = lightgbm.Dataset(X, label=y, params={"verbosity": -1}, free_raw_data=True)
    return lightgbm.train(settings, data, num_boost_round=trees.rounds)
