"""What was bought together: the different products of each order."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from netlift.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

Ints = NDArray[np.int64]
Places = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Baskets:
    """Products by position, basket by basket; 4 bytes for each product of each basket, and 8 for each basket."""

    names: "pa.StringArray"
    """Ids of the products in the order of their UTF-8 bytes, shape (products,)."""
    start: Ints
    """Where each basket begins in `item`, and at last the length of `item`, shape (baskets + 1,)."""
    item: Places
    """Positions in `names`, each at most once in a basket, in order."""

    @classmethod
    def of(cls, table: "pa.Table", *, basket: str = "order_id", product: str = "product_id") -> "Baskets":
        """From lines of orders, in any order; what stands in a basket twice counts once.

        Args:
            table: a line per row.
            basket: its column of baskets; text or whole numbers.
            product: its column of products; text.

        Raises:
            DataError: a column is missing, an id is null, or products are no text.

        >>> import pyarrow as pa
        >>> baskets = Baskets.of(pa.table({"order_id": ["o1", "o1", "o2"], "product_id": ["tea", "cup", "tea"]}))
        >>> len(baskets), baskets.counts.tolist(), baskets.names.to_pylist()
        (2, [1, 2], ['cup', 'tea'])
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        for name in (basket, product):
            if name not in table.column_names:
                raise DataError(f"lines of orders have no column {name!r}: name the columns of baskets and products")
            if table[name].null_count:
                raise DataError(f"column {name!r} is empty in {table[name].null_count} lines: leave them out")
        kind = table[product].type
        kind = kind.value_type if pa.types.is_dictionary(kind) else kind
        if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
            raise DataError(f"column {product!r} must hold text, not {kind}")
        coded = table[basket].combine_chunks().dictionary_encode()
        goods = table[product].cast(pa.string()).combine_chunks()
        names = goods.unique()
        names = names.take(pc.array_sort_indices(names))
        row = np.asarray(coded.indices, np.int64)
        key = np.unique(row * max(len(names), 1) + np.asarray(pc.index_in(goods, value_set=names), np.int64))
        size = np.bincount(key // max(len(names), 1), minlength=len(coded.dictionary))
        start = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
        return cls(names, start, (key % max(len(names), 1)).astype(np.int32))

    def __len__(self) -> int:
        return len(self.start) - 1

    @property
    def counts(self) -> Ints:
        """Baskets with each product, shape (products,)."""
        return np.bincount(self.item, minlength=len(self.names)).astype(np.int64)

    def least(self, support: float) -> int:
        """The smallest number of baskets, at least one, that is this share of all of them."""
        return max(1, int(np.ceil(support * len(self) - 1e-9)))
