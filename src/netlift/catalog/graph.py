"""The graph of products: which are bought together, looked at together, and alike, as weights between each two."""

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from netlift.catalog.baskets import Baskets
from netlift.catalog.rules.chance import at_least, share_false
from netlift.catalog.rules.mining import frequent_sets
from netlift.errors import ConfigError, DataError

if TYPE_CHECKING:
    import pyarrow as pa

Places = NDArray[np.int32]
_CELLS = 20_000_000
"""Pairs of products whose likeness is looked at a time; 80 MB."""


@dataclass(frozen=True, eq=False)
class Edges:
    """One kind of tie between products; each pair once, the lower position first, in order."""

    one: Places
    other: Places
    weight: NDArray[np.float64]
    """Above 0 and at most 1, shape (edges,)."""

    def __len__(self) -> int:
        return len(self.one)


@dataclass(frozen=True, eq=False)
class ProductGraph:
    """Products and the ties between them by kind, such as `bought`, `viewed` and `alike`."""

    names: "pa.StringArray"
    """Ids in the order of their UTF-8 bytes."""
    ties: dict[str, Edges]

    def matrix(self, weights: dict[str, float] | None = None) -> Any:
        """Sum of the ties, each kind times its weight.

        Args:
            weights: by kind, at least 0; kinds that are not named count 0. None: 1 each.

        Returns:
            Symmetric CSR, shape (products, products), with nothing on its diagonal.

        Raises:
            ConfigError: there is no such kind, or a weight is below 0.
        """
        import scipy.sparse as sp

        asked = dict.fromkeys(self.ties, 1.0) if weights is None else weights
        if not asked.keys() <= self.ties.keys() or any(not weight >= 0 for weight in asked.values()):
            raise ConfigError(f"weights of ties must be at least 0 and of {', '.join(sorted(self.ties))}, got {asked}")
        size = len(self.names)
        found = sp.csr_array((size, size), dtype=np.float64)
        for kind in sorted(asked):
            ties = self.ties[kind]
            half = sp.csr_array((ties.weight * asked[kind], (ties.one, ties.other)), shape=(size, size))
            found = sp.csr_array(found + half + half.T)
        found.eliminate_zeros()
        found.sort_indices()
        return found

    def related(self, product: str, n: int = 10, weights: dict[str, float] | None = None) -> list[tuple[str, float]]:
        """The products that are tied to one most closely; of equals the first by id; none for one that is unknown."""
        import pyarrow.compute as pc

        place = pc.index(self.names, product).as_py()
        if place < 0:
            return []
        row = self.matrix(weights)[[place]]
        order = np.lexsort((row.indices, -row.data))[:n]
        return [(self.names[int(row.indices[k])].as_py(), float(row.data[k])) for k in order]

    def table(self) -> "pa.Table":
        """`kind`, `one`, `other`, `weight`: each tie once."""
        import pyarrow as pa

        parts = [
            pa.table(
                {
                    "kind": pa.array([kind] * len(ties), pa.string()),
                    "one": self.names.take(pa.array(ties.one)),
                    "other": self.names.take(pa.array(ties.other)),
                    "weight": pa.array(ties.weight),
                }
            )
            for kind, ties in sorted(self.ties.items())
        ]
        text, number = pa.string(), pa.float64()
        empty = pa.schema({"kind": text, "one": text, "other": text, "weight": number}).empty_table()
        return pa.concat_tables([empty, *parts])


def product_graph(
    names: "pa.StringArray",
    *,
    bought: Baskets | None = None,
    viewed: Baskets | None = None,
    vectors: NDArray[np.floating[Any]] | None = None,
    support: float = 0.0005,
    level: float = 0.05,
    neighbours: int = 20,
) -> ProductGraph:
    """G = (I, E): products are tied where they meet more often than chance would have it, and where they are alike.

    The weight of a tie from baskets (or visits, for `viewed`) is the normalised pointwise mutual information: 1 where
    the one is never without the other, near 0 where they hardly meet more than by chance (Bouma 2009). That of likeness
    is the cosine, of each product with those most alike.

    Args:
        names: ids of products, different, in the order of their UTF-8 bytes; others in baskets are left out.
        bought: baskets.
        viewed: what was looked at in each visit.
        vectors: of each product, shape (products, dimensions); see `words`.
        support: share of the baskets below which no pair is looked at.
        level: share of false discoveries among the ties of a kind.
        neighbours: of each product, by likeness.

    Raises:
        ConfigError: level is no share, or there is less than one neighbour.
        DataError: names are not in order, or vectors are not of these products.
    """
    if not 0 <= level <= 1 or neighbours < 1:
        raise ConfigError(f"level is a share and a product has a neighbour, got {level} and {neighbours}")
    spelled = [name.encode() for name in names.to_pylist()]
    if any(a >= b for a, b in pairwise(spelled)):
        raise DataError("names of products must be different, and in the order of their bytes")
    ties = {}
    for kind, baskets in (("bought", bought), ("viewed", viewed)):
        if baskets is not None:
            ties[kind] = _met(names, baskets, support, level)
    if vectors is not None:
        if vectors.ndim != 2 or len(vectors) != len(names):
            raise DataError(f"vectors of {len(names)} products have shape {vectors.shape}")
        ties["alike"] = _alike(np.nan_to_num(vectors.astype(np.float64)), neighbours)
    return ProductGraph(names, ties)


def _met(names: "pa.StringArray", baskets: Baskets, support: float, level: float) -> Edges:
    import pyarrow.compute as pc

    sets = frequent_sets(baskets, support, longest=2)
    if len(sets.items) < 2:
        return _edges(np.zeros((0, 2), np.int64), np.zeros(0))
    pairs, together, total = sets.items[1], sets.together[1], len(baskets)
    one, other = baskets.counts[pairs[:, 0]], baskets.counts[pairs[:, 1]]
    products = len(sets.items[0])
    q = share_false(at_least(together, total, one, other), products * (products - 1) // 2)
    information = np.log(together * (total / (one * other.astype(np.float64))))
    most = -np.log(together / total)
    weight = np.divide(information, most, out=np.zeros(len(pairs)), where=most > 0)
    place = np.asarray(pc.fill_null(pc.index_in(baskets.names, value_set=names), -1), np.int64)[pairs]
    kept = (q <= level) & (weight > 0) & (place >= 0).all(axis=1)
    return _edges(np.sort(place[kept], axis=1), np.minimum(weight[kept], 1.0))


def _alike(vectors: NDArray[np.float64], neighbours: int) -> Edges:
    """Pairs of which one is among the nearest of the other."""
    size = len(vectors)
    length = np.sqrt((vectors**2).sum(axis=1))
    unit = vectors / np.where(length > 0, length, 1.0)[:, None]
    step, found = max(1, _CELLS // max(size, 1)), [np.zeros((0, 3))]
    for start in range(0, size, step):
        # 12 digits: what is equal stays equal however sums were split among threads
        like = np.round(unit[start : start + step] @ unit.T, 12)
        like[np.arange(len(like)), np.arange(start, start + len(like))] = 0.0
        for k, row in enumerate(like):
            best = np.argsort(-row, kind="stable")[:neighbours]
            best = best[row[best] > 0]
            pair = np.sort(np.column_stack([np.full(len(best), start + k), best]), axis=1)
            found.append(np.column_stack([pair, np.minimum(row[best], 1.0)]))
    rows = np.concatenate(found)
    _, first = np.unique(rows[:, :2], axis=0, return_index=True)
    return _edges(rows[first, :2].astype(np.int64), rows[first, 2])


def _edges(pairs: NDArray[np.int64], weight: NDArray[np.float64]) -> Edges:
    order = np.lexsort((pairs[:, 1], pairs[:, 0]))
    return Edges(pairs[order, 0].astype(np.int32), pairs[order, 1].astype(np.int32), weight[order])
