"""Lists that were shown and verdicts on them to the library: files from which the next training learns.

A file follows from the rows of its range alone, and tells how many those were and the sum of their ids, which are never
used again; where the store says otherwise, it is written again. So a process may end at any moment, and a person may be
erased.
"""

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection
from django.db.models import Max

from netlift.service.decisions.shelf_models import ShownList
from netlift.service.decisions.shelf_people import leave_out
from netlift.service.decisions.shelf_shown import VERDICTS
from netlift.service.events.models import Event
from netlift.service.runs.shelf.events import ANSWERS, answers_schema, shown_folder, shown_schema

if TYPE_CHECKING:
    import pyarrow as pa

SIZE = 50_000
"""Ids of a file."""
MOST = 500_000
"""Verdicts, the newest, that are told."""
_PIECE = 5_000
_SAYS = b"netlift"
_COUNT = f"SELECT id / {SIZE}, COUNT(*), SUM(id) FROM {ShownList._meta.db_table} GROUP BY 1"


def hand_over() -> int:
    """Write what has changed, and leave the erased out of what is served; how many files and lists that were."""
    folder = shown_folder(settings.FOLDER.workspace)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT)
        there = {int(number): {"rows": int(count), "ids": int(ids)} for number, count, ids in cursor.fetchall()}
    written = 0
    for path in folder.glob("lists-*.parquet"):
        if int(path.stem.rpartition("-")[2]) not in there:
            path.unlink(missing_ok=True)
            written += 1
    for number, says in sorted(there.items()):
        path = folder / f"lists-{number:06d}.parquet"
        if _says(path) != says:
            _write(path, says, shown_schema(), _lists(number))
            written += 1
    return written + _verdicts(folder) + leave_out()


def _lists(number: int) -> Iterator[list[dict[str, Any]]]:
    rows = ShownList.objects.filter(pk__gte=number * SIZE, pk__lt=(number + 1) * SIZE).order_by("pk")
    piece: list[dict[str, Any]] = []
    for customer, items, at in rows.values_list("customer", "items", "at").iterator(chunk_size=_PIECE):
        piece += [
            {"customer_id": customer, "product_id": name, "at": at, "propensity": chance} for name, chance in items
        ]
        if len(piece) >= _PIECE:
            yield piece
            piece = []
    yield piece


def _verdicts(folder: Path) -> int:
    rows = Event.objects.filter(source=VERDICTS).exclude(event="")  # an erased one has nothing left to tell
    says = {"rows": rows.count(), "last": rows.aggregate(last=Max("pk"))["last"]}
    path = folder / ANSWERS
    if says["rows"] == 0:
        gone = path.exists()
        path.unlink(missing_ok=True)
        return int(gone)
    if _says(path) == says:
        return 0
    newest = rows.order_by("-pk").values_list("customer", "told", "at", "event")[:MOST]
    _write(path, says, answers_schema(), _told(newest.iterator(chunk_size=_PIECE)))
    return 1


def _told(rows: Iterator[Any]) -> Iterator[list[dict[str, Any]]]:
    while piece := list(islice(rows, _PIECE)):
        yield [
            {
                "customer_id": customer, "product_id": told["product_id"], "at": at, "kind": event,
                "value": told.get("value"),
            }
            for customer, told, at, event in piece
        ]  # fmt: skip


def _says(path: Path) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        told = (pq.read_schema(path).metadata or {}).get(_SAYS)
    except (OSError, pa.ArrowException):
        return None
    return json.loads(told) if told else None


def _write(path: Path, says: dict[str, Any], schema: "pa.Schema", pieces: Iterator[list[dict[str, Any]]]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.part")
    with pq.ParquetWriter(draft, schema.with_metadata({_SAYS: json.dumps(says).encode()}), compression="zstd") as file:
        for piece in pieces:
            if piece:
                file.write_table(pa.Table.from_pylist(piece, file.schema))
    draft.replace(path)
