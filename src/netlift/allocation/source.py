"""An allocation that lies in Parquet: which column is what, and its lines as whole customers in whole numbers."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from netlift.allocation.problem import Cells, Ints, Row, cells_row, offers_row, whole
from netlift.errors import ConfigError, DataError

if TYPE_CHECKING:
    import pyarrow as pa


class Limit(NamedTuple):
    """A limit on a sum over everybody, by column or by offer."""

    name: str
    """Unique."""
    most: float
    """The limit, in the unit of what is counted."""
    column: str | None = None
    """What each candidate uses stands in this column; None: see `uses`."""
    uses: Mapping[str, float] | None = None
    """What one use of an offer takes, by offer; others take nothing."""
    unit: str = "minor"
    """What is counted: `minor` (money), `pieces`, `customers`."""
    minimum: bool = False
    """Whether the sum must be at least that much."""


@dataclass(frozen=True)
class Source:
    """One line per customer and offer, in Parquet: each customer's lines together, customers and offers ascending.

    Raises:
        ConfigError: a limit that names neither a column nor what offers use, or an offer that there is not.
    """

    path: Path
    """A file."""
    offers: tuple[str, ...]
    """All that there are, in the order in which they stand within a customer."""
    limits: tuple[Limit, ...] = ()
    customer: str = "customer_id"
    offer: str = "offer_id"
    value: str = "net_margin"
    """The columns; amounts in minor units."""
    slot: Mapping[str, int] = field(default_factory=dict)
    """Slot of each offer, 0 where it is not named."""
    contacts: int = 1
    """Offers that one customer may get at most."""

    def __post_init__(self) -> None:
        for limit in self.limits:
            if (limit.column is None) == (limit.uses is None):
                raise ConfigError(f"limit {limit.name!r} needs a column, or what each offer uses")
            if unknown := set(limit.uses or ()) - set(self.offers):
                raise ConfigError(f"limit {limit.name!r} names offer {min(unknown)!r}, which is not in the source")

    @property
    def columns(self) -> list[str]:
        """Those that are read."""
        return list(dict.fromkeys([self.customer, self.offer, self.value, *self.amounts]))

    @property
    def amounts(self) -> tuple[str, ...]:
        """The column of each limit that has one."""
        return tuple(limit.column for limit in self.limits if limit.column is not None)

    @property
    def signs(self) -> tuple[int, ...]:
        """-1 for each of these that is a minimum."""
        return tuple(-1 if limit.minimum else 1 for limit in self.limits if limit.column is not None)

    @property
    def rows(self) -> tuple[Row, ...]:
        """The limits as rows; those of a column with no cells yet."""
        return tuple(_row(limit, self.offers) for limit in self.limits)

    @property
    def slots(self) -> NDArray[np.int32]:
        """Slot of each offer, shape (offers,)."""
        return np.array([self.slot.get(name, 0) for name in self.offers], np.int32)


class Block(NamedTuple):
    """Whole customers."""

    customer: "pa.Array"
    """Each customer once, shape (customers,)."""
    size: Ints
    """Candidates of each, shape (customers,)."""
    offer: NDArray[np.int16]
    """Shape (candidates,)."""
    value: Cells
    """Thousandths, shape (candidates,)."""
    stack: tuple[Cells, ...]
    """What is used of the limits that have a column, thousandths, each of shape (candidates,)."""


def blocks(source: Source, batches: Iterable["pa.RecordBatch"]) -> Iterator[Block]:
    """Lines as blocks of whole customers: the last customer of a batch waits for the next batch.

    Args:
        source: which column is what.
        batches: lines in order.

    Raises:
        DataError: customers that do not ascend, an unknown offer, a gap or an amount that is no finite number.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    held: list[pa.RecordBatch] = []
    last: pa.Scalar | None = None
    for batch in batches:
        if not batch.num_rows:
            continue
        names = batch.column(source.customer)
        if pa.types.is_dictionary(names.type):
            names = names.dictionary_decode()
            batch = batch.set_column(batch.schema.get_field_index(source.customer), source.customer, names)  # noqa: PLW2901
        if names.null_count:
            raise DataError(f"column {source.customer} has gaps: every line needs a customer")
        final = names[len(names) - 1]
        cut = pc.index(names, final).as_py()  # where the last customer begins
        if cut:
            yield _block(source, pa.Table.from_batches([*held, batch.slice(0, cut)]), last)
            held, last = [], names[cut - 1]
        elif held and held[-1].column(source.customer)[-1] != final:
            yield _block(source, pa.Table.from_batches(held), last)
            last, held = held[-1].column(source.customer)[-1], []
        held.append(batch.slice(cut))
    if held:
        yield _block(source, pa.Table.from_batches(held), last)


def _block(source: Source, lines: "pa.Table", last: "pa.Scalar | None") -> Block:
    import pyarrow as pa
    import pyarrow.compute as pc

    names = lines[source.customer].combine_chunks()
    runs = pc.run_end_encode(names)
    who, ends = runs.values, runs.run_ends.to_numpy()
    before = pa.concat_arrays([pa.array([last.as_py()], who.type), who]) if last is not None else who
    rising = pc.less(before[:-1], before[1:])
    if len(before) > 1 and not pc.all(rising).as_py():
        at = pc.index(rising, False).as_py()
        raise DataError(
            f"customers must ascend: {before[at + 1].as_py()!r} follows {before[at].as_py()!r}; sort the table"
        )
    cells = tuple(sign * _whole(lines, column) for column, sign in zip(source.amounts, source.signs, strict=True))
    return Block(
        who, np.diff(ends, prepend=0).astype(np.int64), _offers(source, lines), _whole(lines, source.value), cells
    )


def _offers(source: Source, lines: "pa.Table") -> NDArray[np.int16]:
    """The number of each line's offer."""
    import pyarrow as pa
    import pyarrow.compute as pc

    given = pa.concat_arrays([
        chunk if pa.types.is_dictionary(chunk.type) else chunk.dictionary_encode()
        for chunk in lines[source.offer].unify_dictionaries().chunks
    ])  # fmt: skip
    known = pc.index_in(given.dictionary.cast(pa.string()), pa.array(source.offers, pa.string()))
    if given.null_count or (known.null_count and pc.any(pc.is_null(known.take(given.indices))).as_py()):
        raise DataError(f"column {source.offer} has gaps, or offers other than {', '.join(source.offers[:5])} ...")
    table = known.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int16)
    found: NDArray[np.int16] = table[given.indices.to_numpy(zero_copy_only=False)]
    return found


def _whole(lines: "pa.Table", column: str) -> Cells:
    """A column of amounts in whole thousandths."""
    given = lines[column]
    if given.null_count:
        raise DataError(f"column {column} has gaps: every line needs an amount")
    try:
        return whole(given.to_numpy())
    except DataError as error:
        raise DataError(f"column {column}: {error}") from error


def _row(limit: Limit, offers: tuple[str, ...]) -> Row:
    if limit.uses is None:
        return cells_row(limit.name, [], limit.most, unit=limit.unit, minimum=limit.minimum)
    amounts = [limit.uses.get(name, 0.0) for name in offers]
    return offers_row(limit.name, amounts, limit.most, unit=limit.unit, minimum=limit.minimum)
