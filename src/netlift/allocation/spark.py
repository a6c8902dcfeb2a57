"""Allocations beyond one machine: the same kernels on Spark's partitions, prices and repair on the driver.

Lines are brought in order once and packed: one row holds some thousand whole customers as arrays of bytes, cached on
the executors. A pass over everybody is then a map (best answers and whole-number sums of each partition) and a tree of
additions. The driver sees sums, a sample, and the few customers near the prices' edge, so what it decides is what
`crowd.solve` decides on one machine: the same prices, the same plan, the same certificate.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np

from netlift.allocation import crowd, cutting, kernel
from netlift.allocation.kernel import Floats, Totals
from netlift.allocation.kernel_narrow import Passes
from netlift.allocation.optimisers.dual import LARGE, Dual
from netlift.allocation.problem import Cells, Ints, Problem
from netlift.allocation.source import Block, Source, blocks
from netlift.allocation.streamed import assembled
from netlift.engines.spark import refusals

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

PACK = 1 << 16
"""Lines that are packed into one row, about."""
_PACKED = "part int, block int, customers long, who binary, size binary, offer binary, value binary, stack binary"
_DRAWN = "number binary, size binary, offer binary, value binary, stack binary"

Batches = Iterable["pa.RecordBatch"]


class Planned(NamedTuple):
    """A plan, and where its lines are."""

    found: crowd.Found
    lines: "DataFrame"
    """Customer, offer and value (thousandths) of each chosen line, in no particular order; computed when asked for,
    from lines that stay cached until the session ends."""


class Spread(NamedTuple):
    """Everything that an executor needs to know."""

    empty: Problem
    """The problem without its customers."""
    first: dict[tuple[int, int], int]
    """The number of the first customer of each packed row, by partition and row."""


def solve(
    session: "SparkSession",
    source: Source,
    *,
    begin: Floats | None = None,
    parts: int | None = None,
    large: int = LARGE,
) -> Planned:
    """Solve an allocation on Spark.

    Args:
        session: where.
        source: the lines; `path` may be a folder and of any kind that Spark reads; lines need no order.
        begin: prices to start from, shape (rows,).
        parts: partitions; None: two for each core.
        large: customers above which the passes run on the executors; fewer are all brought to the driver.

    Raises:
        EngineError: Spark refused the work, or the lines are not as `Source` says.
    """
    with refusals():
        many = OnSpark(session, source, parts or 2 * session.sparkContext.defaultParallelism)
        found = crowd.solve(many, begin) if many.customers > large else _here(many, begin)
        return Planned(found, many.chosen(found))


def _here(many: "OnSpark", begin: Floats | None) -> crowd.Found:
    """What `Dual` makes of few customers, on the driver."""
    problem = many.sample(1)
    found = Dual(begin=begin).solve(problem)
    owner = problem.owner[found.chosen]
    nth = np.arange(len(owner)) - np.searchsorted(owner, owner)
    chosen = np.full((problem.customers, int(nth.max(initial=0)) + 1), -1, np.int64)
    chosen[owner, nth] = found.chosen
    prices = np.array([found.prices[row.name] for row in problem.rows])
    use, bound = np.array([found.use[row.name] for row in problem.rows], np.int64), float(found.bound or 0)
    said = cutting.Prices(prices, bound, bound, found.passes, use.astype(np.float64))
    near = crowd.Near(np.arange(problem.customers), problem)
    return crowd.Found(said, near, chosen, found.value, use, bound, dict(found.relaxed))


class Executors:
    """Where the passes over problems of this process are counted; a `crowd.Counter`, and a context manager.

    A problem travels to the executors when it is first asked about and stays there until the next one comes.
    """

    def __init__(self, session: "SparkSession", *, parts: int | None = None, large: int | None = None) -> None:
        self.session = session
        self.parts = parts or 2 * session.sparkContext.defaultParallelism
        self.large = LARGE if large is None else large
        """Customers above which a problem is sent; fewer are counted here."""
        self._there: DataFrame | None = None

    def __call__(self, problem: Problem) -> cutting.Pass:
        """The problem's passes."""
        if problem.customers <= self.large or not problem.candidates:
            return Passes(problem)
        self.close()
        with refusals():
            table, spread = _sent(problem, self.parts)
            self._there = self.session.createDataFrame(table).cache()
        return _Away(self._there, spread)

    def close(self) -> None:
        """Let go of what lies on the executors."""
        if self._there is not None:
            self._there.unpersist()
            self._there = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Away:
    """Passes over a problem that was sent; see `cutting.Pass`."""

    def __init__(self, packed: "DataFrame", spread: Spread) -> None:
        self.packed, self.spread, self.costly = packed, spread, False

    def narrow(self, low: Floats, high: Floats, /) -> None:
        """Every pass looks at everybody."""

    def __call__(self, prices: Floats, /) -> Totals:
        with refusals():
            return _added(self.packed, self.spread, prices)


class OnSpark(crowd.Crowd):
    """Customers in a cached DataFrame."""

    def __init__(self, session: "SparkSession", source: Source, parts: int) -> None:
        self.source, self.rows = source, source.rows
        lines = session.read.parquet(str(source.path)).select(*source.columns)
        self.kind = lines.schema[source.customer].dataType.simpleString()
        ordered = lines.repartitionByRange(parts, source.customer).sortWithinPartitions(source.customer)
        self.packed = ordered.mapInArrow(_packer(source), _PACKED.replace("who binary", f"who array<{self.kind}>"))
        self.packed = self.packed.cache()
        sizes = sorted(tuple(row) for row in self.packed.select("part", "block", "customers").collect())
        begin = np.concatenate([[0], np.cumsum([size for _, _, size in sizes], dtype=np.int64)]).tolist()
        self.customers = int(begin[-1])
        first = {(part, block): begin[k] for k, (part, block, _) in enumerate(sizes)}
        self.spread = Spread(_joined(source, []), first)
        self.costly = False

    def passes(self) -> "OnSpark":
        """See `Crowd`."""
        return self

    def narrow(self, low: Floats, high: Floats) -> None:
        """Every pass looks at everybody."""

    def __call__(self, prices: Floats) -> Totals:
        """Sums of each partition, added up in a tree; they are whole numbers, so in any order."""
        return _added(self.packed.drop("who"), self.spread, prices)

    def margins(self, prices: Floats) -> Ints:
        """See `Crowd`."""
        counts = np.zeros(crowd.BINS, np.int64)
        for row in self._map(_margins(self.spread, prices), "bin binary, count binary").collect():
            counts[np.frombuffer(row["bin"], np.int64)] += np.frombuffer(row["count"], np.int64)
        return counts

    def window(self, prices: Floats, edge: crowd.Edge) -> crowd.Near:
        """See `Crowd`."""
        return self._drawn(_drawer(self.spread, _Within(prices, edge)))

    def sample(self, step: int) -> Problem:
        """See `Crowd`."""
        return self._drawn(_drawer(self.spread, _Every(step))).problem

    def chosen(self, found: crowd.Found) -> "DataFrame":
        """The lines of a plan."""
        source = self.source
        schema = f"`{source.customer}` {self.kind}, `{source.offer}` string, value_thousandths long"
        return self._map(_chooser(self.spread, found, (source.customer, source.offer)), schema, who=True)

    def _map(self, work: Callable[[Batches], Batches], schema: str, *, who: bool = False) -> "DataFrame":
        packed = self.packed if who else self.packed.drop("who")
        return packed.mapInArrow(work, schema)

    def _drawn(self, work: Callable[[Batches], Batches]) -> crowd.Near:
        rows = [tuple(row) for row in self._map(work, _DRAWN).collect()]
        empty = self.spread.empty
        parts = [(np.frombuffer(row[0], np.int64), _unpacked(empty, *row[1:])) for row in rows]
        parts.sort(key=lambda part: int(part[0][0]))
        if not parts:
            return crowd.Near(np.zeros(0, np.int64), empty)
        return crowd.Near(np.concatenate([number for number, _ in parts]), _joined(self.source, [p for _, p in parts]))


def _joined(source: Source, parts: list[Problem]) -> Problem:
    """Problems of different customers as one."""
    if not parts:
        none = np.zeros(0, np.int64)
        stack = np.zeros((len(source.amounts), 0), np.int32)
        return assembled(source, np.zeros(1, np.int64), none.astype(np.int16), none.astype(np.int32), stack)
    size = np.concatenate([np.diff(part.start) for part in parts])
    offer = np.concatenate([part.offer for part in parts])
    value, stack = np.concatenate([p.value for p in parts]), np.concatenate([p.stack for p in parts], axis=1)
    return assembled(source, np.concatenate([[0], np.cumsum(size)]), offer, value, stack)


def _unpacked(empty: Problem, size: bytes, offer: bytes, value: bytes, stack: bytes) -> Problem:
    """Arrays are copied, as compiled code takes those that cannot be written for another kind, to be compiled anew."""
    start = np.concatenate([[0], np.cumsum(np.frombuffer(size, np.int64))])
    lines, rows = int(start[-1]), len(empty.place)
    amounts, cells = _amounts(value, lines), _amounts(stack, lines * rows)
    table = cells.reshape(rows, lines)
    each = iter(table)
    filled = tuple(row if row.cells is None else row._replace(cells=next(each)) for row in empty.rows)
    taken = np.frombuffer(offer, np.int16).copy()
    problem = Problem(start, taken, amounts, empty.offers, filled, empty.slot, empty.contacts)
    problem.__dict__["stack"] = table  # what the property would copy together
    return problem


def _sent(problem: Problem, parts: int) -> tuple["pa.Table", Spread]:
    """A problem as packed rows, at least one for each partition where there are customers enough."""
    import pyarrow as pa

    each = max(1, min(PACK, problem.candidates // max(1, parts)))
    ends = np.searchsorted(problem.start, np.arange(each, problem.candidates + each, each))
    ends = np.unique(np.minimum(ends, problem.customers))
    begin = np.concatenate([np.zeros(1, np.int64), ends[:-1]])
    rows = []
    for block, (first, end) in enumerate(zip(begin.tolist(), ends.tolist(), strict=True)):
        part = slice(int(problem.start[first]), int(problem.start[end]))
        arrays = (np.diff(problem.start[first : end + 1]), problem.offer[part], problem.value[part],
                  problem.stack[:, part])  # fmt: skip
        rows.append((0, block, end - first, *(np.ascontiguousarray(array).tobytes() for array in arrays)))
    names = ("part", "block", "customers", "size", "offer", "value", "stack")
    shares = [slice(share[0], share[-1] + 1) for share in np.array_split(np.arange(len(rows)), parts) if len(share)]
    table = pa.Table.from_batches(
        [pa.record_batch({name: [row[k] for row in rows[share]] for k, name in enumerate(names)}) for share in shares]
    )  # one partition for each batch
    numbers = {(0, block): first for block, first in enumerate(begin.tolist())}
    return table, Spread(problem.only(np.zeros(0, np.int64)), numbers)


def _amounts(packed: bytes, number: int) -> Cells:
    """So many numbers of four or eight bytes each."""
    found: Cells = np.frombuffer(packed, np.dtype("i8" if len(packed) == 8 * number else "i4")).copy()
    return found


def _packer(source: Source) -> Callable[[Batches], Batches]:
    """Lines in order to packed rows."""

    def pack(batches: Batches) -> Iterator[Any]:
        import pyarrow as pa
        from pyspark import TaskContext

        context = TaskContext.get()
        part = 0 if context is None else context.partitionId()
        for number, taken in enumerate(_gathered(blocks(source, batches))):
            size, offer, value, stack = _ordered(taken)
            customers = pa.concat_arrays([block.customer for block in taken])
            who = pa.ListArray.from_arrays(pa.array([0, len(customers)], pa.int32()), customers)
            keys = (
                pa.array([part], pa.int32()),
                pa.array([number], pa.int32()),
                pa.array([len(customers)], pa.int64()),
            )
            packed = (pa.array([array.tobytes()]) for array in (size, offer, value, stack))
            names = ["part", "block", "customers", "who", "size", "offer", "value", "stack"]
            yield pa.record_batch([*keys, who, *packed], names)

    return pack


def _gathered(found: Iterable[Block]) -> Iterator[list[Block]]:
    """Blocks together until there are lines enough."""
    taken: list[Block] = []
    for block in found:
        taken.append(block)
        if sum(len(b.offer) for b in taken) >= PACK:
            yield taken
            taken = []
    if taken:
        yield taken


def _ordered(taken: list[Block]) -> tuple[Any, Any, Any, Any]:
    """Sizes, offers, values and stack of blocks as one, offers ascending within each customer."""
    size, offer = np.concatenate([b.size for b in taken]), np.concatenate([b.offer for b in taken])
    value = np.concatenate([b.value for b in taken])
    order = np.lexsort((offer, np.repeat(np.arange(len(size)), size)))
    rows = [np.concatenate([b.stack[k] for b in taken])[order] for k in range(len(taken[0].stack))]
    stack = np.stack(rows) if rows else np.zeros((0, len(offer)), np.int32)
    return size, offer[order], value[order], stack


def _each(spread: Spread, batches: Batches) -> Iterator[tuple[int, Problem, Any]]:
    """First number, problem and customers (None: not asked for) of each packed row; one thread for each task."""
    import numba

    numba.set_num_threads(1)
    for batch in batches:
        for row in batch.to_pylist():
            found = _unpacked(spread.empty, row["size"], row["offer"], row["value"], row["stack"])
            yield spread.first[row["part"], row["block"]], found, row.get("who")


def _added(packed: "DataFrame", spread: Spread, prices: Floats) -> Totals:
    """Sums of each partition, added up in a tree; they are whole numbers, so in any order."""
    sums = packed.mapInArrow(_totals(spread, prices), "sums array<long>").rdd.map(lambda row: np.array(row["sums"]))
    found = sums.treeReduce(np.add)
    return Totals(int(found[0]), found[1:])


def _totals(spread: Spread, prices: Floats) -> Callable[[Batches], Batches]:
    """The value, then the use of each row."""

    def count(batches: Batches) -> Iterator[Any]:
        import pyarrow as pa

        sums = np.zeros(1 + len(prices), np.int64)
        for _, problem, _ in _each(spread, batches):
            found = kernel.totals(problem, prices)
            sums += np.concatenate([[found.value], found.use])
        yield pa.record_batch([pa.array([sums.tolist()], pa.list_(pa.int64()))], ["sums"])

    return count


def _margins(spread: Spread, prices: Floats) -> Callable[[Batches], Batches]:
    """The bins that occur, and how often."""

    def count(batches: Batches) -> Iterator[Any]:
        import pyarrow as pa

        counts = np.zeros(crowd.BINS, np.int64)
        for _, problem, _ in _each(spread, batches):
            counts += np.bincount(crowd.bins(kernel.margins(problem, prices)), minlength=crowd.BINS)
        at = np.flatnonzero(counts)
        yield pa.record_batch([pa.array([at.tobytes()]), pa.array([counts[at].tobytes()])], ["bin", "count"])

    return count


class _Within(NamedTuple):
    """Draws the customers of a window."""

    prices: Floats
    edge: crowd.Edge

    def __call__(self, problem: Problem, number: Ints) -> Ints:
        return crowd.within(kernel.margins(problem, self.prices), number, self.edge)


class _Every(NamedTuple):
    """Draws every step-th customer."""

    step: int

    def __call__(self, _: Problem, number: Ints) -> Ints:
        return np.flatnonzero(number % self.step == 0)


def _drawer(spread: Spread, draw: _Within | _Every) -> Callable[[Batches], Batches]:
    """Some customers of each packed row."""

    def drawn(batches: Batches) -> Iterator[Any]:
        import pyarrow as pa

        for first, problem, _ in _each(spread, batches):
            number = np.arange(first, first + problem.customers)
            who = draw(problem, number)
            if len(who):
                part = problem.only(who)
                arrays = (number[who], np.diff(part.start), part.offer, part.value, part.stack)
                yield pa.record_batch(
                    [pa.array([array.tobytes()]) for array in arrays], ["number", "size", "offer", "value", "stack"]
                )

    return drawn


def _chooser(spread: Spread, found: crowd.Found, columns: tuple[str, str]) -> Callable[[Batches], Batches]:
    """The chosen lines, customer and offer in these columns: best answers to the prices, but for the window."""
    prices, number = found.prices.prices, found.near.number
    nth = np.where(found.chosen >= 0, found.chosen - found.near.problem.start[:-1, None], -1)
    offers = spread.empty.offers

    def choose(batches: Batches) -> Iterator[Any]:
        import pyarrow as pa

        for first, problem, who in _each(spread, batches):
            _, chosen = kernel.answer(problem, prices)
            low, high = np.searchsorted(number, [first, first + problem.customers])
            at = number[low:high] - first
            chosen[at] = -1
            mended = np.where(nth[low:high] >= 0, problem.start[at, None] + nth[low:high], -1)
            taken = np.sort(np.concatenate([chosen[chosen >= 0], mended[mended >= 0]]))
            names = pa.array(offers).take(pa.array(problem.offer[taken]))
            customers = pa.array([who[i] for i in problem.owner[taken]])
            yield pa.record_batch(
                [customers, names, pa.array(problem.value[taken].astype(np.int64))],
                [*columns, "value_thousandths"],
            )

    return choose
