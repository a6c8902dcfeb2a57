"""The library's workspace of the service: rows go in by its own ingest, as files whose names say what is in them."""

import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from netlift.data.ingest import Wishes, ingest
from netlift.data.receipt import Receipt
from netlift.data.workspace import Workspace
from netlift.errors import DataError
from netlift.schema import TABLES
from netlift.service.privacy.pseudonyms import served


def opened() -> Workspace:
    """The workspace, made where there is none, with the service's pseudonyms."""
    folder: Path = settings.FOLDER.workspace
    return served(folder)


def put(workspace: Workspace, table: str, batch: str, rows: Sequence[Mapping[str, Any]], now: datetime) -> int:
    """Let these rows be what the workspace has of a batch, instead of whatever it had; how many those are.

    Args:
        workspace: where.
        table: one of `schema.TABLES`.
        batch: the name of the file.
        rows: by the schema's columns; customers by their pseudonyms.
        now: nothing in the rows is later.

    Raises:
        DataError: the library refuses some of them.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not rows:
        workspace.drop_batch(batch)
        return 0
    made = pa.Table.from_pylist(list(rows), TABLES[table])
    made = made.select([name for name in made.column_names if made[name].null_count < made.num_rows])
    with tempfile.TemporaryDirectory(prefix=".hand-over-", dir=workspace.path) as folder:
        file = Path(folder) / f"{batch}.parquet"
        pq.write_table(made, file)
        (receipt,) = ingest([file], workspace, Wishes(kind="native", coded=True), now=now)
    _complete(receipt, table, batch, len(rows))
    return len(rows)


def _complete(receipt: Receipt, table: str, batch: str, rows: int) -> None:
    if receipt.rows_kept != rows:
        why = ", ".join(f"{one.rows} as {one.reason}" for one in receipt.refused)
        raise DataError(f"{rows - receipt.rows_kept} of {rows} rows of {batch} were refused for {table}: {why}")
