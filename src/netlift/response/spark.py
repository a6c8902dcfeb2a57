"""Scoring beyond one machine: models travel to Spark's executors once, customers part by part, rows come back in order.

Parts are cut as `scoring.here` cuts them and answered by the same code, so the rows are the same to the last bit where
the machines are of one kind. As many parts are on their way at a time as the executors have cores, up to `MOST`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from netlift.engines.spark import refusals
from netlift.response.features import Moment, Part
from netlift.response.scoring import Asked, Scorer, answers, wanted

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import SparkSession

_ROWS = "number long, rows binary"
MOST = 32
"""Parts on their way at a time at most, whatever the cores: their rows come back to the driver together."""


def away(session: "SparkSession") -> Scorer:
    """A `Scorer` on the executors of a session.

    What it makes raises:
        EngineError: Spark refused the work; its message is in the text.
    """

    def scorer(now: Moment, asked: Sequence[Asked]) -> "Iterator[pa.RecordBatch]":
        from pyspark import cloudpickle

        with refusals():
            models = session.sparkContext.broadcast(cloudpickle.dumps(list(asked)))  # type: ignore[no-untyped-call]
        try:
            yield from _waves(session, _answerer(models), now.parts(interests=wanted(asked)))
        finally:
            models.destroy()

    return scorer


def _waves(
    session: "SparkSession", work: "Callable[[Iterable[pa.RecordBatch]], Iterator[Any]]", parts: Iterator[Part]
) -> "Iterator[pa.RecordBatch]":
    """Answers to some parts after another, in order."""
    import pyarrow as pa

    each = min(MOST, max(1, session.sparkContext.defaultParallelism))
    while wave := list(islice(parts, each)):
        sent = pa.Table.from_batches([_packed(number, part) for number, part in enumerate(wave)])  # a task for each
        with refusals():
            found = session.createDataFrame(sent).mapInArrow(work, _ROWS).toArrow()
        for row in found.sort_by("number")["rows"]:
            yield from pa.ipc.open_stream(row.as_buffer())


def _packed(number: int, part: Part) -> "pa.RecordBatch":
    """One row: its place, its profiles, its interests."""
    import pyarrow as pa

    tables = [pa.array([None if one is None else _written(one)], pa.binary()) for one in part]
    return pa.record_batch([pa.array([number], pa.int64()), *tables], ["number", "profiles", "interests"])


def _answerer(models: Any) -> "Callable[[Iterable[pa.RecordBatch]], Iterator[Any]]":
    """Packed parts to packed rows of RESPONSE."""

    def answer(batches: "Iterable[pa.RecordBatch]") -> Iterator[Any]:
        import pyarrow as pa

        from netlift.schema import RESPONSE

        asked = _read_once(models.value)
        for row in (row for batch in batches for row in batch.to_pylist()):
            liked = row["interests"]
            part = Part(_read(row["profiles"]), None if liked is None else _read(liked))
            rows = _written(pa.Table.from_batches(answers(part, asked), RESPONSE))
            yield pa.record_batch([pa.array([row["number"]], pa.int64()), pa.array([rows])], ["number", "rows"])

    return answer


@lru_cache(maxsize=1)
def _read_once(models: bytes) -> list[Asked]:
    """Models, read once in the life of a worker process."""
    import pickle

    found: list[Asked] = pickle.loads(models)  # noqa: S301  written by `away`
    return found


def _written(table: "pa.Table") -> bytes:
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    written: bytes = sink.getvalue().to_pybytes()
    return written


def _read(table: bytes) -> "pa.Table":
    import pyarrow as pa

    return pa.ipc.open_stream(table).read_all()
