"""The goods of a simulated shop: categories with seasons and complements, products with price, cost and appeal."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from netlift.simulate.config import ShopConfig
from netlift.simulate.draws import Floats32, key_of, keys_of, normal, uniform

SHELF = 8
"""Products of a category that one customer considers; larger categories show each customer eight of them."""

_OWN = 0.45
"""Standard deviation of the categories' own logits."""
_AISLES = {
    "drinks": ("coffee", "tea", "juice", "water", "beer", "wine"),
    "breakfast": ("bread", "cereal", "jam", "honey", "eggs", "butter"),
    "dairy": ("milk", "cheese", "yoghurt", "cream"),
    "pantry": ("pasta", "rice", "sauce", "oil", "flour", "beans", "soup", "spices"),
    "snacks": ("chocolate", "biscuits", "crisps", "nuts"),
    "fresh": ("fruit", "vegetables", "meat", "fish"),
    "home": ("detergent", "tissues", "shampoo", "soap", "toothpaste", "candles"),
    "pets": ("cat food", "dog food"),
}


@dataclass(frozen=True)
class Classes:
    """The finite mixture of tastes: each class has a price exponent and its own liking for brands."""

    sensitivity: Floats32
    """Price exponent of each class, shape (G,)."""
    levels: int
    """Distinct sensitivities; class g has level g // styles."""
    styles: int
    """Brand tastes for each level; class g has style g % styles."""

    @property
    def count(self) -> int:
        """Number of classes."""
        return self.levels * self.styles


@dataclass(frozen=True)
class Catalogue:
    """Products stand category by category; index P (one past the last) is a dummy that nobody can buy."""

    price: NDArray[np.int64]
    """List price, minor units, shape (P + 1,)."""
    cost: NDArray[np.int64]
    """Cost of goods, minor units, shape (P + 1,)."""
    category: NDArray[np.int32]
    """Category of each product, shape (P + 1,); the dummy has -1."""
    first: NDArray[np.int64]
    """First product of each category, and P at the end, shape (C + 1,)."""
    weight: Floats32
    """exp(utility at list price) for each class and product, shape (G, P + 1); dummy 0."""
    appeal: Floats32
    """Liking of each category beside customers' own tastes (logit), shape (C,)."""
    factors: Floats32
    """Loadings of the categories on the three taste factors, shape (3, C)."""
    unit_days: Floats32
    """Days that one unit lasts in a mean household, shape (C,)."""
    extra: Floats32
    """Mean extra units of a line at list price and empty cupboard, shape (C,)."""
    leader: NDArray[np.int64]
    """For each category of the second half: the category of the first half that draws it along."""
    classes: Classes

    @property
    def products(self) -> int:
        """Number of real products."""
        return len(self.price) - 1

    @property
    def categories(self) -> int:
        """Number of categories."""
        return len(self.appeal)

    @cached_property
    def strata(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """First product and number of products of each place on the shelf, both of shape (C, SHELF)."""
        size = np.diff(self.first)[:, None]
        place = np.arange(SHELF)[None, :]
        start = self.first[:-1, None] + place
        count = np.maximum(0, (size - place + SHELF - 1) // SHELF)
        return np.where(count > 0, start, self.products), count

    @cached_property
    def base(self) -> Floats32:
        """Summed weights of each class and category at list prices, shape (G, C)."""
        return np.add.reduceat(self.weight[:, :-1].astype(np.float64), self.first[:-1], axis=1).astype(np.float32)

    def category_names(self) -> list[tuple[str, str]]:
        """(category, department) in order; beyond the named ones they are numbered."""
        named = [(name, aisle) for aisle, names in _AISLES.items() for name in names]
        return [
            named[c] if c < len(named) else (f"category {c:03d}", f"department {c // 8:02d}")
            for c in range(self.categories)
        ]


def stock_shelves(config: ShopConfig) -> Catalogue:
    """The catalogue of a shop; depends on the seed and on the numbers of products and categories only."""
    P, C = config.products, config.categories
    key = key_of(config.seed, "goods")
    aisle, item = keys_of(key_of(key, "category"), np.arange(C)), keys_of(key_of(key, "product"), np.arange(P))
    first = np.linspace(0, P, C + 1).round().astype(np.int64)
    category = np.repeat(np.arange(C, dtype=np.int32), np.diff(first))
    level = normal(uniform(aisle, 0)) * 0.45
    dear = level[category] + 0.25 * normal(uniform(item, 0))
    price = np.maximum(10, (config.price_minor * np.exp(dear) / 10).round() * 10 - 1).astype(np.int64)
    margin = np.clip(config.margin + 0.05 * normal(uniform(item, 1)), 0.02, 0.95)
    cost = (price * (1 - margin)).round().astype(np.int64)
    classes = _classes(config)
    return Catalogue(
        price=np.append(price, 0),
        cost=np.append(cost, 0),
        category=np.append(category, np.int32(-1)),
        first=first,
        weight=_weights(item, classes),
        appeal=_appeal(config, aisle),
        factors=np.stack([normal(uniform(aisle, 3 + r)) for r in range(3)]) / np.float32(np.sqrt(3)),
        unit_days=(config.stock_days * np.exp(0.3 * normal(uniform(aisle, 6)))).astype(np.float32),
        extra=(0.3 + 0.3 * uniform(aisle, 7)).astype(np.float32),
        leader=(uniform(aisle, 8)[(C + 1) // 2 :] * ((C + 1) // 2)).astype(np.int64),
        classes=classes,
    )


def _classes(config: ShopConfig, levels: int = 6, styles: int = 4) -> Classes:
    """Sensitivities at the mid quantiles of a log-normal with spread 0.35 and the configured mean."""
    middle = normal(((np.arange(levels) + 0.5) / levels).astype(np.float32))
    spread = np.exp(0.35 * middle)
    level = config.price_sensitivity * spread / spread.mean()
    return Classes(np.repeat(level, styles).astype(np.float32), levels, styles)


def _weights(item: NDArray[np.uint64], classes: Classes) -> Floats32:
    """Common quality (spread 0.5) and each style's own liking (spread 0.6) of every product."""
    quality = 0.5 * normal(uniform(item, 2))
    liking = np.stack([0.6 * normal(uniform(item, 10 + s)) for s in range(classes.styles)])
    weight = np.exp(quality + np.tile(liking, (classes.levels, 1)))
    return np.concatenate([weight, np.zeros((classes.count, 1))], axis=1).astype(np.float32)


def _appeal(config: ShopConfig, aisle: NDArray[np.uint64]) -> Floats32:
    """Logits of the categories: a common level that gives about `basket_lines` lines, and each one's own part."""
    return (_level(config) + _OWN * normal(uniform(aisle, 2))).astype(np.float32)


def _level(config: ShopConfig) -> float:
    """Solve for the level by bisection."""
    goal = min(0.9, config.basket_lines / config.categories)
    low, high = -12.0, 6.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if _incidence(config, middle) < goal else (low, middle)
    return low


def _incidence(config: ShopConfig, level: float) -> float:
    """Mean chance of a category on a visit over tastes, cupboards being as full as such purchases leave them.

    Full share f = 1 - exp(-visits a day x chance x days that a line lasts); a full cupboard takes off 0.6 of a unit's
    drag on average; the fixed point is found by iteration with damping.
    """
    spread = np.hypot(config.taste_spread, _OWN)
    taste = level + spread * normal(((np.arange(64) + 0.5) / 64).astype(np.float32)).astype(np.float64)
    empty, full = (1 / (1 + np.exp(-taste + drag)) for drag in (0.0, 0.6 * config.stock_drag))
    chance = empty
    for _ in range(30):
        stocked = 1 - np.exp(-config.visits_per_week / 7 * chance * config.stock_days * 1.4)
        chance = 0.5 * (chance + empty + (full - empty) * stocked)
    return float(chance.mean())
