"""Data in: files of any known format become the tables of a workspace, and every row is accounted for.

    receipts = ingest(["orders_export.csv"], Workspace.create("shop"))

The road of a file: look (`peek`) -> which adapter (`detect`) -> rows to `typed` (`stage`) -> what is left out
(`refusals`) -> Parquet (`write`) -> receipt. Rows in = rows kept + rows refused, or it is an error of ours.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from netlift.data.detect import adapter_for
from netlift.data.peek import Sheet, look
from netlift.data.receipt import Receipt, receipt_of
from netlift.data.refusals import refuse
from netlift.data.source import Options, Peek, Reading, Source
from netlift.data.sql import install_macros
from netlift.data.stage import query_of, stage
from netlift.data.workspace import Workspace, batch_name
from netlift.data.write import write_tables
from netlift.engines.base import Settings as EngineSettings
from netlift.engines.duckdb import connect
from netlift.errors import DataError, SourceError

if TYPE_CHECKING:
    import duckdb

MEMORY_MB = 3072
"""What DuckDB may use before it spills into the workspace."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user says about the files of one call; everything has a default."""

    kind: str | None = None
    """The adapter to use, whatever the content looks like."""
    currency: str | None = None
    """For files that name none; also picks one currency out of several."""
    timezone: str | None = None
    """Of times that carry none; None: the workspace's."""
    mapping: Mapping[str, object] | None = None
    """A parsed mapping file: the files are read with it."""
    encoding: str | None = None
    """Of text files; None: found from the content."""
    memory_mb: int = MEMORY_MB


def ingest(
    paths: Sequence[Path | str],
    workspace: Workspace,
    wishes: Wishes | None = None,
    *,
    now: datetime | None = None,
    progress: Callable[[str], None] | None = None,
) -> tuple[Receipt, ...]:
    """Take files, or folders of files, into a workspace; a file taken in before replaces its earlier rows.

    Args:
        paths: files, folders (every recognised file in them), or `file.db::table`.
        workspace: where the tables go.
        wishes: what to assume about the files.
        now: rows dated later are refused; None: this moment.
        progress: told in words what is being done.

    Returns:
        One receipt per file; a file of a folder that was passed over has its `problem` there.

    Raises:
        SourceError: a file is missing, empty, damaged or of no known format, or holds nothing that can be kept.
        ConfigError: a wish cannot be met.
    """
    wishes = wishes or Wishes()
    options = Options(
        now=now or datetime.now(UTC),
        currency=wishes.currency or workspace.settings.currency,
        timezone=wishes.timezone or workspace.settings.timezone,
        mapping=wishes.mapping or {},
    )
    tell = progress or (lambda _: None)
    folders = [Path(path) for path in paths if Path(path).is_dir()]
    files = [path for path in paths if not Path(path).is_dir()]
    receipts = _together(files, workspace, wishes, options, tell, strict=True) if files else []
    for folder in folders:
        receipts += _ingest_folder(folder, workspace, wishes, options, tell)
    return tuple(receipts)


@contextmanager
def _scratch(workspace: Workspace) -> Iterator[Path]:
    """A folder for temporary files, in the workspace because that is where there is room."""
    folder = Path(mkdtemp(prefix=".ingest-", dir=workspace.path))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _ingest_folder(
    path: Path, workspace: Workspace, wishes: Wishes, options: Options, tell: Callable[[str], None]
) -> list[Receipt]:
    files = sorted(file for file in path.iterdir() if file.is_file() and not file.name.startswith("."))
    receipts = _together(files, workspace, wishes, options, tell, strict=False)
    if all(receipt.problem for receipt in receipts):
        reasons = "; ".join(receipt.problem or "" for receipt in receipts[:3])
        raise SourceError(f"nothing in the folder {path} could be taken in{': ' if reasons else ''}{reasons}")
    return receipts


def _together(
    files: Sequence[Path | str],
    workspace: Workspace,
    wishes: Wishes,
    options: Options,
    tell: Callable[[str], None],
    *,
    strict: bool,
) -> list[Receipt]:
    """Files that may need each other; `strict`: a file that cannot be taken in is an error, else it is passed over."""
    receipts: list[Receipt] = []

    def passed_over(file: Path | str, error: SourceError) -> None:
        if strict:
            raise error
        receipts.append(Receipt.passed_over(Path(file), str(error)))

    with _scratch(workspace) as folder:
        looks: dict[Path | str, Sheet] = {}
        for place, file in enumerate(files):
            tell(f"looking at {file}")
            own = folder / str(place)
            own.mkdir()
            try:
                looks[file] = look(file, own, encoding=wishes.encoding)
            except SourceError as error:
                passed_over(file, error)
        for file, sheet in looks.items():
            beside = tuple(_readable(other) for name, other in looks.items() if name != file and not other.skip)
            companioned = replace(sheet, peek=replace(sheet.peek, beside=beside))
            try:
                receipts.append(_ingest_sheet(companioned, workspace, wishes, options, tell, folder))
            except SourceError as error:
                passed_over(file, error)
    return receipts


def _readable(sheet: Sheet) -> Peek:
    """What other files' adapters see of a file: its columns, and where its text lies in UTF-8."""
    return replace(sheet.peek, path=sheet.text.path) if sheet.text else sheet.peek


def _ingest_sheet(
    sheet: Sheet, workspace: Workspace, wishes: Wishes, options: Options, tell: Callable[[str], None], folder: Path
) -> Receipt:
    import duckdb

    source = adapter_for(sheet.peek, options, wishes.kind)
    reading = source.reading(sheet.peek, options)
    settings = EngineSettings(memory_mb=wishes.memory_mb, temp_folder=folder / "spill")
    with connect(settings) as con:
        con.execute("SET enable_progress_bar = false")
        con.execute("SET disabled_optimizers = 'in_clause'")  # planning many money() takes seconds with it
        install_macros(con, sheet.locale, workspace.key)
        try:
            return _taken_in(con, sheet, source, reading, workspace, options, tell, folder)
        except duckdb.Error as error:
            message = str(error).splitlines()[0]
            raise SourceError(f"{sheet.peek.path} could not be read as {source.title}: {message}") from error


def _taken_in(
    con: "duckdb.DuckDBPyConnection",
    sheet: Sheet,
    source: Source,
    reading: Reading,
    workspace: Workspace,
    options: Options,
    tell: Callable[[str], None],
    folder: Path,
) -> Receipt:
    name = sheet.peek.path.name
    tell(f"{name}: reading as {source.title}")
    staged = stage(con, sheet, reading.rows, folder)
    tell(f"{name}: checking {staged.rows:,} rows")
    refused, currency = refuse(con, reading, currency=options.currency)
    every = (*staged.refused, *refused)
    kept = _kept_rows(con)
    if staged.rows != kept + sum(refusal.rows for refusal in every):
        raise DataError(f"{name}: {staged.rows} rows in, but {kept} kept and {every} refused; please report this")
    if not kept:
        worst = max(every, key=lambda refusal: refusal.rows)
        raise SourceError(f"{name}: all {staged.rows} rows were refused, {worst.rows} of them as {worst.reason}")
    _check_currency(sheet, workspace, currency)
    tell(f"{name}: writing {kept:,} rows")
    place = f"{sheet.peek.path}::{sheet.table}" if sheet.table else str(sheet.peek.path)
    batch = batch_name(place)
    written = write_tables(con, reading, workspace, batch)
    used = query_of(con, reading.rows).columns
    receipt = receipt_of(con, sheet.peek, source, reading, used, staged.rows, kept, every, currency, written)
    if currency and currency != "XXX" and not workspace.settings.currency:
        workspace.save_settings(currency=currency)
    receipt.save(workspace, batch)
    return receipt


def _kept_rows(con: "duckdb.DuckDBPyConnection") -> int:
    found = con.execute("SELECT count(*) FROM kept").fetchone()
    return int(found[0]) if found else 0


def _check_currency(sheet: Sheet, workspace: Workspace, currency: str | None) -> None:
    expected = workspace.settings.currency
    if expected and currency and currency not in {expected, "XXX"}:
        raise SourceError(
            f"{sheet.peek.path.name} is in {currency}, the workspace {workspace.path} in {expected}: "
            "money is never added across currencies, so take it into another --workspace"
        )
