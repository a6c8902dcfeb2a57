"""What is bought again: how often and how lately a customer had something, with what is popular behind it.

Counts of the personal past are hard to beat where goods are used up (Li et al. 2023, arXiv:2109.14233). Here an
old purchase counts less, by days and by baskets in between, and everybody's purchases stand as a prior: whoever has
bought little is expected to buy what others buy.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from netlift.errors import ConfigError
from netlift.recommend.ids import Ints
from netlift.recommend.interactions import Interactions
from netlift.recommend.popularity import Popularity
from netlift.recommend.recommender import Recommender, Scores

_DAY = 86_400e6


@dataclass(kw_only=True)
class Repeat(Recommender):
    """Share of each product in what a customer is expected to buy: `(own + prior * popular) / (sum of own + prior)`.

    A score is the posterior mean of shares that are Dirichlet around everybody's. Own purchases are sums of the events'
    weights. What is bought again must be allowed in lists: `Rules(bought="allow")`, or name it as replenishable.

    Args:
        half_life_days: in which a customer's own events come to count half; None: old ones count as much.
        half_life_baskets: later baskets of the customer after which an event counts half; a basket is everything at
            one time. None: they do not matter.
        prior: purchases of one's own that weigh as much as everybody's; 0: only one's own count.
        popular_half_life_days: the same as `half_life_days` for everybody's.
    """

    kind = "repeat"
    again = True

    half_life_days: float | None = 60.0
    half_life_baskets: float | None = None
    prior: float = 1.0
    popular_half_life_days: float | None = 30.0

    def _fit(self) -> None:
        import scipy.sparse as sp

        self._check()
        seen = self.seen_
        weight = seen.weight.astype(np.float64)
        if self.half_life_days is not None and len(seen):
            weight *= 0.5 ** ((seen.at.max() - seen.at) / (self.half_life_days * _DAY))
        if self.half_life_baskets is not None:
            weight *= 0.5 ** (later_baskets(seen) / self.half_life_baskets)
        matrix = seen.matrix
        pairs = seen.user.astype(np.int64) * max(len(seen.items), 1) + seen.item
        _, place = np.unique(pairs, return_inverse=True)  # the order of the matrix: by user, then item
        own = np.bincount(place, weight, minlength=matrix.nnz).astype(np.float32)
        self.own_ = sp.csr_array((own, matrix.indices, matrix.indptr), shape=matrix.shape)
        self.total_ = np.bincount(seen.user, weight, minlength=len(seen.users))
        self.popularity_ = Popularity.learned(seen, self.about_, half_life_days=self.popular_half_life_days)

    def _check(self) -> None:
        for name in ("half_life_days", "half_life_baskets", "popular_half_life_days"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise ConfigError(f"{name} must be above 0, got {value}: None lets nothing fade")
        if not 0 <= self.prior < np.inf:
            raise ConfigError(f"prior must be 0 or more, got {self.prior}")

    def _score(self, users: Ints) -> Scores:
        scores: Scores = np.asarray(self.own_[users].toarray(), np.float32)
        shares = np.float32(self.prior) * self.popularity_.shares
        for row, segment in enumerate(self.popularity_.of[users].tolist()):  # one copy of everybody's, not one each
            scores[row] += shares[segment]
        whole = (self.total_[users] + self.prior).astype(np.float32)
        scores /= np.where(whole > 0, whole, np.float32(1))[:, None]
        return scores

    def popularity(self) -> Popularity:
        """Its own."""
        return self.popularity_

    def reasons(self, user: int, items: Ints) -> list[tuple[str, ...]]:
        """Bought again, or popular."""
        had = set(self.own_.indices[self.own_.indptr[user] : self.own_.indptr[user + 1]].tolist())
        others = self.popularity_.reasons(items)
        return [("bought_again",) if int(item) in had else why for item, why in zip(items, others, strict=True)]


def later_baskets(seen: Interactions) -> NDArray[np.int64]:
    """How many baskets of the same customer came after each event's, shape (events,)."""
    if not len(seen):
        return np.empty(0, np.int64)
    new = np.ones(len(seen), np.int64)
    new[1:] = (seen.user[1:] != seen.user[:-1]) | (seen.at[1:] != seen.at[:-1])
    number = np.cumsum(new)
    last = np.zeros(len(seen.users), np.int64)
    last[seen.user] = number  # events come by user and time, so the last one stays
    return last[seen.user] - number
