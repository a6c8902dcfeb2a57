"""What lists are worth: pure functions of places, one figure per customer, over all goods that could be shown.

There are no sampled negatives: sampled figures order recommenders differently from full ones (Krichene and Rendle
2020, doi:10.1145/3394486.3403226). Lists have shape (customers, k) and hold places of items, best first; -1 stands
where a list ends early. What was right is a sparse matrix, shape (customers, items), whose entries are all above 0.
A customer for whom nothing is right has NaN in every figure that would divide by it, and counts in no mean.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netlift.errors import ConfigError
from netlift.recommend.ids import Ints

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Sparse = Any
"""A SciPy CSR array."""


@dataclass(frozen=True, slots=True, eq=False)
class Measures:
    """Figures of one set of lists; arrays have shape (customers,)."""

    precision: Floats
    """Right ones among the k places; a list that ends early is not excused."""
    recall: Floats
    """Share of the right ones that are listed."""
    f1: Floats
    """Harmonic mean of the two; 0 where both are."""
    ndcg: Floats
    """Discounted gain over that of the best list of k places (Jarvelin and Kekalainen 2002)."""
    accuracy: Floats
    """Share of all items that are rightly listed or rightly not; near 1 of any list, as most items are neither."""
    average_precision: Floats
    """Precision at each right place, summed, over all that is right; its mean is MAP."""
    repeat_recall: Floats
    """Recall of right ones that the customer had before; NaN without such."""
    explore_recall: Floats
    """Recall of right ones that are new to the customer; NaN without such."""
    coverage: float
    """Share of all items that stand in any list."""
    novelty: float
    """Mean over places of `-log2` of the share of these customers, and one more, who had the item; bits."""

    def means(self) -> dict[str, float]:
        """Means over the customers for whom a figure is defined; NaN where there are none."""
        names = (
            "precision",
            "recall",
            "f1",
            "accuracy",
            "ndcg",
            "average_precision",
            "repeat_recall",
            "explore_recall",
        )
        found = {name: mean(getattr(self, name)) for name in names}
        found["map"] = found.pop("average_precision")
        return found | {"coverage": self.coverage, "novelty": self.novelty}


def measure(lists: Ints, right: Sparse, had: Sparse) -> Measures:
    """Measure lists.

    Args:
        lists: places, shape (customers, k).
        right: what came true, shape (customers, items).
        had: what the customers had before, shape (customers, items).

    Raises:
        ConfigError: shapes do not fit, lists without a place, or an item twice in one list.

    >>> import scipy.sparse as sp
    >>> right, had = sp.csr_array([[1, 0, 1, 0]]), sp.csr_array([[1, 1, 0, 0]])
    >>> found = measure(np.array([[0, 1]]), right, had).means()
    >>> found["precision"], found["recall"], found["repeat_recall"], found["explore_recall"], found["coverage"]
    (0.5, 0.5, 1.0, 0.0, 0.5)
    """
    _check(lists, right, had)
    k = lists.shape[1]
    hit, old = found_in(lists, right), found_in(lists, had)
    total, hits = np.diff(right.indptr).astype(np.float64), hit.sum(axis=1).astype(np.float64)
    precision, recall = np.where(total > 0, hits / k, np.nan), _over(hits, total)
    again = _both(right, had)
    return Measures(
        precision=precision,
        recall=recall,
        f1=_over(2 * hits, np.where(total > 0, k + total, 0)),
        ndcg=ndcg(hit, total),
        accuracy=_accuracy(hits, (lists >= 0).sum(axis=1), total, right.shape[1]),
        average_precision=_over((hit * np.cumsum(hit, axis=1) / np.arange(1, k + 1)).sum(axis=1), total),
        repeat_recall=_over((hit & old).sum(axis=1), again),
        explore_recall=_over((hit & ~old).sum(axis=1), total - again),
        coverage=coverage(lists, right.shape[1]),
        novelty=novelty(lists, had),
    )


def _accuracy(hits: Floats, listed: Ints, total: Floats, items: int) -> Floats:
    wrong = listed + total - 2 * hits
    return np.where(total > 0, 1 - wrong / max(items, 1), np.nan)


def ndcg(hit: Bools, total: Floats) -> Floats:
    """Discounted gain over the best possible one, shape (customers,).

    Args:
        hit: whether each place is right, shape (customers, k).
        total: number of right ones, shape (customers,).
    """
    discount = 1 / np.log2(np.arange(2, hit.shape[1] + 2))
    best = np.concatenate([[0.0], np.cumsum(discount)])[np.minimum(total, hit.shape[1]).astype(np.int64)]
    return _over((hit * discount).sum(axis=1), best)


def coverage(lists: Ints, items: int) -> float:
    """Share of all items that stand in any list; NaN without items."""
    return len(np.unique(lists[lists >= 0])) / items if items else float("nan")


def novelty(lists: Ints, had: Sparse) -> float:
    """Mean self-information of what is listed, in bits (Vargas and Castells 2011); NaN where nothing is."""
    people, items = had.shape
    often = np.bincount(had.indices, minlength=items)
    shown = lists[lists >= 0]
    return mean(-np.log2((often[shown] + 1) / (people + 1)))


def found_in(lists: Ints, matrix: Sparse) -> Bools:
    """Whether each place of each list is an entry of the same row, shape of the lists."""
    asked = np.arange(len(lists), dtype=np.int64)[:, None] * matrix.shape[1] + lists
    found: Bools = np.isin(asked, _keys(matrix)) & (lists >= 0)
    return found


def mean(values: Floats) -> float:
    """Of what is no NaN."""
    kept = values[~np.isnan(values)]
    return float(kept.mean()) if len(kept) else float("nan")


def _keys(matrix: Sparse) -> Ints:
    """One number for each entry, shape (entries,)."""
    row = np.repeat(np.arange(matrix.shape[0], dtype=np.int64), np.diff(matrix.indptr))
    keys: Ints = row * matrix.shape[1] + matrix.indices
    return keys


def _both(right: Sparse, had: Sparse) -> Floats:
    """How many entries of each row are entries of both, shape (customers,)."""
    row = np.repeat(np.arange(right.shape[0]), np.diff(right.indptr))
    old = np.isin(_keys(right), _keys(had))
    return np.bincount(row[old], minlength=right.shape[0]).astype(np.float64)


def _over(part: NDArray[Any], whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)


def _check(lists: Ints, right: Sparse, had: Sparse) -> None:
    if lists.ndim != 2 or not lists.shape[1] or right.shape != had.shape or len(lists) != right.shape[0]:
        raise ConfigError(
            f"lists {lists.shape}, what was right {right.shape} and what was had {had.shape} do not fit: "
            "one list of k places, one row and one row for each customer"
        )
    order = np.sort(lists, axis=1)
    if ((order[:, 1:] == order[:, :-1]) & (order[:, 1:] >= 0)).any():
        raise ConfigError("an item stands twice in a list")
