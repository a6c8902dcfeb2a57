"""By what a model tells customers apart: a few trees that imitate its effects, and what each feature adds to them."""

import numpy as np

from netlift.response.results import Driver
from netlift.uplift.checks import Floats

MOST = 12
"""Features that are named at most."""
LEAST_SHARE = 0.01
"""Features with less than this share of the contributions are left out."""


def drivers(X: Floats, effects: Floats, names: tuple[str, ...], *, seed: int = 0) -> tuple[Driver, ...]:
    """The features with the largest contributions (Lundberg et al. 2020, doi:10.1038/s42256-019-0138-9), largest first.

    The effects are averages over many models; one small boosted model learns to give the same answers, and its
    contributions are exact.

    Args:
        X: features, shape (n, p).
        effects: predicted effects, shape (n,).
        names: of the features; columns of one name are added up.
        seed: of the imitation.
    """
    import lightgbm

    if not np.ptp(effects) > 0:
        return ()
    options = {
        "objective": "regression", "num_leaves": 15, "learning_rate": 0.1, "min_data_in_leaf": 20, "seed": seed % 2**31,
        "deterministic": True, "force_row_wise": True, "num_threads": 2, "verbosity": -1,
    }  # fmt: skip
    model = lightgbm.train(options, lightgbm.Dataset(X, effects), num_boost_round=60)
    parts = np.asarray(model.predict(X, pred_contrib=True, num_threads=2), dtype=np.float64)[:, :-1]
    sizes = np.abs(parts).mean(axis=0)
    total = float(sizes.sum())
    if not total > 0:
        return ()
    share: dict[str, float] = {}
    for name, size in zip(names, sizes / total, strict=True):
        share[name] = share.get(name, 0.0) + float(size)
    largest = sorted(share, key=lambda name: (-share[name], name))[:MOST]
    return tuple(
        Driver(name, share[name], _direction(X, parts, [j for j, one in enumerate(names) if one == name]))
        for name in largest
        if share[name] >= LEAST_SHARE
    )


def _direction(X: Floats, parts: Floats, columns: list[int]) -> float:
    """Correlation of ranks, which long tails cannot bend; 0 for what has several columns, such as levels of text."""
    from scipy.stats import rankdata

    values, added = X[:, columns[0]], parts[:, columns[0]]
    if len(columns) > 1 or not (np.ptp(values) > 0 and np.ptp(added) > 0):
        return 0.0
    return float(np.corrcoef(rankdata(values), rankdata(added))[0, 1])
