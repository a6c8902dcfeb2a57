"""Small shops whose purchase probabilities and mean amounts are known by construction."""

from datetime import date
from typing import NamedTuple

import numpy as np

from netlift.profiles.propensity.checks import Floats
from netlift.profiles.propensity.dates import Dated
from netlift.profiles.propensity.family import FAMILIES, Family, Task

DAYS = [date(2025, month, 1) for month in range(1, 13)]


class World(NamedTuple):
    """Customers, what they did, and what was to be expected of them."""

    X: Floats
    bought: Floats
    p: Floats
    spent: Floats
    mean: Floats
    """E[spent], zeros included."""


def world(seed: int, n: int = 1500, *, slope: float = 1.0, shift: float = 0.0) -> World:
    """Purchases with logit p = -1.2 + shift + slope (x0/1000 - 0.8 x1).

    Buyers spend Gamma(shape 2, mean 1000 exp(0.3 x1)). x0 has a deviation of 1000, x2 is noise and x3 is constant.
    """
    rng = np.random.default_rng(seed)
    X = np.column_stack([rng.normal(size=(n, 3)) * [1000.0, 1.0, 1.0], np.full(n, 3.0)])
    p = 1 / (1 + np.exp(1.2 - shift - slope * (X[:, 0] / 1000 - 0.8 * X[:, 1])))
    bought = (rng.random(n) < p).astype(np.float64)
    size = 1000 * np.exp(0.3 * X[:, 1])
    return World(X, bought, p, bought * size * rng.gamma(2.0, 0.5, n), p * size)


def purchases(dates: int, n: int = 600, *, first: int = 0, slope: float = 1.0) -> list[Dated]:
    """The same customers, numbered, on successive months; what they do each month is drawn anew."""
    worlds = [world(first + month, n, slope=slope) for month in range(dates)]
    return [Dated(day, one.X, one.bought, units=np.arange(n)) for day, one in zip(DAYS, worlds, strict=False)]


def amounts(dates: int, n: int = 600, *, first: int = 0) -> list[Dated]:
    """What they spend in each month, 0 included."""
    return [
        Dated(day, one.X, one.spent)
        for day, one in zip(DAYS, (world(first + m, n) for m in range(dates)), strict=False)
    ]


def made(kind: str, task: Task = Task.CLASSIFICATION, **settings: float) -> Family:
    """A family on one thread, and small where its size only costs time."""
    family = FAMILIES[kind]
    small = {"threads": 1, "trees": 40, "passes": 30, "rounds": 200, "landmarks": 100}
    known = {name: value for name, value in (small | settings).items() if name in family.__dataclass_fields__}
    return family(task=task, **known)
