"""Who did what when: the events from which recommenders learn, and their sums as a matrix."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from netlift.errors import DataError
from netlift.recommend.deeds import KINDS, deeds, microseconds
from netlift.recommend.ids import Ids

if TYPE_CHECKING:
    import pyarrow as pa
    import scipy.sparse as sp

    from netlift.data.workspace import Workspace

Places = NDArray[np.int32]
NEEDED = ("customer_id", "product_id", "at")
LEAST, MOST = 1e-30, 1e9
"""Weights in between can be added and squared in float32."""
_YEARS = (-62_135_596_800_000_000, 253_402_300_799_999_999)
"""First and last microsecond of the years 1 to 9999."""


@dataclass(frozen=True, eq=False)
class Interactions:
    """Events by user, then time, then item; 20 bytes each, and a matrix of 8 bytes a pair once it is asked for."""

    users: Ids
    items: Ids
    """With those that nobody has met yet, where a catalogue was given."""
    user: Places
    """Position in `users`, shape (events,)."""
    item: Places
    at: NDArray[np.int64]
    """Microseconds since 1970 in UTC."""
    weight: NDArray[np.float32]
    """What the event says of a wish; above 0."""

    @classmethod
    def of(cls, table: "pa.Table", *, users: Ids | None = None, items: Ids | None = None) -> "Interactions":
        """From a table of events.

        Args:
            table: `customer_id`, `product_id`, `at` (a time), and `weight` (from 1e-30 to 1e9; 1 where there is no such
                column). Other columns are not read; an event that stands there twice counts twice.
            users: further customers, without events.
            items: further products, such as the whole catalogue.

        Raises:
            DataError: a column is missing or of another type, an id or time is null, a time lies outside of the years 1
                to 9999, a weight is no number from 1e-30 to 1e9.
        """
        _check(table)
        known_users, known_items = Ids(table["customer_id"]), Ids(table["product_id"])
        all_users = known_users if users is None else known_users.with_also(users)
        all_items = known_items if items is None else known_items.with_also(items)
        user = all_users.positions(table["customer_id"]).astype(np.int32)
        item = all_items.positions(table["product_id"]).astype(np.int32)
        at, weight = _times(table), _weights(table)
        order = np.lexsort((weight, item, at, user))
        return cls(all_users, all_items, user[order], item[order], at[order], weight[order])

    @classmethod
    def of_workspace(
        cls,
        workspace: "Workspace",
        kinds: Mapping[str, float] = KINDS,
        *,
        until: datetime | None = None,
        half_life_days: float | None = None,
    ) -> "Interactions":
        """Of all customers and products that a workspace knows, also those that never met; see `deeds.deeds`."""
        from netlift.engines.duckdb import connect

        known = []
        with connect() as con:
            for name, column in (("customers", "customer_id"), ("products", "product_id")):
                known.append(Ids(workspace.relation(con, name).project(column).to_arrow_table()[column]))
        found = deeds(workspace, kinds, until=until, half_life_days=half_life_days)
        return cls.of(found, users=known[0], items=known[1])

    def __len__(self) -> int:
        return len(self.user)

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """Where each user's events begin, and at last the number of events, shape (users + 1,)."""
        return np.concatenate([[0], np.cumsum(np.bincount(self.user, minlength=len(self.users)))]).astype(np.int64)

    @cached_property
    def matrix(self) -> "sp.csr_array[Any, tuple[int, int]]":
        """Sums of weights, shape (users, items), float32, columns in order."""
        import scipy.sparse as sp

        # SciPy adds up what stands twice in the order in which it comes, which is the same every time
        place = self.starts.astype(np.int64 if len(self) > np.iinfo(np.int32).max else np.int32)
        found: Any = sp.csr_array(
            (self.weight.copy(), self.item.copy(), place), shape=(len(self.users), len(self.items))
        )
        found.sum_duplicates()
        return found

    def before(self, moment: datetime) -> "Interactions":
        """What happened earlier, of the same users and items.

        Raises:
            ConfigError: the moment has no time zone.
        """
        return self._only(self.at < microseconds(moment))

    def since(self, moment: datetime) -> "Interactions":
        """What happened at the moment or later, of the same users and items.

        Raises:
            ConfigError: the moment has no time zone.
        """
        return self._only(self.at >= microseconds(moment))

    def _only(self, kept: NDArray[np.bool_]) -> "Interactions":
        return Interactions(
            self.users, self.items, self.user[kept], self.item[kept], self.at[kept], self.weight[kept]
        )  # fmt: skip


def _check(table: "pa.Table") -> None:
    missing = [name for name in NEEDED if name not in table.column_names]
    if missing:
        raise DataError(f"interactions have no column {missing[0]!r}: give {', '.join(NEEDED)}, and weight if you like")
    for name in NEEDED:
        if table[name].null_count:
            raise DataError(
                f"column {name!r} of interactions is empty in {table[name].null_count} rows: leave them out"
            )


def _times(table: "pa.Table") -> NDArray[np.int64]:
    import pyarrow as pa

    if not pa.types.is_timestamp(table["at"].type):
        raise DataError(f"column 'at' of interactions must hold times, not {table['at'].type}")
    try:
        at = np.asarray(table["at"].cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()).to_numpy(), np.int64)
    except pa.ArrowInvalid:  # in other units, what does not fit into microseconds
        at = np.array([np.iinfo(np.int64).max])
    if len(at) and not _YEARS[0] <= at.min() <= at.max() <= _YEARS[1]:
        raise DataError("column 'at' of interactions holds times outside of the years 1 to 9999: leave these rows out")
    return at


def _weights(table: "pa.Table") -> NDArray[np.float32]:
    if "weight" not in table.column_names:
        return np.ones(table.num_rows, np.float32)
    weight = np.asarray(table["weight"].to_numpy(), np.float64)
    wrong = np.flatnonzero(~((weight >= LEAST) & (weight <= MOST)))
    if len(wrong):
        raise DataError(
            f"row {wrong[0]} of interactions has weight {weight[wrong[0]]}: weights are numbers above 0, "
            f"from {LEAST:g} to {MOST:g}; what a customer disliked is left out"
        )
    return weight.astype(np.float32)
