"""What people alike have: the goods of those most alike to a customer (Resnick et al. 1994)."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from netlift.recommend.ids import Ints
from netlift.recommend.models._neighbours import nearest, summed, weighted
from netlift.recommend.recommender import Recommender, Scores


@dataclass(kw_only=True)
class UserKnn(Recommender):
    """Sum, over the customers most alike, of what they had, each as far as they are alike.

    Args:
        neighbours: of each customer.
        how: cosine, tfidf or bm25.
        shrink: trusts likeness that rests on few goods less; 0: as much.
        least: likeness above which others count as neighbours, from 0 to below 1.
    """

    kind = "user_knn"

    neighbours: int = 100
    how: Literal["cosine", "tfidf", "bm25"] = "tfidf"
    shrink: float = 0.0
    least: float = 0.0

    def _fit(self) -> None:
        self.rows_: Any = weighted(self.seen_.matrix, self.how)
        self.like_: Any = nearest(self.rows_, self.rows_, self.neighbours, self.shrink, self.least)

    def _score(self, users: Ints) -> Scores:
        return summed(self.like_, users, self.rows_)

    def reasons(self, user: int, items: Ints) -> list[tuple[str, ...]]:
        """People alike, where any of them has it."""
        alike = self.like_.indices[self.like_.indptr[user] : self.like_.indptr[user + 1]]
        theirs = np.isin(items, self.rows_[alike].indices)
        return [("like_you",) if has else ("popular",) for has in theirs.tolist()]
