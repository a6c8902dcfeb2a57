"""Sets of products that many baskets hold: all of them, exactly."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from netlift.catalog.baskets import Baskets, Ints, Places
from netlift.errors import ConfigError

if TYPE_CHECKING:
    import pyarrow as pa

MOST = 50_000_000
"""Sets at most: 1.2 GB while they are found, beside the baskets."""


@dataclass(frozen=True, eq=False)
class ItemSets:
    """Sets of products by size, then by their products; every part of a set stands there as well."""

    baskets: Baskets
    least: int
    """Baskets that each set is in at least."""
    items: tuple[Places, ...]
    """Of sets of 1, 2, ... products their positions in order, each of shape (sets, size), rows in order."""
    together: tuple[Ints, ...]
    """Baskets with all of them, each of shape (sets,)."""

    def table(self) -> "pa.Table":
        """`products` (list of ids), `baskets` (number), `support` (their share)."""
        import pyarrow as pa

        lists, counts = [], []
        for items, together in zip(self.items, self.together, strict=True):
            flat = self.baskets.names.take(pa.array(items.ravel()))
            lists.append(pa.FixedSizeListArray.from_arrays(flat, items.shape[1]).cast(pa.list_(pa.string())))
            counts.append(together)
        all_counts = np.concatenate(counts) if counts else np.zeros(0, np.int64)
        return pa.table(
            {
                "products": pa.chunked_array(lists, pa.list_(pa.string())),
                "baskets": pa.array(all_counts),
                "support": pa.array(all_counts / max(len(self.baskets), 1)),
            }
        )


def frequent_sets(baskets: Baskets, support: float = 0.001, longest: int | None = 3) -> ItemSets:
    """All sets of products that are in at least a share of the baskets.

    Depth first, from the rarest product on, over the baskets that are left at each step; nothing is sampled. Sets are
    counted once and then written, so memory is what they take: 24 bytes each, beside 50 for each product in a basket.

    Args:
        baskets: what was bought together.
        support: share of the baskets, above 0 and at most 1.
        longest: products of a set at most; 2: pairs; None: no limit.

    Raises:
        ConfigError: an argument is out of its range, or more than `MOST` sets would be found.

    >>> import pyarrow as pa
    >>> lines = pa.table({"order_id": [1, 1, 2, 2, 3], "product_id": ["tea", "cup", "tea", "cup", "tea"]})
    >>> frequent_sets(Baskets.of(lines), 0.5).table().to_pydict()["products"]
    [['cup'], ['tea'], ['cup', 'tea']]
    """
    if not 0 < support <= 1 or (longest is not None and longest < 1):
        raise ConfigError(
            f"support is a share above 0 and at most 1, got {support}, and a set has a product, got {longest}"
        )
    least = baskets.least(support)
    ranked, flat, at, start = _prepared(baskets, least)
    if not len(ranked):
        return ItemSets(baskets, least, (), ())
    found = _found(flat, at, start, least, len(ranked) if longest is None else longest)
    return ItemSets(baskets, least, *_by_size(found, ranked))


def _prepared(baskets: Baskets, least: int) -> tuple[Ints, Places, Ints, Ints]:
    """Frequent products by rank, and baskets of them as `search` takes them."""
    import scipy.sparse as sp

    counts = baskets.counts
    frequent = np.flatnonzero(counts >= least)
    ranked = frequent[np.argsort(counts[frequent], kind="stable")]
    rank = np.full(len(counts), -1, np.int32)
    rank[ranked] = np.arange(len(ranked), dtype=np.int32)
    basket = np.repeat(np.arange(len(baskets)), np.diff(baskets.start))
    mine = rank[baskets.item]
    basket, mine = basket[mine >= 0], mine[mine >= 0]
    begin = np.concatenate([[0], np.cumsum(np.bincount(basket, minlength=len(baskets)))])
    held: Any = sp.csr_array((np.ones(len(mine), np.int64), mine, begin), shape=(len(baskets), len(ranked)))
    held = held.tocsc().tocsr()  # which puts each basket in order, in a time that grows with it alone
    held.data[:] = np.arange(len(mine)) + basket  # each basket before has one end
    flat = np.full(len(mine) + len(baskets), -1, np.int32)
    flat[held.data] = held.indices
    by_product = held.tocsc()
    return ranked, flat, by_product.data, by_product.indptr.astype(np.int64)


def _found(flat: Places, at: Ints, start: Ints, least: int, longest: int) -> Ints:
    from numba import get_num_threads

    from netlift.catalog.rules._depth_first import Stands, Written, search

    lanes, none = get_num_threads(), np.zeros((0, 3), np.int64)
    stands = Stands(flat, at, start)
    sizes = search(stands, longest, least, Written(np.zeros(len(start) - 1, np.int64), none), lanes)
    if sizes.sum() > MOST:
        raise ConfigError(
            f"{sizes.sum():,} sets of products are in at least {least} baskets, which is over {MOST:,}: "
            "ask for more support or for shorter sets"
        )
    out = np.empty((sizes.sum(), 3), np.int64)
    search(stands, longest, least, Written(np.cumsum(sizes) - sizes, out), lanes)
    return out


def _by_size(found: Ints, ranked: Ints) -> tuple[tuple[Places, ...], tuple[Ints, ...]]:
    """Sets of each size, from rows that name the row before them."""
    items, together = [], []
    rows, above = np.flatnonzero(found[:, 0] < 0), np.full(len(found), -1)
    members = ranked[found[rows, 1]][:, None]
    while len(rows):
        members = np.sort(members, axis=1)
        order = np.lexsort(members.T[::-1])
        items.append(members[order].astype(np.int32))
        together.append(found[rows[order], 2])
        above[rows] = np.arange(len(rows))
        below = np.flatnonzero((found[:, 0] >= 0) & (above[found[:, 0]] >= 0))
        members = np.column_stack([members[above[found[below, 0]]], ranked[found[below, 1]]])
        above[rows] = -1
        rows = below
    return tuple(items), tuple(together)
