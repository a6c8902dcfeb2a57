"""Who was erased is taken out of what files brought into the workspace, and out of what was made from it.

It happens again whenever a file brings them back. Sales stay as a guest's, for the books; the rest of a person goes.
"""

import shutil
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone

from netlift.data.workspace import SETTINGS_FILE, Workspace
from netlift.schema import DERIVED, TABLES
from netlift.service.core.logs import say
from netlift.service.privacy.people import erased

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

EVERY = timedelta(minutes=1)
"""How often the worker looks."""
LEFT = timedelta(days=1)
"""Nothing takes so long to write: what is older was left by a killed process."""
SALES = ("orders", "order_lines")
_WHO = "customer_id"
_ROWS = 100_000
"""Of a file that are held at a time."""
_looked: dict[Path, tuple[int, int, frozenset[str]]] = {}
"""By file: when it was written, its length, and whom it was searched for; only what has changed is read again."""


_gone: frozenset[str] = frozenset()
"""The last that were searched for; the same object as long as they are the same, so that comparing costs nothing."""
_last: datetime | None = None


class _ChangedError(Exception):
    """Somebody else wrote the file meanwhile."""


def now_and_then(now: datetime) -> int:
    """`forget`, where the last time is `EVERY` ago; how many files were written anew."""
    global _last  # noqa: PLW0603 - one for the process
    if _last is not None and abs(now - _last) < EVERY:
        return 0
    _last = now
    return forget(now)


def forget(now: datetime | None = None) -> int:
    """Take the erased out of the workspace's files; how many files were written anew.

    A file that a job replaces meanwhile stays the job's; the next call looks at it. What killed processes left half
    written is removed.
    """
    global _gone  # noqa: PLW0603 - one for the process
    found = frozenset(erased())
    gone = _gone = _gone if found == _gone else found
    folder: Path = settings.FOLDER.workspace
    if not gone or not (folder / SETTINGS_FILE).is_file():
        return 0
    workspace, count = Workspace.open(folder), 0
    for path, sale in _files(workspace):
        try:
            stamp = (*_stamp(path), gone)
            if _looked.get(path) != stamp:
                count += _without(workspace, path, gone, sale=sale)
                _looked[path] = (*_stamp(path), gone) if path.exists() else stamp
        except (OSError, ValueError, _ChangedError) as error:
            say("erased_left_in_a_file", error=error)
    _clear(folder, (now or timezone.now()) - LEFT)
    return count


def _clear(workspace: Path, before: datetime) -> None:
    """Remove what has been left half written since before a moment."""
    left = [*workspace.glob(".hand-over-*")]
    left += [path for name in ("tables", "derived") for path in (workspace / name).rglob(".*.part")]
    for path in left:
        with suppress(OSError):
            if path.stat().st_mtime >= before.timestamp():
                continue
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()


def _files(workspace: Workspace) -> list[tuple[Path, bool]]:
    """Every file that names customers, and whether it holds sales."""
    tables = [name for name, schema in TABLES.items() if _WHO in schema.names]
    found = [(path, name in SALES) for name in tables for path in workspace.files(name)]
    derived = [workspace.derived_file(name) for name, schema in DERIVED.items() if _WHO in schema.names]
    return found + [(path, False) for path in derived if path.is_file()]


def _stamp(path: Path) -> tuple[int, int]:
    told = path.stat()
    return told.st_mtime_ns, told.st_size


def _without(workspace: Workspace, path: Path, gone: frozenset[str], *, sale: bool) -> bool:
    """Write a file anew if it names one of them."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    who, before = pa.array(sorted(gone), pa.string()), _stamp(path)
    with pq.ParquetFile(path) as file:
        named = (batch[_WHO] for batch in file.iter_batches(_ROWS, columns=[_WHO]))
        if not any(pc.any(pc.is_in(one, value_set=who)).as_py() for one in named):
            return False
        with workspace.writing(path) as draft:
            rows = _write(file, draft, who, sale=sale)
            if _stamp(path) != before:
                raise _ChangedError
    if not rows:
        with suppress(FileNotFoundError):
            path.unlink()
    return True


def _write(file: "pq.ParquetFile", draft: Path, who: "pa.Array", *, sale: bool) -> int:
    """The file without them; how many rows are left."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    rows, schema = 0, file.schema_arrow
    with pq.ParquetWriter(draft, schema) as writer:
        for batch in file.iter_batches(_ROWS):
            theirs = pc.is_in(batch[_WHO], value_set=who)
            if sale:
                kept = pc.if_else(theirs, pa.scalar(None, batch[_WHO].type), batch[_WHO])
                left = batch.set_column(schema.get_field_index(_WHO), schema.field(_WHO), kept)
            else:
                left = batch.filter(pc.invert(theirs))
            writer.write_batch(left)
            rows += left.num_rows
    return rows
