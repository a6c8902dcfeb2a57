"""Implicit alternating least squares: taste and goods as points, near where something was done.

Hu, Koren and Volinsky 2008, doi:10.1109/ICDM.2008.22, with a ridge that follows how much was done, as in Rendle et al.
2021 (arXiv:2110.14037): without it the busiest decide for all.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from netlift.errors import ConfigError
from netlift.recommend.ids import Ints
from netlift.recommend.models._sweeps import Factors, Fixed, Met, products, sweep
from netlift.recommend.reasons import Shown, nearest, told
from netlift.recommend.recommender import Recommender, Scores

if TYPE_CHECKING:
    import pyarrow as pa


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
        turned = sp.csr_array(matrix.T)
        rng = np.random.default_rng(self.seed)
        spread = 0.1 / np.sqrt(self.factors)
        self.users_: Factors = rng.normal(0, spread, (matrix.shape[0], self.factors)).astype(np.float32)
        self.items_: Factors = rng.normal(0, spread, (matrix.shape[1], self.factors)).astype(np.float32)
        for _ in range(self.sweeps):
            self._sweep(matrix, self.users_, self.items_)
            self._sweep(turned, self.items_, self.users_)
        self._sweep(matrix, self.users_, self.items_)  # users answer to the goods as they are now

    def _sweep(self, matrix: object, mine: Factors, theirs: Factors) -> None:
        starts, others, data = matrix.indptr, matrix.indices, matrix.data  # type: ignore[attr-defined]
        gram = self.unobserved * (theirs.T @ theirs)
        weight = (1 + self.confidence * data).astype(np.float32)
        size = np.diff(starts) + self.unobserved * len(theirs)
        ridge = (self.ridge * size**self.power).astype(np.float32)
        met = Met(others.astype(np.int32, copy=False), weight)
        sweep(starts.astype(np.int64), met, Fixed(theirs, gram.astype(np.float32)), ridge, self.steps, mine)

    def _score(self, users: Ints) -> Scores:
        return products(self.users_[users], self.items_)

    def reasons(self, user: int, items: Ints) -> list[tuple[str, ...]]:
        """Of what the customer had, what lies nearest to each."""
        found = self.reason_lists(np.array([user]), items, np.array([0, len(items)]))
        return [tuple(why) for why in found.to_pylist()]

    def reason_lists(self, users: Ints, items: Ints, starts: Ints) -> "pa.ListArray":
        """The same of many lists."""
        shown = Shown(users, items, starts)
        return told(self.seen_.items, nearest(shown, self.seen_.matrix, self.items_), "because_bought")
