"""What shelves sell, week by week, while promotions run on them: own and cross effects, memory, stock.

A shelf is what a public promotion is on: a category, or a part of it. With log price factor L = log(1 - depth),

    units_sw = base_sw exp( own_s L_sw + lift_sw + sum_j cross_sj L_jw + memory_s mean(L_s,w-1 .. L_s,w-4) )

which is the model that `response.elasticity` estimates, on shelves instead of products: own < 0 sells more when
cheaper, cross > 0 takes from the other shelves, memory > 0 means that people stocked up and are missing later. Sales
end when a shelf's stock does. Earned is what is sold at list margin, less what is taken off the price, less what
units left at the end lose.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from netlift.allocation.search.question import Floats
from netlift.errors import DataError

MEMORY = 4
"""Weeks over which past prices are averaged; as many weeks after the last promotion are counted."""


class Sales(NamedTuple):
    """What courses of prices bring, under each draw; money in minor units, arrays of shape (draws, k)."""

    profit: Floats
    """Margin at list price less `spend` less what units left lose."""
    spend: Floats
    """Taken off the price of all that is sold, what would have been sold anyway too."""
    revenue: Floats
    """Paid for what is sold."""
    units: Floats
    """Sold, shape (draws, k, shelves)."""


@dataclass(frozen=True, eq=False)
class Shelves:
    """Shelves before any promotion, and how they answer to prices.

    Raises:
        DataError: arrays that do not fit together, numbers that are not finite, or prices and sales below 0.
    """

    names: tuple[str, ...]
    base: Floats
    """Units per week without promotions, season included, shape (shelves, weeks). The last `MEMORY` weeks are the echo:
    nothing can start in them."""
    price: Floats
    """Mean list price of a unit, minor units, shape (shelves,)."""
    margin: Floats
    """Share of the list price that is left after cost of goods, fees and returns, shape (shelves,)."""
    own: Floats
    """Own elasticity under each draw, shape (draws, shelves)."""
    cross: Floats
    """Of each shelf (row) to the price of each other (column) under each draw, shape (draws, shelves, shelves)."""
    memory: Floats
    """Under each draw, shape (draws, shelves)."""
    stock: Floats
    """Units that can be sold in all these weeks, shape (shelves,); inf: no limit."""
    left: Floats
    """What a unit left at the end loses, minor units, shape (shelves,); 0: it keeps its worth."""
    before: Floats
    """Depth in the `MEMORY` weeks before the first, the latest last, shape (shelves, MEMORY)."""

    @classmethod
    def of(
        cls,
        names: Sequence[str],
        base: ArrayLike,
        *,
        price: ArrayLike,
        margin: ArrayLike,
        own: ArrayLike,
        cross: ArrayLike = 0.0,
        memory: ArrayLike = 0.0,
        stock: ArrayLike = np.inf,
        left: ArrayLike = 0.0,
        before: ArrayLike = 0.0,
    ) -> "Shelves":
        """Shelves from arrays, or from numbers that hold for all; a first axis of `own`, `cross`, `memory` are draws.

        >>> shelves = Shelves.of(["tea", "coffee"], np.full((2, 8), 100.0), price=500, margin=0.4, own=-2.0, memory=0.5)
        >>> shelves.weeks, shelves.draws
        (4, 1)
        """
        level = np.atleast_2d(np.asarray(base, dtype=np.float64))
        n = len(names)
        slopes = [_draws(values, (n,)) for values in (own, memory)]
        between = _draws(cross, (n, n))
        draws = max(len(x) for x in (*slopes, between))
        if any(len(x) not in (1, draws) for x in (*slopes, between)):
            raise DataError("own, cross and memory need the same number of draws, or one that holds for all")
        between = np.where(np.eye(n, dtype=np.bool_), 0.0, between)
        of_shelf = [_spread(x, (n,)) for x in (price, margin, stock, left)]
        return cls(
            tuple(names), level, of_shelf[0], of_shelf[1], _spread(slopes[0], (draws, n)),
            _spread(between, (draws, n, n)), _spread(slopes[1], (draws, n)), of_shelf[2], of_shelf[3],
            _spread(before, (n, MEMORY)),
        )  # fmt: skip

    def __post_init__(self) -> None:
        if problem := _problem(self):
            raise DataError(problem)

    @property
    def weeks(self) -> int:
        """Weeks in which promotions can run."""
        return self.base.shape[1] - MEMORY

    @property
    def draws(self) -> int:
        """How many possible worlds there are."""
        return len(self.own)

    def sales(self, depth: Floats, given: Floats, lift: Floats) -> Sales:
        """What courses of promotions bring.

        Args:
            depth: share off the price that buyers answer to, shape (k, shelves, weeks).
            given: share off the price that the shop bears; usually the same.
            lift: log of what else draws buyers, such as a place at the front.
        """
        k, shelves, weeks = depth.shape
        log = np.zeros((k, shelves, MEMORY + self.base.shape[1]))
        log[..., :MEMORY] = np.log1p(-self.before)
        log[..., MEMORY : MEMORY + weeks] = np.log1p(-depth)
        now, more = log[..., MEMORY:], np.zeros((k, *self.base.shape))
        past = np.zeros_like(now)
        for lag in range(1, MEMORY + 1):
            past += log[..., MEMORY - lag : log.shape[2] - lag] / MEMORY
        more[..., :weeks] = lift
        off = np.zeros_like(more)
        off[..., :weeks] = given
        return self._all(now, past, more, off)

    def _all(self, now: Floats, past: Floats, more: Floats, off: Floats) -> Sales:
        """All draws at once; sums run in one order whatever stands beside, so an answer's value is its own."""
        power = self.own[:, None, :, None] * now + self.memory[:, None, :, None] * past + more
        for to, by in zip(*np.nonzero(self.cross.any(axis=0)), strict=True):
            power[:, :, to] += self.cross[:, to, by][:, None, None] * now[:, by]
        sold = self.base * np.exp(power)
        if np.isfinite(self.stock).any():
            sold = np.diff(np.minimum(np.cumsum(sold, axis=3), self.stock[:, None]), axis=3, prepend=0.0)
        units = sold.sum(axis=3)
        spend = ((sold * off).sum(axis=3) * self.price).sum(axis=2)
        worth = (units * (self.price * self.margin)).sum(axis=2)
        over = np.where(np.isfinite(self.stock), self.stock - units, 0.0)
        return Sales(
            worth - spend - (over * self.left).sum(axis=2), spend, (units * self.price).sum(axis=2) - spend, units
        )


def _draws(values: ArrayLike, shape: tuple[int, ...]) -> Floats:
    """Values with an axis of draws in front, shape (draws, *shape)."""
    array = np.asarray(values, dtype=np.float64)
    return array if array.ndim > len(shape) else _spread(array, shape)[None]


def _spread(values: ArrayLike, shape: tuple[int, ...]) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim == 1 and len(shape) > 1 and len(array) == shape[0] != shape[1]:
        array = array[:, None]
    try:
        return np.array(np.broadcast_to(array, shape))
    except ValueError:
        raise DataError(f"numbers of shape {array.shape} do not fit shelves, which need {shape}") from None


def _problem(s: Shelves) -> str | None:
    n = len(s.names)
    if len(set(s.names)) < n or not n:
        return "a calendar needs shelves, each with a name of its own"
    if s.base.shape[0] != n or s.base.shape[1] <= MEMORY:
        return f"base needs a row per shelf ({n}) and more than {MEMORY} weeks, got {s.base.shape}"
    for what in ("base", "price", "margin", "own", "cross", "memory", "left", "before"):
        if not np.isfinite(getattr(s, what)).all():
            return f"{what} must be finite numbers"
    if (s.base < 0).any() or (s.price < 0).any() or not (s.stock >= 0).all():
        return "base, price and stock must not be below 0"
    if (s.before < 0).any() or (s.before >= 1).any():
        return "before are depths: shares from 0 to below 1"
    return None
