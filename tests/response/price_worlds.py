"""Panels of products whose elasticities are known by construction."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from netlift.response.elasticity_panel import MEMORY, Panel

Floats = NDArray[np.float64]


class World(NamedTuple):
    """A panel and the truth behind it."""

    panel: Panel
    slope: Floats
    """True own elasticity of each product."""
    category: Floats
    """True mean of each category."""


def world(
    seed: int,
    *,
    categories: int = 12,
    products: int = 10,
    weeks: int = 78,
    base: float = 15.0,
    slope: float = -2.2,
    spread: float = 0.4,
    cross: float = 0.6,
    past: float = 0.5,
    planner: str = "blind",
) -> World:
    """Counts with mean `level x week x shocks x price^e x others^cross x past^past`, Poisson around it.

    Shocks of products (sd .15) and of categories (.1) last (week-to-week correlation .5); weeks have a season and
    shocks of their own. Each category is on offer three times, half of its products, two weeks; a third of the
    products have an offer of their own: at a random time, or (planner `after_peaks`) in the weeks after the
    product's best shocks.
    """
    rng = np.random.default_rng(seed)
    count = categories * products
    category = np.repeat(np.arange(categories), products)
    means = slope + spread * rng.normal(size=categories)
    own = means[category] + 1.25 * spread * rng.normal(size=count)
    shock, shared, season = (_lasting(rng, n, weeks, sd) for n, sd in ((count, 0.15), (categories, 0.1), (1, 0.1)))
    season = season + 0.2 * np.sin(np.arange(weeks) / 52 * 2 * np.pi)
    log_price = np.zeros((count, weeks))
    for k in range(categories):
        for _ in range(3):
            start, half = rng.integers(6, weeks - 6), rng.random(products) < 0.5
            log_price[np.flatnonzero(category == k)[half], start : start + 2] = np.log(1 - rng.choice([0.1, 0.2, 0.3]))
    for i in np.flatnonzero(rng.random(count) < (0.35 if planner == "blind" else 1.0)):
        for start in rng.integers(6, weeks - 6, 1) if planner == "blind" else np.argsort(shock[i, 5:-6])[-6:] + 6:
            log_price[i, start : start + 1 + rng.integers(0, 3)] = np.log(1 - rng.choice([0.15, 0.25]))
    level = base * np.exp(0.8 * rng.normal(size=count))
    price = log_price - np.median(log_price, axis=1, keepdims=True)
    log_mean = season + shock + shared[category] + own[:, None] * price + past * _before(price)
    log_mean += cross * _others(price, level, category)
    quantity = rng.poisson(level[:, None] * np.exp(log_mean))
    names = np.array([f"p{i:03d}" for i in range(count)])
    panel = Panel.of(
        np.repeat(names, weeks), np.tile(np.arange(weeks), count), quantity.ravel(), 10 * np.exp(log_price).ravel(),
        category=np.repeat([f"c{k:02d}" for k in category], weeks),
    )  # fmt: skip
    return World(panel, own, means)


def _lasting(rng: np.random.Generator, count: int, weeks: int, sd: float) -> Floats:
    found = rng.normal(size=(count, weeks))
    for t in range(1, weeks):
        found[:, t] = 0.5 * found[:, t - 1] + np.sqrt(0.75) * found[:, t]
    return sd * found


def _before(price: Floats) -> Floats:
    found = np.zeros_like(price)
    for lag in range(1, MEMORY + 1):
        found[:, lag:] += price[:, :-lag] / MEMORY
    return found


def _others(price: Floats, level: Floats, category: NDArray[np.int64]) -> Floats:
    found = np.zeros_like(price)
    for k in np.unique(category):
        mine = category == k
        weight = level[mine, None]
        found[mine] = ((weight * price[mine]).sum(axis=0) - weight * price[mine]) / (weight.sum() - weight)
    return found
