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
from netlift.data.fields import NO_CURRENCY
from netlift.data.mapping import parse_mapping
from netlift.data.peek import Sheet, look
from netlift.data.quality import Counts, receipt_of
from netlift.data.receipt import Receipt
from netlift.data.refusals import refuse
from netlift.data.source import Options, Peek, Reading, Source
from netlift.data.sql import DayOrder, Ids, Locale, install_macros
from netlift.data.stage import stage
from netlift.data.workspace import ALL, Workspace, batch_name, check_timezone
from netlift.data.write import write_tables
from netlift.engines.base import Settings as EngineSettings
from netlift.engines.duckdb import connect
from netlift.errors import ConfigError, DataError, SourceError

if TYPE_CHECKING:
    import duckdb

MEMORY_MB = 3072
"""What DuckDB may use before it spills into the workspace."""
_TABLE_FILES = frozenset(
    ".csv .tsv .tab .txt .parquet .ndjson .jsonl .json .gz .zip .db .sqlite .sqlite3 .duckdb .xlsx .xls".split()
)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user says about the files of one call; everything has a default."""

    kind: str | None = None
    """The adapter to use, whatever the content looks like."""
    currency: str | None = None
    """ISO 4217 code for files that name none; also picks one currency out of several."""
    timezone: str | None = None
    """IANA zone of times that carry none; None: the workspace's."""
    mapping: Mapping[str, object] | None = None
    """A parsed mapping file (`netlift.data.mapping.read_mapping`): the files are read with it."""
    encoding: str | None = None
    """Of text files; None: found from the content."""
    memory_mb: int = MEMORY_MB
    coded: bool = False
    """Customers' ids in the files are this workspace's pseudonyms already; other ids are an error."""


@dataclass(frozen=True, slots=True)
class _Call:
    """What all files of one call share."""

    workspace: Workspace
    options: Options
    wishes: Wishes
    tell: Callable[[str], None]


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
    if wishes.mapping:
        parse_mapping(wishes.mapping)
    options = Options(
        now=(now or datetime.now(UTC)).astimezone(UTC),
        currency=_checked_currency(wishes.currency) or workspace.settings.currency,
        timezone=check_timezone(wishes.timezone or workspace.settings.timezone),
        mapping=wishes.mapping or {},
    )
    call = _Call(workspace, options, wishes, progress or (lambda _: None))
    folders = [Path(path) for path in paths if Path(path).is_dir()]
    files = [path for path in paths if not Path(path).is_dir()]
    receipts = _together(files, call, strict=True)
    for folder in folders:
        receipts += _folder(folder, call)
    return tuple(receipts)


def _checked_currency(code: str | None) -> str | None:
    if code is not None and not _is_code(code):
        raise ConfigError(f"currency must be an ISO 4217 code such as EUR, got {code!r}")
    return code.upper() if code else None


def _is_code(currency: str) -> bool:
    return len(currency) == 3 and currency.isascii() and currency.isalpha()


@contextmanager
def _scratch(workspace: Workspace) -> Iterator[Path]:
    """A folder for temporary files, in the workspace because that is where there is room."""
    folder = Path(mkdtemp(prefix=".ingest-", dir=workspace.path))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _folder(path: Path, call: _Call) -> list[Receipt]:
    """Every file of a folder; one that cannot be taken in does not stop the others."""
    receipts = _together(_files_of(path), call, strict=False)
    if all(receipt.problem for receipt in receipts):
        reasons = "; ".join(receipt.problem or "" for receipt in receipts[:3]) or "there is no table file in it"
        raise SourceError(f"nothing in the folder {path} could be taken in: {reasons}")
    return receipts


def _together(files: Sequence[Path | str], call: _Call, *, strict: bool) -> list[Receipt]:
    """Files that may need each other; `strict`: one that cannot be taken in is an error, else it is passed over."""
    receipts: list[Receipt] = []

    def pass_over(file: Path | str, error: SourceError) -> None:
        if strict:
            raise error
        receipts.append(Receipt.passed_over(Path(file), str(error)))

    with _scratch(call.workspace) as folder:
        sheets: dict[Path | str, Sheet] = {}
        for place, file in enumerate(files):
            call.tell(f"looking at {Path(file).name}")
            own = folder / str(place)
            own.mkdir()
            try:
                sheets[file] = look(file, own, encoding=call.wishes.encoding)
            except SourceError as error:
                pass_over(file, error)
        for file, sheet in sheets.items():
            beside = tuple(_readable(other) for name, other in sheets.items() if name != file and not other.skip)
            try:
                receipts.append(_sheet(replace(sheet, peek=replace(sheet.peek, beside=beside)), call, folder))
            except SourceError as error:
                pass_over(file, error)
    return receipts


def _readable(sheet: Sheet) -> Peek:
    """What other files' adapters see of a file: its columns, and where its text lies in UTF-8."""
    return replace(sheet.peek, path=sheet.text.path) if sheet.text else sheet.peek


def _files_of(folder: Path) -> list[Path]:
    files = (file for file in folder.iterdir() if file.suffix.lower() in _TABLE_FILES and not file.name.startswith("."))
    return sorted(file for file in files if file.is_file())


def _sheet(sheet: Sheet, call: _Call, folder: Path) -> Receipt:
    import duckdb

    source = adapter_for(sheet.peek, call.options, call.wishes.kind)
    reading = source.reading(sheet.peek, call.options)
    engine = EngineSettings(memory_mb=call.wishes.memory_mb, temp_folder=folder / "spill")
    with connect(engine) as con:
        con.execute("SET enable_progress_bar = false")
        con.execute("SET disabled_optimizers = 'in_clause'")  # planning many money() takes seconds with it
        install_macros(con, _locale(sheet, call.options), call.workspace.key, _ids(call))
        try:
            return _taken_in(con, sheet, source, reading, call)
        except duckdb.Error as error:
            message = str(error).splitlines()[0]
            raise SourceError(f"{sheet.peek.path} could not be read as {source.title}: {message}") from error


def _ids(call: _Call) -> Ids:
    if call.wishes.coded:
        return "checked"
    return "coded" if call.workspace.settings.pseudonyms == ALL else "kept"


def _locale(sheet: Sheet, options: Options) -> Locale:
    """How the file writes numbers and dates: as the mapping says, else as was found."""
    if not options.mapping:
        return sheet.locale
    said = parse_mapping(options.mapping)
    days: DayOrder = "mdy" if said.dates == "mdy" else "dmy" if said.dates == "dmy" else sheet.locale.days
    return replace(sheet.locale, mark=said.decimal or sheet.locale.mark, days=days)


def _taken_in(con: "duckdb.DuckDBPyConnection", sheet: Sheet, source: Source, reading: Reading, call: _Call) -> Receipt:
    name = sheet.peek.path.name
    call.tell(f"{name}: reading as {source.title}")
    staged = stage(con, sheet, reading.rows)
    call.tell(f"{name}: checking {staged.rows:,} rows")
    refused, currency, facts = refuse(con, reading, currency=call.options.currency)
    every = (*staged.refused, *refused)
    kept = _kept_rows(con)
    if staged.rows != kept + sum(refusal.rows for refusal in every):
        raise DataError(f"{name}: {staged.rows} rows in, but {kept} kept and {every} refused; please report this")
    if not staged.rows:
        raise SourceError(f"{name} has a header but no rows")
    if not kept:
        worst = max(every, key=lambda refusal: refusal.rows)
        raise SourceError(
            f"{name} (read as {source.title}): all {staged.rows} rows were refused, {worst.rows} of them as "
            f"{worst.reason}, the first in row {min(worst.examples, default=0)}"
        )
    _check_currency(name, call.workspace, currency)
    call.tell(f"{name}: writing {kept:,} rows")
    batch = batch_name(f"{name}::{sheet.table}" if sheet.table else name)
    written = write_tables(con, reading, call.workspace, batch, facts)
    balance = Counts(staged.rows, kept, every, currency)
    margin = call.workspace.settings.margin
    receipt = receipt_of(con, sheet, source, reading, balance, written, margin=margin)
    if currency and currency != NO_CURRENCY and not call.workspace.settings.currency:
        call.workspace.save_settings(currency=currency)
    receipt.save(call.workspace, batch)
    return receipt


def _kept_rows(con: "duckdb.DuckDBPyConnection") -> int:
    found = con.execute("SELECT count(*) FROM kept").fetchone()
    return int(found[0]) if found else 0


def _check_currency(name: str, workspace: Workspace, currency: str | None) -> None:
    if currency and not _is_code(currency):
        raise SourceError(
            f"{name} gives {currency!r} as its currency, which is no ISO 4217 code: name the code in a mapping file, "
            'such as currency = "EUR"'
        )
    expected = workspace.settings.currency
    if expected and currency and currency not in {expected, NO_CURRENCY}:
        raise SourceError(
            f"{name} is in {currency}, the workspace {workspace.path} in {expected}: "
            "money is never added across currencies, so take it into another --workspace"
        )
