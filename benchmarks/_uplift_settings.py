"""Data whose effects are known customer by customer: the four setups of Nie & Wager, several offers, and a shop.

A to D are those of Nie & Wager 2021 (doi:10.1093/biomet/asaa076, section 6): difficult nuisances with an easy effect;
an experiment; a difficult baseline with a constant effect; arms that have nothing in common. They need NumPy only.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Setting(NamedTuple):
    """Units with the truth about them."""

    X: Floats
    arm: NDArray[np.int64]
    outcome: Floats
    effects: Floats
    """True effect of each offer against control, shape (n, arms - 1)."""
    propensity: Floats
    """True probability of each arm, shape (n, arms)."""
    mean: Floats
    """True mean outcome under each arm, shape (n, arms)."""


NAMES = ("A", "B", "C", "D", "offers")


def setting(name: str, n: int, seed: int, *, columns: int = 6, scale: float = 1.0) -> Setting:
    """A sample of one of `NAMES`.

    Args:
        name: A, B, C or D; `offers` is an experiment of three offers with 20 covariates.
        n: units.
        seed: of everything that is drawn.
        columns: covariates of A to D, at least 5.
        scale: multiplies all effects; 0 for a world without any.
    """
    rng = np.random.default_rng(seed)
    if name == "offers":
        return _drawn(rng, *_offers(rng.normal(size=(n, 20))), scale)
    X = rng.random((n, columns)) if name == "A" else rng.normal(size=(n, columns))
    middle, chance, effect = {"A": _a, "B": _b, "C": _c, "D": _d}[name](X)
    base = middle - scale * effect / 2  # the papers put the treatment at -1/2 and 1/2
    return _drawn(rng, X, base, effect[:, None], np.column_stack([1 - chance, chance]), scale)


def _drawn(
    rng: np.random.Generator, X: Floats, base: Floats, effects: Floats, propensity: Floats, scale: float
) -> Setting:
    n, mean = len(X), base[:, None] + np.column_stack([np.zeros(len(X)), scale * effects])
    arm = (rng.random((n, 1)) > np.cumsum(propensity, axis=1)[:, :-1]).sum(axis=1)
    outcome = mean[np.arange(n), arm] + rng.normal(size=n)
    return Setting(X, arm, outcome, scale * effects, propensity, mean)


def _plus(x: Floats) -> Floats:
    return np.maximum(x, 0.0)


def _a(X: Floats) -> tuple[Floats, Floats, Floats]:
    wave = np.sin(np.pi * X[:, 0] * X[:, 1])
    middle = wave + 2 * (X[:, 2] - 0.5) ** 2 + X[:, 3] + 0.5 * X[:, 4]
    return middle, np.clip(wave, 0.1, 0.9), (X[:, 0] + X[:, 1]) / 2


def _b(X: Floats) -> tuple[Floats, Floats, Floats]:
    middle = np.maximum(_plus(X[:, 0] + X[:, 1]), X[:, 2]) + _plus(X[:, 3] + X[:, 4])
    return middle, np.full(len(X), 0.5), X[:, 0] + np.log1p(np.exp(X[:, 1]))


def _c(X: Floats) -> tuple[Floats, Floats, Floats]:
    middle = 2 * np.log1p(np.exp(X[:, 0] + X[:, 1] + X[:, 2]))
    return middle, 1 / (1 + np.exp(X[:, 1] + X[:, 2])), np.ones(len(X))


def _d(X: Floats) -> tuple[Floats, Floats, Floats]:
    first, second = _plus(X[:, 0] + X[:, 1] + X[:, 2]), _plus(X[:, 3] + X[:, 4])
    return (first + second) / 2, 1 / (1 + np.exp(-X[:, 0]) + np.exp(-X[:, 1])), first - second


def _offers(X: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    effects = np.column_stack([0.5 * X[:, 0], 0.3 + 0.5 * _plus(X[:, 1]), 0.4 * X[:, 2] * (X[:, 3] > 0)])
    return X, X[:, 4] + np.sin(X[:, 5]), effects, np.full((len(X), 4), 0.25)


def pehe(found: Floats, truth: Floats) -> Floats:
    """Root mean squared error of the effects, one per offer (Hill 2011, doi:10.1198/jcgs.2010.08162)."""
    error: Floats = np.sqrt(((found - truth) ** 2).mean(axis=0))
    return error
