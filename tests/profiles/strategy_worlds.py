"""Offers whose effect on each customer is known."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

NAMES = ("orders", "discount_share", "recency_days")
ARMS = ("no offer", "ten off", "free shipping")


class World(NamedTuple):
    X: Floats
    scores: Floats
    """The true mean under each arm plus noise, as unbiased scores of an experiment are."""
    truth: Floats
    """Mean under each arm, shape (n, arms)."""


def world(kind: str, seed: int, n: int = 1000, noise: float = 2.0) -> World:
    """Three features and the effects of two offers.

    - `step`: ten off gains 1 from 5 orders on, and loses .5 below; free shipping loses .2.
    - `corners`: ten off gains 1 where orders and discount share are both high or both low, and loses 1 elsewhere, so
      that neither feature alone says anything; free shipping does nothing.
    - `nothing`: neither offer does anything.
    - `all`: ten off gains 1 for everybody; free shipping .9.
    """
    rng = np.random.default_rng(seed)
    X = np.column_stack([rng.integers(0, 10, n), rng.random(n), rng.integers(0, 365, n)]).astype(np.float64)
    many, loves = X[:, 0] >= 5, X[:, 1] >= 0.5
    ten, free = {
        "step": (np.where(many, 1.0, -0.5), -0.2),
        "corners": (np.where(many == loves, 1.0, -1.0), 0.0),
        "nothing": (np.zeros(n), 0.0),
        "all": (np.ones(n), 0.9),
    }[kind]
    truth = 10 + np.column_stack([np.zeros(n), ten, np.full(n, free)])
    return World(X, truth + noise * rng.normal(size=(n, 3)), truth)
