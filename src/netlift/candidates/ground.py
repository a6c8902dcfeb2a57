"""The ground that ideas stand on: which goods an offer may be on, how deep it may go, whom there is to offer it to."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from hashlib import sha256

import numpy as np

from netlift.candidates import rounding
from netlift.candidates.asked import Asked, Channel
from netlift.candidates.audiences import Crowd, audiences
from netlift.candidates.candidate import Audience, Goal
from netlift.candidates.catalogue import Bools, Goods, Ints, Shelf
from netlift.candidates.guard import Guard
from netlift.candidates.sources import Baskets, Sources
from netlift.history.shop import day_number
from netlift.types import Window

LEAST_KEPT = 0.5
"""Share of the revenue of the goods that were meant which must remain after those that may not be on offer."""
MOST_NAMED = 100
"""Products, or categories, that a definition names at most; the best-selling ones."""
SHORTEST = 3
"""Days that are left at least where the start has to wait."""
LEAST_PERCENT = 5


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """Goods that an offer may be on, and when."""

    goods: Mapping[str, object]
    """The JSON of a form's field `goods`; empty: everything."""
    categories: tuple[str, ...]
    products: tuple[str, ...]
    rows: Ints
    """Of the catalogue's goods."""
    window: Window
    kept: float
    """Share of the revenue of the goods that were meant."""
    below_cost: float
    """Share of their revenue that would be sold below cost; 0 unless stock is to be cleared."""
    waits: int
    """Days by which the start is put off, because goods rest."""
    resting: tuple[str, ...]
    """Past personal promotions on these goods whose customers rest."""


class Ground:
    """Sources and wishes, made ready for ideas.

    Args:
        sources: what is known of the shop.
        asked: what is wanted.
    """

    def __init__(self, sources: Sources, asked: Asked) -> None:
        self.sources, self.asked = sources, asked
        self.goods: Goods = sources.catalogue.goods
        self.crowd = Crowd(sources.profiles, sources.interests)
        self.guard = Guard(self.goods, sources.past, asked.guard_days)
        self.window = asked.window(sources.as_of)

    def within(self, window: Window) -> "Ground":
        """The same ground, but everything happens within another window."""
        other = copy(self)
        other.window = window
        return other

    @property
    def baskets(self) -> Baskets | None:
        """What orders are like; None: there are none of late."""
        return self.sources.baskets

    @cached_property
    def audiences(self) -> Mapping[str, Audience]:
        """Audiences with at least one customer, by id."""
        return audiences(self.crowd)

    @cached_property
    def shelves(self) -> tuple[Shelf, ...]:
        """Categories by revenue, the largest first."""
        return tuple(sorted(self.sources.catalogue.shelves, key=lambda s: (-s.revenue_minor, s.category)))

    @cached_property
    def depths(self) -> tuple[int, int, int]:
        """Per cents off that leave 3/4, about half and 1/5 of the margin that nine tenths of sales have; 0: none."""
        weight = np.maximum(self.goods.revenue, 1)
        order = np.argsort(self.goods.margin, kind="stable")
        if not len(order):
            return 0, 0, 0
        share = np.cumsum(weight[order]) / weight.sum()
        least = float(self.goods.margin[order][np.searchsorted(share, 0.1)])
        light, usual, deep = (rounding.percent(max(0.0, part * least)) for part in (0.25, 0.45, 0.8))
        return (light or (LEAST_PERCENT if usual else 0)), usual, deep

    @property
    def everything(self) -> Ints:
        """Rows of all goods."""
        return np.arange(self.goods.size, dtype=np.int64)

    def on_shelf(self, category: str) -> Ints:
        """Rows of the goods of a category."""
        return self.sources.catalogue.on_shelf.get(category, np.zeros(0, dtype=np.int64))

    def wants(self, goal: Goal) -> bool:
        """Whether a goal was asked for."""
        return goal in self.asked.goals

    def channel(self, key: str) -> Channel | None:
        """One of the channels, always the same for the same key; None: there are none."""
        channels = self.asked.channels
        return channels[int(digest(key)[:8], 16) % len(channels)] if channels else None

    def deepest(
        self,
        rows: Ints,
        percents: Sequence[int],
        *,
        category: str | None = None,
        personal: bool = False,
        cut: bool = True,
    ) -> tuple[int, Choice] | None:
        """The first of these per cents off that goods may bear, with them; None: not even the last."""
        for off in percents:
            choice = self.pick(rows, off / 100, category=category, personal=personal, cut=cut) if off else None
            if choice is not None:
                return off, choice
        return None

    def pick(
        self,
        rows: Ints,
        depth: float,
        *,
        category: str | None = None,
        named: bool = False,
        personal: bool = False,
        cut: bool = True,
        clear: bool = False,
        least: float = LEAST_KEPT,
    ) -> Choice | None:
        """Those of some goods that may be on offer at a depth, and the earliest window in which most of them may.

        A unit keeps its cost; an announced price cut stays below the lowest price of the last 30 days; goods rest after
        a promotion.

        Args:
            rows: goods that are meant.
            depth: the most that a unit, or a set, loses of its list price, as a share of it.
            category: their category, if they are a whole one.
            named: whether they are to be named one by one.
            personal: whether it is for chosen customers.
            cut: whether prices on the shelf are cut, not baskets rewarded.
            clear: whether stock is cleared, at a loss if it must be.
            least: share of their revenue that must be left.
        """
        sound = self._sound(rows, depth, cut=cut and not personal, clear=clear)
        free = self.guard.free_from(personal=personal)[rows]
        for waits, window in self._windows(free):
            kept = rows[sound & (free <= day_number(window.start))]
            choice = self._named(rows, kept, category, named)
            if choice is not None:
                goods, categories, products, left = choice
                losing = left[self.goods.price[left] * (1 - depth) < self.goods.cost[left]]
                share = self._share(left, rows)
                if share >= least:
                    return Choice(
                        goods, categories, products, left, window, share, self._share(losing, left), waits,
                        self.guard.resting(left, day_number(window.start)) if personal else (),
                    )  # fmt: skip
        return None

    def _sound(self, rows: Ints, depth: float, *, cut: bool, clear: bool) -> Bools:
        price, cost = self.goods.price[rows], self.goods.cost[rows]
        after = np.floor(price * (1 - depth) + 1e-9)
        sound: Bools = (after >= cost) | clear
        return sound & (after < self.goods.lowest[rows]) if cut and depth > 0 else sound

    def _windows(self, free: Ints) -> list[tuple[int, Window]]:
        """The window asked about, then shorter ones that begin when more of the goods have rested."""
        first, end = self.window.start, self.window.end
        begins = day_number(first)
        days = max(1, round(self.window.days))
        shortest = max(min(SHORTEST, days), days // 3)
        later = sorted({int(day) for day in free if day > begins})
        found = [(0, self.window)]
        for day in later:
            start = _start_of(day, first)
            if end - start >= timedelta(days=shortest):
                found.append((day - begins, Window(start, end)))
        return found

    def _named(
        self, meant: Ints, kept: Ints, category: str | None, named: bool
    ) -> tuple[dict[str, object], tuple[str, ...], tuple[str, ...], Ints] | None:
        """How the goods are named: as everything, by category, or one by one."""
        if not len(kept):
            return None
        if not named and category is not None and len(kept) == len(meant):
            return {"categories": [category]}, (category,), (), kept
        if not named and len(kept) == self.goods.size:
            return {}, (), (), kept
        if not named and category is None:
            names = self._whole_shelves(kept)
            left = np.sort(np.concatenate([self.on_shelf(name) for name in names])) if names else kept[:0]
            return ({"categories": list(names)}, names, (), left) if names else None
        best = kept[np.lexsort((self.goods.product_id[kept].astype(str), -self.goods.revenue[kept]))][:MOST_NAMED]
        best = np.sort(best)
        products = tuple(str(product) for product in self.goods.product_id[best])
        return {"products": list(products)}, (), products, best

    def _whole_shelves(self, kept: Ints) -> tuple[str, ...]:
        """Categories all of whose goods are kept; the best-selling ones, by name."""
        inside = np.zeros(self.goods.size, dtype=bool)
        inside[kept] = True
        whole = [shelf.category for shelf in self.shelves if inside[self.on_shelf(shelf.category)].all()]
        return tuple(sorted(whole[:MOST_NAMED]))

    def _share(self, part: Ints, whole: Ints) -> float:
        """Revenue of some goods as a share of that of others; by number where nothing was sold."""
        total = int(self.goods.revenue[whole].sum())
        if total:
            return int(self.goods.revenue[part].sum()) / total
        return len(part) / len(whole) if len(whole) else 0.0


def digest(*parts: object) -> str:
    """A hash of values, the same on every machine.

    >>> digest("a", 1)[:6]
    '839e11'
    """
    return sha256("\x1f".join(str(part) for part in parts).encode()).hexdigest()


def _start_of(day: int, like: datetime) -> datetime:
    """A day at the time of day of another moment, or later."""
    clock = like.astimezone(UTC)
    return datetime.fromtimestamp(day * 86_400, UTC).replace(hour=clock.hour, minute=clock.minute)


def best_sellers(ground: Ground, rows: Ints, most: int) -> Sequence[int]:
    """The goods with the most revenue among some, ties by id; sold by the piece only."""
    goods = ground.goods
    sold = rows[(goods.revenue[rows] > 0) & ~goods.measured[rows]]
    order = np.lexsort((goods.product_id[sold].astype(str), -goods.revenue[sold]))
    return [int(row) for row in sold[order][:most]]
