"""EASE: a product's score is a weighted sum of what the customer had, with weights in closed form.

Steck 2019, doi:10.1145/3308558.3313710.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from netlift.errors import ConfigError
from netlift.recommend.ids import Ints
from netlift.recommend.reasons import Shown, told, weightiest
from netlift.recommend.recommender import Recommender, Scores

if TYPE_CHECKING:
    import pyarrow as pa

MOST = 20_000
"""Products up to which the weights fit: 1.6 GB in float32, and 3.2 GB while they are worked out."""


@dataclass(kw_only=True)
class Ease(Recommender):
    """Linear weights between products, none to themselves, held down by a ridge.

    Args:
        ridge: penalty of the squared weights, above 0.
        binary: whether it counts only that, not how often, somebody had something.
    """

    kind = "ease"

    ridge: float = 300.0
    binary: bool = True

    def _fit(self) -> None:
        import scipy.linalg as la

        matrix = self.seen_.matrix
        items = matrix.shape[1]
        if items > MOST:
            raise ConfigError(
                f"ease keeps a weight for every pair of products, and {items:,} are over {MOST:,}: use ials or rp3beta"
            )
        if not self.ridge > 0:
            raise ConfigError(f"ridge must be above 0, got {self.ridge}")
        self.had_ = matrix.copy()
        if self.binary:
            self.had_.data[:] = 1.0
        gram = (self.had_.T @ self.had_).toarray().astype(np.float64 if items <= 5_000 else np.float32)
        gram[np.diag_indices(items)] += self.ridge
        if items:
            factor = la.cholesky(gram, lower=True, overwrite_a=True, check_finite=False)
            invert: Any = la.get_lapack_funcs("potri", (factor,))
            inverse, _ = invert(factor, lower=True, overwrite_c=True)  # a factor with a diagonal above 0 has an inverse
            inverse = np.tril(inverse) + np.tril(inverse, -1).T
            inverse /= -np.diag(inverse)[None, :]
        else:
            inverse = gram
        inverse[np.diag_indices(items)] = 0.0
        self.weights_ = inverse.astype(np.float32)

    def _score(self, users: Ints) -> Scores:
        scores: Scores = np.asarray(self.had_[users] @ self.weights_, np.float32)
        return scores

    def reasons(self, user: int, items: Ints) -> list[tuple[str, ...]]:
        """What the customer had that speaks most for each; popular where nothing speaks for it."""
        found = self.reason_lists(np.array([user]), items, np.array([0, len(items)]))
        return [tuple(why) for why in found.to_pylist()]

    def reason_lists(self, users: Ints, items: Ints, starts: Ints) -> "pa.ListArray":
        """The same of many lists."""
        shown = Shown(users, items, starts)
        return told(self.seen_.items, weightiest(shown, self.had_, self.weights_), "because_bought")
