"""Goods that the same people have: those most alike to what a customer had (Sarwar et al. 2001)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from netlift.recommend.ids import Ints
from netlift.recommend.models._neighbours import nearest, summed, weighted
from netlift.recommend.reasons import Shown, linked, told
from netlift.recommend.recommender import Recommender, Scores

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(kw_only=True)
class ItemKnn(Recommender):
    """Sum, over what the customer had, of how alike each product is to it.

    Args:
        neighbours: of each product.
        how: cosine, tfidf or bm25.
        shrink: trusts likeness that rests on few customers less; 0: as much.
        least: likeness above which others count as neighbours, from 0 to below 1.
    """

    kind = "item_knn"

    neighbours: int = 100
    how: Literal["cosine", "tfidf", "bm25"] = "bm25"
    shrink: float = 0.0
    least: float = 0.0

    def _fit(self) -> None:
        import scipy.sparse as sp

        rows = weighted(sp.csr_array(self.seen_.matrix.T), self.how)
        self.like_: Any = nearest(rows, rows, self.neighbours, self.shrink, self.least)
        self.turned_: Any = sp.csr_array(self.like_.T)

    def _score(self, users: Ints) -> Scores:
        return summed(self.seen_.matrix, users, self.turned_)

    def related(self, item: int, n: int) -> tuple[Ints, Scores]:
        """Places of the goods most alike to one, and how much, best first."""
        row = self.like_[[item]]
        order = np.lexsort((row.indices, -row.data))[:n]
        return row.indices[order].astype(np.int64), row.data[order]

    def reasons(self, user: int, items: Ints) -> list[tuple[str, ...]]:
        """What the customer had that each is most alike to."""
        found = self.reason_lists(np.array([user]), items, np.array([0, len(items)]))
        return [tuple(why) for why in found.to_pylist()]

    def reason_lists(self, users: Ints, items: Ints, starts: Ints) -> "pa.ListArray":
        """The same of many lists."""
        shown = Shown(users, items, starts)
        return told(self.seen_.items, linked(shown, self.seen_.matrix, self.turned_, amounts=True), "similar_to")
