"""What is known of goods and customers beside what was done."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from netlift.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True, eq=False)
class About:
    """Tables by id; every column but the id may be missing, and every value null.

    Raises:
        DataError: an id stands twice, or there is no column of ids.
    """

    items: "pa.Table | None" = None
    """`product_id`; `category`, `brand`, `text` (name and description), `tags`; `price_minor`, `margin_minor`; `vector`
    (list of floats, from text or pictures)."""
    users: "pa.Table | None" = None
    """`customer_id`; `segment`, `region`, and `categories` (list of strings: what a new customer said they like)."""

    def __post_init__(self) -> None:
        for table, name in ((self.items, "product_id"), (self.users, "customer_id")):
            if table is None:
                continue
            if name not in table.column_names:
                raise DataError(f"a table about {name.removesuffix('_id')}s has no column {name!r}")
            import pyarrow.compute as pc

            if pc.count_distinct(table[name], mode="all").as_py() != table.num_rows:
                raise DataError(
                    f"{name!r} stands twice in a table about {name.removesuffix('_id')}s: keep one row each"
                )
