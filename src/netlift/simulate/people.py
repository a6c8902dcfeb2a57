"""The customers of a simulated shop: who they are, in blocks, each a pure function of seed and customer number."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from netlift.simulate.catalogue import Catalogue
from netlift.simulate.config import ShopConfig
from netlift.simulate.draws import Floats32, Keys, key_of, keys_of, normal, uniform

RING = 4
"""Customers of a sharing ring: neighbours in number, so a block of a multiple of four holds whole rings."""


@dataclass(frozen=True)
class People:
    """Traits of customers `first` .. `first + n`; arrays of shape (n,) unless said otherwise."""

    first: int
    keys: Keys
    """Randomness of each customer."""
    rate: Floats32
    """Visits per week of an ordinary week."""
    group: NDArray[np.int64]
    """Class of price sensitivity and brand taste."""
    deal: Floats32
    """Deal-proneness, 0..1."""
    ease: Floats32
    """How readily a contact brings the customer in (mean 1)."""
    loyal: Floats32
    """Factor on the weight of the product bought last in a category."""
    taste: Floats32
    """Logit of each category at regular prices, empty cupboard; shape (n, C)."""
    home: Floats32
    """Days that one unit of each category lasts here; shape (n, C)."""
    until: Floats32
    """Day on which each category's stock at home runs out, at the start; shape (n, C)."""
    joins: NDArray[np.float32]
    """Day of the first possible visit; below 0: was there before."""
    leaves: NDArray[np.float32]
    """Day on which the customer is lost for good."""
    region: NDArray[np.int64]
    ring: NDArray[np.bool_]
    """Lives in a ring that passes coupons on."""
    member: NDArray[np.bool_]
    consent: NDArray[np.bool_]
    """Accepts marketing."""
    age: NDArray[np.int64]
    """Index of the age band: 0 is 18-24."""

    @property
    def count(self) -> int:
        """Number of customers in the block."""
        return len(self.keys)


def settle(config: ShopConfig, goods: Catalogue, first: int, count: int) -> People:
    """The customers numbered `first` to `first + count - 1`."""
    numbers = np.arange(first, first + count)
    keys = keys_of(key_of(config.seed, "people"), numbers)
    classes = goods.classes
    level = (uniform(keys, 1) * classes.levels).astype(np.int64)
    style = (uniform(keys, 2) * classes.styles).astype(np.int64)
    ranked = (level + 0.5) / classes.levels - 0.5
    deal = 1 / (1 + np.exp(-(3.0 * ranked + 0.9 * normal(uniform(keys, 3)))))
    taste, home, until = _household(config, goods, keys)
    horizon = np.where(uniform(keys, 6) < config.newcomers, uniform(keys, 7) * config.days, -1.0)
    life = -np.log(uniform(keys, 8)) * 364 / max(config.churn_per_year, 1e-9)
    return People(
        first=first,
        keys=keys,
        rate=visit_rates(config, uniform(keys, 0)),
        group=level * classes.styles + style,
        deal=deal.astype(np.float32),
        ease=np.exp(0.5 * normal(uniform(keys, 4)) - 0.125 + 0.8 * (deal - 0.5)).astype(np.float32),
        loyal=np.exp(config.loyalty * 2 * uniform(keys, 5)).astype(np.float32),
        taste=taste,
        home=home,
        until=until,
        joins=horizon.astype(np.float32),
        leaves=(np.maximum(horizon, 0) + life).astype(np.float32),
        region=_regions(config, keys),
        ring=uniform(keys_of(key_of(config.seed, "ring"), numbers // RING), 0) < config.sharing_rings,
        member=uniform(keys, 13) < config.members,
        consent=uniform(keys, 10) < 0.9,
        age=np.clip(2.2 - 2.0 * ranked + 1.3 * normal(uniform(keys, 11)), 0, 5.99).astype(np.int64),
    )


def visit_rates(config: ShopConfig, u: Floats32) -> Floats32:
    """Gamma quantiles; rates above one visit in two days are cut."""
    from scipy.special import gammaincinv

    rate = gammaincinv(config.visit_shape, u.astype(np.float64)) / config.visit_shape * config.visits_per_week
    return np.minimum(rate, 3.5).astype(np.float32)


def _household(config: ShopConfig, goods: Catalogue, keys: Keys) -> tuple[Floats32, Floats32, Floats32]:
    """Tastes (three common factors and a part of one's own), days per unit, and the stock on the first day."""
    share = np.float32(np.sqrt(0.5)) * config.taste_spread
    taste = np.tile(goods.appeal, (len(keys), 1))
    for r in range(3):
        taste += share * normal(uniform(keys, 20 + r))[:, None] * goods.factors[r]
    for c in range(goods.categories):
        taste[:, c] += share * normal(uniform(keys, 100 + c))
    size = np.exp(0.35 * normal(uniform(keys, 12)))
    home = (goods.unit_days / size[:, None]).astype(np.float32)
    stock = np.stack([uniform(keys, 100_000 + c) for c in range(goods.categories)], axis=1)
    return taste.astype(np.float32), home, ((2 * stock - 1) * home).astype(np.float32)


def _regions(config: ShopConfig, keys: Keys) -> NDArray[np.int64]:
    """Regions of unequal size: the largest has about three times the customers of the smallest."""
    size = np.exp(0.3 * normal(uniform(keys_of(key_of(config.seed, "regions"), np.arange(config.regions)), 0)))
    edges = np.cumsum(size.astype(np.float64))
    return np.minimum(np.searchsorted(edges / edges[-1], uniform(keys, 9)), config.regions - 1)
