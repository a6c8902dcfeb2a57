"""Implicit alternating least squares: taste and goods as points, near where something was done.

Hu, Koren and Volinsky 2008, doi:10.1109/ICDM.2008.22, with a ridge that follows how much was done, as in Rendle et al.
2021 (arXiv:2110.14037): without it the busiest decide for all.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from netlift.errors import ConfigError
from netlift.recommend.ids import Ints
from netlift.recommend.models._sweeps import Factors, Fixed, Met, products, sweep
from netlift.recommend.reasons import Shown, nearest, told
from netlift.recommend.recommender import Recommender, Scores

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS = 10_000
"""That are drawn at a time."""


@dataclass(kw_only=True)
class Ials(Recommender):
    """Products of user and item factors, fitted to 1 where something was done and to 0, weakly, elsewhere.

    Args:
        factors: dimensions.
        sweeps: over users and items.
        ridge: penalty of squared factors.
        power: how the ridge grows with what a user or item has: 1 in proportion, 0 not at all.
        unobserved: weight of everything that was not done.
        confidence: what each unit of weight of an interaction adds to its weight of 1.
        steps: of conjugate gradients in each sweep.
        seed: of the first factors.
    """

    kind = "ials"

    factors: int = 64
    sweeps: int = 15
    ridge: float = 0.03
    power: float = 1.0
    unobserved: float = 0.1
    confidence: float = 0.0
    steps: int = 3
    seed: int = 0

    def _fit(self) -> None:
        import scipy.sparse as sp

        if self.factors < 1 or self.sweeps < 1 or not self.ridge > 0 or not self.unobserved > 0:
            raise ConfigError("ials needs factors and sweeps of at least 1, and ridge and unobserved above 0")
        matrix = self.seen_.matrix
        amounts = matrix.data if self.confidence else np.ones(matrix.nnz, np.int8)  # which are then not looked at
        turned = sp.csr_array(sp.csr_array((amounts, matrix.indices, matrix.indptr), shape=matrix.shape).T)
        rng = np.random.default_rng(self.seed)
        self.users_: Factors = _drawn(rng, len(self.seen_.users), self.factors)
        self.items_: Factors = _drawn(rng, len(self.seen_.items), self.factors)
        for _ in range(self.sweeps):
            self._sweep(matrix, self.users_, self.items_)
            self._sweep(turned, self.items_, self.users_)
        self._sweep(matrix, self.users_, self.items_)  # users answer to the goods as they are now

    def _sweep(self, matrix: Any, mine: Factors, theirs: Factors) -> None:
        gram = self.unobserved * (theirs.T @ theirs)
        size = np.diff(matrix.indptr) + self.unobserved * len(theirs)
        ridge = (self.ridge * size**self.power).astype(np.float32)
        amounts = matrix.data if self.confidence else np.empty(0, np.float32)
        met = Met(matrix.indices.astype(np.int32, copy=False), amounts, np.float32(self.confidence))
        fixed = Fixed(theirs, gram.astype(np.float32))
        sweep(matrix.indptr.astype(np.int64, copy=False), met, fixed, ridge, self.steps, mine)

    def _score(self, users: Ints) -> Scores:
        return products(self.users_[users], self.items_)

    def reasons(self, user: int, items: Ints) -> list[tuple[str, ...]]:
        """Of what the customer had, what lies nearest to each; popular where nothing lies on its side."""
        found = self.reason_lists(np.array([user]), items, np.array([0, len(items)]))
        return [tuple(why) for why in found.to_pylist()]

    def reason_lists(self, users: Ints, items: Ints, starts: Ints) -> "pa.ListArray":
        """The same of many lists."""
        shown = Shown(users, items, starts)
        return told(self.seen_.items, nearest(shown, self.seen_.matrix, self.items_, 0.0), "because_bought")


def _drawn(rng: np.random.Generator, rows: int, factors: int) -> Factors:
    """Small first factors, shape (rows, factors); a part at a time, so that they are never there in double."""
    found = np.empty((rows, factors), np.float32)
    for start in range(0, rows, _ROWS):
        part = found[start : start + _ROWS]
        part[:] = rng.normal(0, 0.1 / np.sqrt(factors), part.shape)
    return found
