"""From what prices were seen to do to the shelves of a calendar: what they sell, and how they answer.

A shelf is a category of the shop; what is beyond the largest and those on offer is one shelf of its own. Demand is that
of the customers who are known, as everywhere in the response; across categories nothing is assumed to move, because
the elasticities tell of goods of one category only.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from netlift.allocation.search.shelves import MEMORY, Shelves
from netlift.history.shop import Shop
from netlift.response.demand import Demand
from netlift.response.elasticity import Elasticities
from netlift.response.prices_goods import BOUNDS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WEEKS = 8
"""Weeks that a calendar has, counted from the first public candidate's first day."""
MOST_SHELVES = 12
"""Shelves at most, the one of all other goods included."""
DRAWS = 24
"""Draws of the elasticities while a calendar is searched."""
OTHER = "*"
"""Name of the shelf of all other goods."""
LEAST_CUT = 0.03
"""Share more than usual from which a past week counts as cheap."""


class Figures(NamedTuple):
    """What shelves are made of, by category; arrays of shape (categories,)."""

    names: tuple[str, ...]
    days: Floats
    """Days of purchase per week, of everybody."""
    value: Floats
    """Value at list price of one, minor units."""
    margin: Floats
    """Margin at list price of one, minor units."""
    elasticity: Floats
    alone: Floats
    """Standard error that a category's elasticity has of its own."""
    shared: Floats
    """How far it moves with an error in the shop's mean elasticity."""


def figures_of(rates: Demand, prices: Elasticities) -> Figures:
    """Demand and elasticities by category; one without sold products in the panel is like the shop."""
    days = np.zeros(len(rates.categories))
    for people in rates.chunks():
        days += rates.rates.posterior(people.bought, people.known)[0].sum(axis=0)
    pooled, places = prices.pooled, {name: k for k, name in enumerate(prices.categories)}
    at = np.array([places.get(name, -1) for name in rates.categories], dtype=np.int64)
    seen = at >= 0
    weight = np.where(seen, pooled.category_weight[at], 0.0)
    shared = 1 - weight
    alone = np.maximum(pooled.category_se[at] ** 2 - (shared * pooled.shop_se) ** 2, 0.0)
    return Figures(
        rates.categories, 7 * days, rates.value, rates.margin, np.where(seen, pooled.category[at], pooled.shop),
        np.sqrt(np.where(seen, alone, pooled.between_categories**2)), shared,
    )  # fmt: skip


class Slopes(NamedTuple):
    """Figures of the whole shop, and how sure they are."""

    shop_se: float
    cross: float
    memory: float
    joint: Floats
    """Covariance of `cross` and `memory`, shape (2, 2)."""
    along: tuple[float, float]
    """How far own elasticities fall for each unit of `cross` and of `memory`."""

    @classmethod
    def of(cls, prices: Elasticities) -> "Slopes":
        """Those of a shop."""
        cross, past = prices.cross, prices.past
        along = (cross.along, past.along)
        return cls(prices.pooled.shop_se, cross.estimate, past.estimate, prices.joint, along)


def shelf_of(figures: Figures, wanted: Sequence[str] = (), most: int = MOST_SHELVES) -> Ints:
    """Shelf of each category: those that are wanted first, then the largest margins, the rest together as the last.

    >>> flat = np.ones(3)
    >>> figures = Figures(("a", "b", "c"), flat, flat, np.array([1.0, 2.0, 3.0]), flat, flat, flat)
    >>> shelf_of(figures, ["a"], most=2).tolist()
    [0, 1, 1]
    """
    first = np.array([name in wanted for name in figures.names])
    order = np.lexsort((-figures.days * figures.margin, ~first))
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return place if len(order) <= most else np.minimum(place, most - 1)


def shelves_of(
    figures: Figures, slopes: Slopes, shelf: Ints, *, season: Floats, before: Floats, draws: int = DRAWS, seed: int = 0
) -> Shelves:
    """Shelves of a calendar. A unit is a day's purchase in the category; a whole shelf on offer answers with own and
    cross elasticity together, as its goods take from each other.

    Args:
        figures: by category.
        slopes: of the shop.
        shelf: of each category.
        season: factor on the usual demand in each week, the echo included.
        before: depth in the `MEMORY` weeks before, by category, shape (categories, MEMORY).
        draws: possible worlds; 1: the estimates alone.
        seed: of the draws.
    """  # noqa: D205
    count = int(shelf.max()) + 1
    worth = figures.days * figures.value

    def mean(values: Floats) -> Floats:
        return np.asarray(
            np.bincount(shelf, worth * values, count) / np.maximum(np.bincount(shelf, worth, count), 1e-12), np.float64
        )

    rng = np.random.Generator(np.random.Philox(seed))
    luck = rng.standard_normal((draws, 2)) @ np.linalg.cholesky(slopes.joint + 1e-12 * np.eye(2)).T
    shop = slopes.shop_se * rng.standard_normal((draws, 1))
    alone = figures.alone * rng.standard_normal((draws, len(worth)))
    if draws == 1:
        luck, shop, alone = np.zeros((1, 2)), np.zeros((1, 1)), np.zeros((1, len(worth)))
    named = np.array([bool(name) for name in figures.names])
    own = figures.elasticity + figures.shared * shop + alone - (luck @ np.array(slopes.along))[:, None]
    power = np.clip(own + named * (slopes.cross + luck[:, :1]), *BOUNDS)
    days = np.bincount(shelf, figures.days, count)
    value = np.bincount(shelf, worth, count) / np.maximum(days, 1e-12)
    margin = np.bincount(shelf, figures.days * figures.margin, count) / np.maximum(days * value, 1e-12)
    names = [
        figures.names[int(np.flatnonzero(shelf == s)[0])] if (shelf == s).sum() == 1 else OTHER for s in range(count)
    ]
    return Shelves.of(
        names, days[:, None] * season, price=value, margin=margin, own=np.stack([mean(p) for p in power]),
        memory=np.repeat(np.clip(slopes.memory + luck[:, 1:], *(-BOUNDS[1], -BOUNDS[0])), count, axis=1),
        before=np.stack([mean(b) for b in before.T], axis=1),
    )  # fmt: skip


_WEEKLY = """
SELECT CAST(floor((day - {from_day}) / 7) AS INTEGER) AS week, sum(list_revenue)::DOUBLE AS list FROM sold
WHERE day >= {from_day} AND day < {until} GROUP BY 1 ORDER BY 1
"""


def season(shop: Shop, as_of: int, look_back: int, start: datetime) -> Floats:
    """Demand of each week of the calendar against that of the look-back, as a year before, shape (WEEKS + MEMORY,).

    Weeks are smoothed with their neighbours; ones where the data do not reach back far enough.
    """
    count = WEEKS + MEMORY
    first = int(start.timestamp() // 86_400) - 364
    earlier = as_of - 364 - look_back
    if earlier < int(shop.span.start.timestamp() // 86_400) or first + 7 * (count + 1) > as_of:
        return np.ones(count)
    weeks = _weekly(shop, first - 7, count + 2)
    usual = _weekly(shop, earlier, look_back // 7).mean()
    if not usual > 0:
        return np.ones(count)
    found: Floats = np.convolve(weeks, np.ones(3) / 3, mode="valid") / usual
    return np.clip(found, 0.2, 5.0)


def _weekly(shop: Shop, from_day: int, weeks: int) -> Floats:
    rows = shop.con.execute(_WEEKLY.format(from_day=from_day, until=from_day + 7 * weeks)).fetchnumpy()
    found = np.zeros(weeks)
    found[np.asarray(rows["week"], dtype=np.int64)] = rows["list"]
    return found


_DEPTHS = """
SELECT k.kind, CAST(floor((s.day - {from_day}) / 7) AS INTEGER) AS week,
       sum(s.discount)::DOUBLE / greatest(sum(s.list_revenue), 1)::DOUBLE AS depth
FROM sold s JOIN demand_kinds k USING (category)
WHERE s.day >= {from_day} AND s.day < {until} GROUP BY ALL ORDER BY k.kind, week
"""


def depths_before(shop: Shop, rates: Demand) -> Floats:
    """How much more than usual was taken off each category in the last weeks, shape (categories, MEMORY)."""
    weeks = rates.look_back // 7
    rows = shop.con.execute(_DEPTHS.format(from_day=rates.as_of - 7 * weeks, until=rates.as_of)).fetchnumpy()
    found = np.zeros((len(rates.categories), weeks))
    found[np.asarray(rows["kind"], dtype=np.int64), np.asarray(rows["week"], dtype=np.int64)] = rows["depth"]
    more = found[:, -MEMORY:] - np.median(found, axis=1, keepdims=True)
    return np.where(more >= LEAST_CUT, np.minimum(more, 0.9), 0.0)
