"""A first look at a file: is it there, what form has it, which columns, how does it write numbers and dates?"""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from netlift.data import database
from netlift.data.encoding import PlainText, head, is_packed, plain_text
from netlift.data.locale import locale_of
from netlift.data.records import records
from netlift.data.source import Peek
from netlift.data.sql import Locale
from netlift.errors import SourceError

if TYPE_CHECKING:
    import duckdb

_SAMPLE = 200
_HEAD = 1 << 18
_DELIMITERS = (",", ";", "\t", "|")
_SEPARATOR_LINE = re.compile(rb'^"?sep=(.)"?\r?\n', re.IGNORECASE)
_NOT_TABLES = (
    (b"%PDF", "a PDF document: export the table as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook: save the sheet as CSV (UTF-8) and give that file"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file made ready to be read: what the adapters see of it, and what only the engine needs."""

    peek: Peek
    locale: Locale
    text: PlainText | None = None
    """CSV and NDJSON: the file as UTF-8 text."""
    skip: int = 0
    """CSV: physical lines before the header."""
    usual: bool = True
    """CSV: whether header and rows have the usual shape, so that DuckDB may read it."""
    table: str | None = None
    """Database: the table."""

    @property
    def plain_text(self) -> PlainText:
        """The file as UTF-8 text, which CSV and NDJSON always have."""
        if self.text is None:
            raise SourceError(f"{self.peek.path} is no text file")
        return self.text


def look(path: Path | str, folder: Path, *, encoding: str | None = None) -> Sheet:
    """Find out what a file is without reading all of it (but all of its bytes, to be sure of the encoding).

    Args:
        path: a file, or `file.db::table` for one table of a SQLite or DuckDB database.
        folder: for temporary copies, which the caller removes.
        encoding: name of the encoding; None: found from the content.

    Raises:
        SourceError: missing, empty, no table, damaged, or a form that netlift does not read.
    """
    name, _, table = str(path).partition("::")
    file = _existing(Path(name))
    with file.open("rb") as opened:
        magic = opened.read(16)
    for start, what in _NOT_TABLES:
        if magic.startswith(start):
            raise SourceError(f"{file} is {what}")
    if magic.startswith(b"PAR1"):
        return _parquet(file)
    if database.is_database(magic):
        return _database(file, table)
    if table:
        raise SourceError(f"{file} is not a SQLite or DuckDB database, so it has no table {table!r}")
    return _text(file, folder, encoding)


def _existing(file: Path) -> Path:
    if file.is_dir():
        raise SourceError(f"{file} is a folder")
    try:
        size = file.stat().st_size
        with file.open("rb"):
            pass
    except FileNotFoundError as error:
        raise SourceError(f"{file} does not exist") from error
    except OSError as error:
        raise SourceError(f"{file} cannot be opened: {error.strerror}") from error
    if not size:
        raise SourceError(f"{file} is empty (0 bytes): export it again")
    return file


def _parquet(file: Path) -> Sheet:
    import duckdb

    from netlift.engines.duckdb import connect
    from netlift.engines.sql import text

    try:
        with connect() as con:
            scan = f"read_parquet({text(str(file))})"
            relation = con.sql(f"SELECT {texts_of(con, scan)} FROM {scan} LIMIT {_SAMPLE}")
            columns, rows = tuple(relation.columns), relation.fetchall()
    except duckdb.Error as error:
        raise SourceError(f"{file} is a damaged or cut off Parquet file: {_first_line(error)}") from error
    if not rows:
        raise SourceError(f"{file} has columns but no rows")
    peek = Peek(file, "parquet", "utf-8", None, columns, _sample(columns, rows))
    return Sheet(peek, locale_of(rows))


def texts_of(con: "duckdb.DuckDBPyConnection", scan: str) -> str:
    """SQL list of the columns of a typed table as text: whole numbers without a point, nested values as JSON."""
    from netlift.engines.sql import identifier

    types = con.execute(f"DESCRIBE SELECT * FROM {scan}").fetchall()
    names = _names([name for name, *_ in types])
    return ", ".join(
        f"{_as_text(identifier(name), kind)} AS {identifier(alias)}"
        for (name, kind, *_), alias in zip(types, names, strict=True)
    )


def _as_text(column: str, kind: str) -> str:
    if kind.endswith("]") or kind.startswith(("STRUCT", "MAP", "UNION")):
        return f"to_json({column})::VARCHAR"
    if kind in {"DOUBLE", "FLOAT"}:  # a number that Pandas made of a column with gaps: 17850.0
        whole = f"abs({column}) < 1e15 AND {column} = trunc({column})"
        written = f"{column}::VARCHAR"
        safe = f"CASE WHEN regexp_matches({written}, '[.][0-9]{{3}}$') THEN {written} || '0' ELSE {written} END"
        return f"CASE WHEN {whole} THEN {column}::BIGINT::VARCHAR ELSE {safe} END"
    if kind.startswith("DECIMAL") and kind.endswith(",3)"):
        return f"{column}::VARCHAR || '0'"  # four decimals are never taken for a group of thousands
    return f"{column}::VARCHAR"


def _database(file: Path, table: str) -> Sheet:
    with database.opened(file) as base:
        chosen = database.chosen(base, file, table)
        columns, rows = base.head(chosen, _SAMPLE)
    columns = _names(columns)
    if not rows:
        raise SourceError(f"table {chosen!r} of {file} has no rows")
    peek = Peek(file, "database", "utf-8", None, columns, _sample(columns, rows))
    return Sheet(peek, locale_of(rows), table=chosen)


def _text(file: Path, folder: Path, encoding: str | None) -> Sheet:
    if is_packed(file) and head(file, 4) == b"PAR1":
        raise SourceError(f"{file} is a packed Parquet file: unpack it first")
    plain = plain_text(file, folder, encoding=encoding)
    with plain.path.open("rb") as opened:
        start = opened.read(_HEAD).removeprefix(b"\xef\xbb\xbf")
    first = start.lstrip()[:1]
    if not first:
        raise SourceError(f"{file} holds nothing but blanks")
    if first == b"<":
        raise SourceError(f"{file} is HTML or XML, not a table: was it saved from a login or error page?")
    if first == b"[" and (lines := _unpacked_array(file, plain.path, folder)):
        plain = replace(plain, path=lines)
        return _ndjson(file, plain)
    if first == b"{" and _is_object(start):
        return _ndjson(file, plain)
    return _csv(file, plain, start)


def _ndjson(file: Path, plain: PlainText) -> Sheet:
    seen: dict[str, None] = {}
    sample: list[Mapping[str, str | None]] = []
    with plain.path.open("rb") as opened:
        for line in islice(opened, 20 * _SAMPLE):
            found = _object(line)
            found.pop("", None)  # SQL has no column without a name
            seen |= dict.fromkeys(found)
            if found and len(sample) < _SAMPLE:
                sample.append({key: _json_text(value) for key, value in found.items()})
    if not sample:
        raise SourceError(f"{file}: no line of its beginning is a whole JSON object (one object per line is needed)")
    return Sheet(Peek(file, "ndjson", plain.encoding, None, tuple(seen), tuple(sample)), Locale(), text=plain)


def _object(line: bytes) -> dict[str, object]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _is_object(start: bytes) -> bool:
    """Whether the first line is a JSON object (or longer than what was read of it)."""
    first, end, _ = start.lstrip().partition(b"\n")
    return (
        bool(_object(first)) or (not end and len(start) >= _HEAD) or re.match(rb'\{\s*"[^"\n]*"\s*:', first) is not None
    )


def _json_text(value: object) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)


def _unpacked_array(file: Path, path: Path, folder: Path) -> Path | None:
    """A JSON array of objects as one object per line; None if it is not one."""
    try:
        found = json.loads(content := path.read_text("utf-8-sig"))
    except json.JSONDecodeError as error:
        if re.match(r'\s*\[\s*\{\s*"[^"\n]*"\s*:', content):
            where = f"line {error.lineno}, column {error.colno}"
            raise SourceError(f"{file} is JSON that is damaged or cut off at {where}: export it again") from error
        return None
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        return None
    copy = folder / "lines.ndjson"
    with copy.open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(item, ensure_ascii=False) + "\n" for item in found)
    return copy


def _csv(file: Path, plain: PlainText, start: bytes) -> Sheet:
    lines = _whole_lines(start, plain.path.stat().st_size > len(start) + 3)
    told = _SEPARATOR_LINE.match(start)
    skip = 1 if told else 0
    while skip < len(lines) and not lines[skip].strip():
        skip += 1
    delimiter = told[1].decode("ascii", "replace") if told else _delimiter(lines[skip:])
    rows = [
        tuple(value.decode("utf-8", "replace") for value in record.fields)
        for record in records(lines[skip:], delimiter)
        if record.fields
    ]
    width = len(rows[0]) if rows else 0
    rows = [row if any(row[width:]) else row[:width] for row in rows]
    names = _names(rows[0]) if rows else ()
    if len(names) < 2 and not any(len(row) == len(names) for row in rows[1:]):
        raise SourceError(f"{file} has no table in it: its first line has no column names")
    if plain.records <= 1 + skip and len(rows) < 2:
        raise SourceError(f"{file} has a header but no rows")
    sample = [row for row in rows[1:] if len(row) == len(names)][:_SAMPLE]
    peek = Peek(file, "csv", plain.encoding, delimiter, names, _sample(names, sample))
    plainly = plain.steady and not plain.damaged and _ends_with_its_line(lines[skip])
    where = [*sample, *_rows_further_on(plain.path, delimiter)]
    found = locale_of(where, plain.path)
    locale = replace(found, trimmed=plain.trimmed and delimiter != "\t", scientific=plain.scientific)
    return Sheet(peek, locale, text=plain, skip=skip, usual=plainly)


def _ends_with_its_line(header: bytes) -> bool:
    """Whether no quote of the header stays open."""
    return header.count(b'"') % 2 == 0


def _whole_lines(start: bytes, more: bool) -> list[bytes]:
    lines = start.splitlines(keepends=True) if b"\n" not in start else [x + b"\n" for x in start.split(b"\n")]
    if b"\n" in start:
        lines[-1] = lines[-1].removesuffix(b"\n")
        if more or not lines[-1]:
            lines.pop()
    return lines


def _delimiter(lines: Sequence[bytes]) -> str:
    """The delimiter that cuts the most rows into as many fields as the header has, and into many."""

    def score(delimiter: str) -> float:
        counts = [len(r.fields) for r in islice(records(lines, delimiter), 50) if r.fields and not r.blank]
        if not counts or counts[0] < 2:
            return 0.0
        same = sum(count == counts[0] for count in counts) / len(counts)
        return same * min(counts[0], 10) + counts[0] / 1000

    return max(_DELIMITERS, key=score)


def _names(header: Sequence[str]) -> tuple[str, ...]:
    """Column names: without blanks and marks, none empty, none twice (DuckDB does not see case), none `_row`."""
    names: list[str] = []
    for place, raw in enumerate(header, 1):
        name = raw.strip().strip("\ufeff").strip() or f"column_{place}"
        known, made, copy = {"_row", *(n.casefold() for n in names)}, name, 2
        while made.casefold() in known:
            made, copy = f"{name}_{copy}", copy + 1
        names.append(made)
    return tuple(names)


def _sample(columns: Sequence[str], rows: Sequence[Sequence[str | None]]) -> tuple[Mapping[str, str | None], ...]:
    return tuple(
        dict(zip(columns, [value if value and value.strip() else None for value in row], strict=False)) for row in rows
    )


def _rows_further_on(path: Path, delimiter: str) -> Iterator[list[str]]:
    """Some rows from the middle and the end of a file, for the way it writes numbers."""
    size = path.stat().st_size
    with path.open("rb") as file:
        for place in (size // 2, size - (1 << 16)):
            if place > _HEAD:
                file.seek(place)
                piece = file.read(1 << 16).decode("utf-8", "replace").replace("\0", "")
                lines = piece.splitlines()[1:-1]
                yield from csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
