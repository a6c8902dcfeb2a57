"""What most people want, of late, among people alike: the answer for those of whom nothing is known."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from netlift.recommend.ids import Ints
from netlift.recommend.recommender import Recommender, Scores

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(kw_only=True)
class Popular(Recommender):
    """Sums of weights, halved for every half-life that lies between an event and the last one.

    Args:
        half_life_days: None: what is old counts as much.
        least: events of a segment from which on it has a list of its own; below, everybody's counts in proportion.
    """

    kind = "popular"

    half_life_days: float | None = 30.0
    least: int = 200

    def _fit(self) -> None:
        seen = self.seen_
        weight = seen.weight.astype(np.float64)
        if self.half_life_days is not None and len(seen):
            age = (seen.at.max() - seen.at) / (self.half_life_days * timedelta(days=1).total_seconds() * 1e6)
            weight *= 0.5**age
        of = self._segments()
        self.names_, group = np.unique(of, return_inverse=True)
        shape = (len(self.names_), len(seen.items))
        place = group[seen.user] * shape[1] + seen.item
        own = np.bincount(place, weight, shape[0] * shape[1]).reshape(shape).astype(np.float64)
        everybody = own.sum(axis=0)
        events = np.bincount(group[seen.user], minlength=shape[0])
        trust = np.minimum(events / max(self.least, 1), 1.0)[:, None]
        self.group_ = group
        self.scores_ = trust * _shares(own) + (1 - trust) * _shares(everybody[None])
        self.everybody_ = _shares(everybody[None])[0].astype(np.float32)

    def _segments(self) -> "NDArray[np.str_]":
        """Segment of each user; one and the same where nothing is known."""
        users = self.about_.users
        found = np.full(len(self.seen_.users), "", dtype=object)
        if users is not None and "segment" in users.column_names:
            place = self.seen_.users.positions(users["customer_id"])
            known = place >= 0
            told = np.array([str(name or "") for name in users["segment"].to_pylist()], dtype=object)
            found[place[known]] = told[known]
        return found.astype(np.str_)

    def _score(self, users: Ints) -> Scores:
        scores: Scores = self.scores_[self.group_[users]].astype(np.float32)
        return scores

    def newcomer(self, segment: str | None = None) -> Scores:
        """Scores of all items for somebody unknown, of a segment if that is known, shape (items,)."""
        at = self.names_.tolist().index(segment) if segment and segment in self.names_ else -1
        scores: Scores = self.everybody_ if at < 0 else self.scores_[at].astype(np.float32)
        return scores

    def reasons(self, user: int, items: Ints) -> list[tuple[str, ...]]:
        """Popular, or nothing known where nobody ever did anything."""
        del user
        return [("popular",) if self.everybody_[item] > 0 else ("nothing_known",) for item in items]


def _shares(sums: "NDArray[np.float64]") -> "NDArray[np.float64]":
    total = sums.sum(axis=1, keepdims=True)
    return np.divide(sums, total, out=np.zeros_like(sums), where=total > 0)
