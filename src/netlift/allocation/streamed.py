"""Allocations larger than a table in memory: read from Parquet in parts, held in few bytes, the plan written in parts.

A candidate takes two bytes for its offer and four for each amount, so ten million customers with ten offers and two
rows of amounts are 1.4 GB. Where that is too much, the same arrays are files that the operating system maps into memory
part by part. Either way it is the same `Problem`, so the plan is the same to the byte.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from netlift.allocation.optimiser import OPTIMISERS
from netlift.allocation.problem import UNIT, Problem
from netlift.allocation.result import Result
from netlift.allocation.source import Source, blocks
from netlift.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

LINES = 1 << 20
"""Lines that are read at once."""
MEMORY = 3 << 30
"""Bytes that the candidates may take in memory; more are mapped from files."""


def solve(source: Source, to: Path, *, memory: int = MEMORY, folder: Path | None = None) -> Result:
    """Solve an allocation that lies in Parquet and write the lines of the source that were chosen.

    Args:
        source: where it lies.
        to: Parquet file to write; it holds the columns of the source that were read.
        memory: bytes that the candidates may take; above it they are mapped from files.
        folder: for these files; None: the system's folder for temporary files.

    Raises:
        DataError: the source is not as `Source` says.
    """
    with opened(source, memory=memory, folder=folder) as problem:
        found = OPTIMISERS["dual"]().solve(problem)
    write(source, found, to)
    return found


@contextmanager
def opened(source: Source, *, memory: int = MEMORY, folder: Path | None = None) -> Iterator[Problem]:
    """The problem that lies in Parquet; mapped files are removed afterwards. See `solve`."""
    if _size(source) <= memory:
        yield read(source)
        return
    with tempfile.TemporaryDirectory(prefix="netlift-allocation-", dir=folder) as kept:
        yield read(source, Path(kept))


def read(source: Source, folder: Path | None = None) -> Problem:
    """The problem in few bytes; candidate c is line c of the file.

    Args:
        source: where it lies.
        folder: where arrays are kept as files and mapped; None: in memory.

    Raises:
        DataError: the source is not as `Source` says.
    """
    with _file(source, read_dictionary=[source.offer]) as file:
        lines = file.metadata.num_rows
        offer = _array("offer", (lines,), np.dtype(np.int16), folder)
        value = _array("value", (lines,), _type(file, (source.value,)), folder)
        stack = _array("stack", (len(source.amounts), lines), _type(file, source.amounts), folder)
        sizes, at = [], 0
        for block in blocks(source, file.iter_batches(LINES, columns=source.columns)):
            end = at + len(block.offer)
            offer[at:end], value[at:end] = block.offer, block.value
            for k, cells in enumerate(block.stack):
                stack[k, at:end] = cells
            sizes.append(block.size)
            at = end
    start = np.concatenate([[0], np.cumsum(np.concatenate(sizes))]) if sizes else np.zeros(1, np.int64)
    return assembled(source, start, offer, value, stack)


def assembled(source: Source, start: Any, offer: Any, value: Any, stack: Any) -> Problem:
    """A problem of arrays, whose rows share those of `stack`."""
    cells = iter(stack)
    rows = tuple(row if row.cells is None else row._replace(cells=next(cells)) for row in source.rows)
    problem = Problem(start, offer, value, source.offers, rows, source.slots, source.contacts)
    problem.__dict__["stack"] = stack  # what the property would copy together
    return problem


def write(source: Source, found: Result, to: Path) -> None:
    """Write the lines of the source that a plan chose, in order."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with _file(source) as file:
        schema = pa.schema([file.schema_arrow.field(name) for name in source.columns])
        with pq.ParquetWriter(to, schema) as writer:
            for first, batch in _numbered(file, source.columns):
                low, high = np.searchsorted(found.chosen, [first, first + batch.num_rows])
                if high > low:
                    taken = batch.take(pa.array(found.chosen[low:high] - first))
                    writer.write_table(pa.Table.from_batches([taken]))


def _file(source: Source, **options: Any) -> Any:
    """The file, if it has the columns."""
    import pyarrow.parquet as pq

    file = pq.ParquetFile(source.path, **options)
    if lacking := [name for name in source.columns if name not in file.schema_arrow.names]:
        raise DataError(
            f"{source.path.name} has no column {lacking[0]!r}; it has: {', '.join(file.schema_arrow.names)}"
        )
    return file


def _numbered(file: Any, columns: list[str]) -> "Iterator[tuple[int, pa.RecordBatch]]":
    first = 0
    for batch in file.iter_batches(LINES, columns=columns):
        yield first, batch
        first += batch.num_rows


def _array(name: str, shape: tuple[int, ...], kind: "np.dtype[Any]", folder: Path | None) -> NDArray[Any]:
    if folder is None or not all(shape):
        return np.empty(shape, kind)
    return np.memmap(folder / name, kind, "w+", shape=shape).view(np.ndarray)


def _type(file: Any, columns: tuple[str, ...]) -> "np.dtype[Any]":
    """Four bytes if the file's own statistics say that all amounts fit, else eight."""
    for group in range(file.metadata.num_row_groups):
        part = file.metadata.row_group(group)
        said_of = {part.column(k).path_in_schema: part.column(k).statistics for k in range(part.num_columns)}
        for column in columns if part.num_rows else ():
            said = said_of[column]
            if said is None or not said.has_min_max or max(-said.min, said.max) * UNIT > np.iinfo(np.int32).max:
                return np.dtype(np.int64)
    return np.dtype(np.int32)


def _size(source: Source) -> int:
    """Bytes that the candidates take."""
    with _file(source) as file:
        each = 2 + _type(file, (source.value,)).itemsize + len(source.amounts) * _type(file, source.amounts).itemsize
        return int(file.metadata.num_rows) * each
