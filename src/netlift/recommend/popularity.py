"""What most people want, of late, among people alike: what is left to say of those of whom nothing else is known."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Self

import numpy as np
from numpy.typing import NDArray

from netlift.recommend.about import About
from netlift.recommend.ids import Ints
from netlift.recommend.interactions import Interactions

CELLS = 20_000_000
"""Segments times items that are counted at most: 160 MB, and a few times that meanwhile; the smallest segments are
counted with those that have none."""
_DAY = timedelta(days=1).total_seconds() * 1e6


@dataclass(frozen=True, slots=True, eq=False)
class Popularity:
    """Shares of what was done, by segment."""

    segments: list[str]
    """Ordered; one that is empty where nothing is known of anybody."""
    of: Ints
    """Segment of each user, shape (users,)."""
    shares: NDArray[np.float32]
    """Shape (segments, items)."""
    everybody: NDArray[np.float32]
    """Shape (items,)."""

    @classmethod
    def learned(
        cls, seen: Interactions, about: About, *, half_life_days: float | None = 30.0, least: int = 200
    ) -> Self:
        """From what was done; see `models.popular.Popular`."""
        weight = seen.weight.astype(np.float64)
        if half_life_days is not None and len(seen):
            weight *= 0.5 ** ((seen.at.max() - seen.at) / (half_life_days * _DAY))
        segments, of = _largest(_segments(seen, about), max(CELLS // max(len(seen.items), 1), 1))
        shape = (len(segments), len(seen.items))
        place = of[seen.user] * shape[1] + seen.item
        own = np.bincount(place, weight, shape[0] * shape[1]).reshape(shape).astype(np.float64)
        trust = np.minimum(np.bincount(of[seen.user], minlength=shape[0]) / max(least, 1), 1.0)[:, None]
        everybody = _shares(own.sum(axis=0)[None])
        mixed = (trust * _shares(own) + (1 - trust) * everybody).astype(np.float32)
        return cls([str(name) for name in segments], of, mixed, everybody[0].astype(np.float32))

    def newcomer(self, segment: str | None = None) -> NDArray[np.float32]:
        """Scores of all items for somebody unknown, of a segment if that is known, shape (items,)."""
        return self.shares[self.segments.index(segment)] if segment in self.segments else self.everybody

    def reasons(self, items: Ints) -> list[tuple[str, ...]]:
        """Popular, or nothing known where nobody ever did anything with them."""
        return [("popular",) if self.everybody[item] > 0 else ("nothing_known",) for item in items]


def _segments(seen: Interactions, about: About) -> NDArray[np.str_]:
    users = about.users
    found = np.full(len(seen.users), "", dtype=object)
    if users is not None and "segment" in users.column_names:
        place = seen.users.positions(users["customer_id"])
        told = np.array([str(name or "") for name in users["segment"].to_pylist()], dtype=object)
        found[place[place >= 0]] = told[place >= 0]
    return found.astype(np.str_)


def _largest(told: NDArray[np.str_], most: int) -> tuple[NDArray[np.str_], Ints]:
    """Names of segments, at most so many, and that of each user; of equal size the first by name."""
    names, of, sizes = np.unique(told, return_inverse=True, return_counts=True)
    if len(names) > most:
        small = np.ones(len(names), np.bool_)
        small[np.lexsort((np.arange(len(names)), -sizes))[: most - 1]] = False
        names, of = np.unique(np.where(small[of], "", told), return_inverse=True)
    return names, of


def _shares(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    total = sums.sum(axis=1, keepdims=True)
    return np.divide(sums, total, out=np.zeros_like(sums), where=total > 0)
