"""Random walks: from a product to those who have it, to their other goods, with popularity held down.

P3 alpha: Cooper et al. 2014, doi:10.1145/2567948.2579244; RP3 beta: Paudel et al. 2017, doi:10.1145/2955101.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from netlift.recommend.ids import Ints
from netlift.recommend.models._neighbours import Sparse, best, summed
from netlift.recommend.reasons import Shown, linked, told
from netlift.recommend.recommender import Recommender, Scores

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(kw_only=True)
class Rp3Beta(Recommender):
    """Sum, over what the customer had, of the chances to walk from it to each product.

    Args:
        alpha: power of the chances of each step.
        beta: power of the popularity by which chances are divided; 0 leaves popular goods as they are.
        neighbours: products that are kept beside each.
    """

    kind = "rp3beta"

    alpha: float = 1.0
    beta: float = 0.6
    neighbours: int = 200

    def _fit(self) -> None:
        import scipy.sparse as sp

        matrix = self.seen_.matrix
        items = matrix.shape[1]
        to_items = _steps(matrix, self.alpha)
        to_users = _steps(sp.csr_array(matrix.T), self.alpha)
        popular = np.maximum(np.bincount(matrix.indices, minlength=items), 1) ** -self.beta
        self.walks_: Sparse = best(to_users, to_items, self.neighbours, own=True, by=popular.astype(np.float32))

    def _score(self, users: Ints) -> Scores:
        had = self.seen_.matrix[users]
        had.data = np.ones_like(had.data)
        return summed(had, np.arange(len(users)), self.walks_)

    def reasons(self, user: int, items: Ints) -> list[tuple[str, ...]]:
        """What the customer had from which most walks lead to each."""
        found = self.reason_lists(np.array([user]), items, np.array([0, len(items)]))
        return [tuple(why) for why in found.to_pylist()]

    def reason_lists(self, users: Ints, items: Ints, starts: Ints) -> "pa.ListArray":
        """The same of many lists."""
        shown = Shown(users, items, starts)
        return told(self.seen_.items, linked(shown, self.seen_.matrix, self.walks_, amounts=False), "because_bought")


def _steps(matrix: Any, power: float) -> Any:
    """Chances of a step from each row to its columns."""
    import scipy.sparse as sp

    found = sp.csr_array(matrix, dtype=np.float32, copy=True)
    found.data[:] = 1.0
    sizes = np.maximum(np.diff(found.indptr), 1).astype(np.float32)
    found.data = (found.data / np.repeat(sizes, np.diff(found.indptr))) ** np.float32(power)
    return found
