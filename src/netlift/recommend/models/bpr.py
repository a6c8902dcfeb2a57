"""Bayesian personalised ranking: what was done comes before what was not, pair by drawn pair.

Rendle et al. 2009 (arXiv:1205.2618).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from netlift.errors import ConfigError
from netlift.recommend.ids import Ints
from netlift.recommend.models._sweeps import Factors, products
from netlift.recommend.pairs import passes
from netlift.recommend.reasons import Shown, nearest, told
from netlift.recommend.recommender import Recommender, Scores

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(kw_only=True)
class Bpr(Recommender):
    """Products of user and item factors, and an inclination to each item, moved by one pair at a time.

    Each step draws an interaction and an item that the same user has not, and moves both apart; steps depend on each
    other, so they run on one thread.

    Args:
        factors: dimensions.
        passes: steps for each interaction.
        rate: length of the steps.
        ridge: penalty of squared factors.
        seed: of the first factors and of the draws.
    """

    kind = "bpr"

    factors: int = 64
    passes: int = 100
    rate: float = 0.05
    ridge: float = 0.01
    seed: int = 0

    def _fit(self) -> None:
        if self.factors < 1 or self.passes < 1 or not self.rate > 0 or not self.ridge >= 0:
            raise ConfigError("bpr needs factors and passes of at least 1, a rate above 0 and a ridge of at least 0")
        matrix = self.seen_.matrix
        rng = np.random.default_rng(self.seed)
        spread = 0.1 / np.sqrt(self.factors)
        self.users_: Factors = rng.normal(0, spread, (matrix.shape[0], self.factors)).astype(np.float32)
        self.items_: Factors = rng.normal(0, spread, (matrix.shape[1], self.factors)).astype(np.float32)
        self.users_[np.diff(matrix.indptr) == 0] = 0  # who had nothing gets what most incline to
        self.inclined_: Factors = np.zeros(matrix.shape[1], np.float32)
        user = np.repeat(np.arange(matrix.shape[0], dtype=np.int32), np.diff(matrix.indptr))
        if not len(user):
            return
        start = int(rng.integers(1, 2**63))
        passes(
            (matrix.indptr, matrix.indices, user),
            (self.users_, self.items_, self.inclined_),
            self.passes,
            (np.float32(self.rate), np.float32(self.ridge)),
            np.uint64(start),
        )

    def _score(self, users: Ints) -> Scores:
        scores = products(self.users_[users], self.items_)
        scores += self.inclined_
        return scores

    def reasons(self, user: int, items: Ints) -> list[tuple[str, ...]]:
        """Of what the customer had, what lies nearest to each; popular where nothing lies on its side."""
        found = self.reason_lists(np.array([user]), items, np.array([0, len(items)]))
        return [tuple(why) for why in found.to_pylist()]

    def reason_lists(self, users: Ints, items: Ints, starts: Ints) -> "pa.ListArray":
        """The same of many lists."""
        best = nearest(Shown(users, items, starts), self.seen_.matrix, self.items_, 0.0)
        return told(self.seen_.items, best, "because_bought")
