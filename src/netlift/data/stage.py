"""From a file to the table `typed`: every row of the file is in it once, or counted as refused here.

DuckDB reads CSV in one parallel pass when the file is well-formed; that is checked, not believed: the count of
records was taken from the bytes before (`encoding`), and if DuckDB refuses a row or gives another number, the file is
read again record by record (`records`).
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netlift.data import database
from netlift.data.peek import Sheet, texts_of
from netlift.data.records import Record, records
from netlift.engines.sql import identifier, text
from netlift.errors import Reason, SourceError

if TYPE_CHECKING:
    import duckdb

EXAMPLES = 3
"""Row numbers that are kept for each reason of refusal."""
_BATCH = 50_000
_LONGEST = 8_000_000  # bytes of one line for DuckDB; longer records end up in `records`, which refuses them


@dataclass(frozen=True, slots=True)
class Refusal:
    """Rows left out for one reason."""

    reason: Reason
    rows: int
    examples: tuple[int, ...]
    """Numbers of the first rows; the first row after the header is 1."""


@dataclass(frozen=True, slots=True)
class Staged:
    """What became of a file's rows before any rule was asked."""

    rows: int
    """All rows of the file."""
    refused: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """What the text of an adapter's `rows` query tells."""

    columns: frozenset[str] | None
    """Columns of `raw` that it names; None: all (`*`)."""
    streams: bool
    """Whether each row can be typed by itself, while the file is read."""


def query_of(con: "duckdb.DuckDBPyConnection", rows: str) -> Query:
    """Which columns a query names, and whether it treats every row alone."""
    # as a literal: binding a parameter makes DuckDB import pandas, which takes half a second
    found = con.execute(f"SELECT json_serialize_sql({text(rows)})").fetchone()
    tree: dict[str, Any] = json.loads(found[0]) if found else {"error": True}
    if tree["error"]:
        raise SourceError(f"the adapter's query is not SQL: {tree.get('error_message')}")
    node = tree["statements"][0]["node"]
    nodes = list(_nodes(node))
    names = [n["column_names"] for n in nodes if n.get("class") == "COLUMN_REF"]
    starred = any(_has_star(n) for n in nodes if _reads_raw(n))
    columns = None if starred else frozenset(name[-1] for name in names if isinstance(name, list))
    return Query(columns, _streams(node))


def _nodes(tree: object) -> Iterator[dict[str, object]]:
    if isinstance(tree, dict):
        yield tree
        for value in tree.values():
            yield from _nodes(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _nodes(value)


def _reads_raw(node: dict[str, object]) -> bool:
    source = node.get("from_table")
    return isinstance(source, dict) and (source.get("type"), source.get("table_name")) == ("BASE_TABLE", "raw")


def _has_star(node: dict[str, object]) -> bool:
    chosen = node.get("select_list")
    return isinstance(chosen, list) and any(isinstance(item, dict) and item.get("class") == "STAR" for item in chosen)


def _streams(node: object) -> bool:
    """Whether a query projects `raw`, or a query that does, row by row, and hands `_row` through untouched."""
    if not isinstance(node, dict) or node.get("type") != "SELECT_NODE":
        return False
    if any(node.get(part) for part in ("where_clause", "group_expressions", "having", "qualify", "modifiers")):
        return False
    chosen, source = node.get("select_list"), node.get("from_table")
    if not isinstance(chosen, list) or not isinstance(source, dict):
        return False
    inner = list(_nodes(chosen))
    if any(n.get("class") in {"WINDOW", "SUBQUERY", "STAR"} for n in inner):
        return False
    numbers = [n for n in inner if n.get("class") == "COLUMN_REF" and n["column_names"] == ["_row"]]
    if len(numbers) != 1 or not any(numbers[0] is item for item in chosen):
        return False
    return _reads_raw(node) or _streams(_inner_query(source))


def _inner_query(source: dict[str, object]) -> object:
    query = source.get("subquery")
    return query.get("node") if source.get("type") == "SUBQUERY" and isinstance(query, dict) else None


def stage(con: "duckdb.DuckDBPyConnection", sheet: Sheet, rows: str) -> Staged:
    """Make `typed` from a file by the adapter's query `rows`.

    Raises:
        SourceError: the file cannot be read, or the query does not give one row for one row.
    """
    con.execute("SET preserve_insertion_order = true")
    form = sheet.peek.form
    if form == "csv":
        return _stage_csv(con, sheet, rows)
    if form == "parquet":
        staged = _raw_of_parquet(con, sheet)
    elif form == "ndjson":
        staged = _raw_of_ndjson(con, sheet)
    else:
        staged = _raw_of_database(con, sheet)
    return _typed_from_raw(con, rows, staged)


# ---- CSV


def _stage_csv(con: "duckdb.DuckDBPyConnection", sheet: Sheet, rows: str) -> Staged:
    expected = sheet.plain_text.records - sheet.skip - 1
    query = query_of(con, rows)
    if sheet.usual and query.streams and _streamed(con, sheet, rows, expected):
        return Staged(expected)
    if sheet.usual and not query.streams and _copied(con, sheet, expected):
        return _typed_from_raw(con, rows, Staged(expected))
    return _typed_from_raw(con, rows, _raw_by_records(con, sheet))


def _streamed(con: "duckdb.DuckDBPyConnection", sheet: Sheet, rows: str, expected: int) -> bool:
    """Type the rows while DuckDB reads them; false if not every record came through whole."""
    con.execute(f"CREATE OR REPLACE TEMP VIEW raw AS SELECT 0::UTINYINT AS _row, * FROM {_csv_scan(sheet)}")
    if not _ran_whole(con, f"CREATE OR REPLACE TEMP TABLE netlift_stream AS {rows}", "netlift_stream", expected):
        con.execute("DROP TABLE IF EXISTS netlift_stream")  # that it is there says how the file was read
        return False
    con.execute("CREATE OR REPLACE TEMP VIEW typed AS SELECT * REPLACE (rowid + 1 AS _row) FROM netlift_stream")
    return True


def _copied(con: "duckdb.DuckDBPyConnection", sheet: Sheet, expected: int) -> bool:
    """The rows as text in a table; false if not every record came through whole."""
    scan = f"CREATE OR REPLACE TEMP TABLE netlift_text AS SELECT * FROM {_csv_scan(sheet)}"
    if not _ran_whole(con, scan, "netlift_text", expected):
        return False
    con.execute("CREATE OR REPLACE TEMP VIEW raw AS SELECT rowid + 1 AS _row, * FROM netlift_text")
    return True


def _ran_whole(con: "duckdb.DuckDBPyConnection", statement: str, table: str, expected: int) -> bool:
    import duckdb

    for rejects in ("reject_errors", "reject_scans"):
        con.execute(f"DROP TABLE IF EXISTS {rejects}")
    try:
        con.execute(statement)
    except duckdb.InvalidInputException:
        return False
    return _count(con, table) == expected and not _count(con, "reject_errors")


def _csv_scan(sheet: Sheet) -> str:
    """The file without its blank lines, which must not be there: with them the count of records does not come out."""
    columns = sheet.peek.columns
    types = ", ".join(f"{text(name)}: 'VARCHAR'" for name in columns)
    scan = (
        f"read_csv({text(str(sheet.plain_text.path))}, auto_detect = false, header = true, skip = {sheet.skip}, "
        f"""delim = {text(sheet.peek.delimiter or ",")}, quote = '"', escape = '"', columns = {{{types}}}, """
        f"strict_mode = true, store_rejects = true, max_line_size = {_LONGEST})"
    )
    names = [identifier(name) for name in columns]
    if sheet.locale.trimmed:
        return f"{scan} WHERE {' OR '.join(f'{name} IS NOT NULL' for name in names)}"
    first, *others = (f"blank({name}) IS NULL" for name in names)
    return f"{scan} WHERE NOT (CASE WHEN {first} THEN {' AND '.join(others) or 'true'} ELSE false END)"


def _raw_by_records(con: "duckdb.DuckDBPyConnection", sheet: Sheet) -> Staged:
    """The rows as text in a table, read record by record; what is not a row is refused."""
    con.execute("DROP TABLE IF EXISTS netlift_text")
    columns = sheet.peek.columns
    made = ", ".join(f"{identifier(name)} VARCHAR" for name in columns)
    con.execute(f"CREATE TEMP TABLE netlift_text (_row BIGINT, {made})")
    counts = _Refusals()
    waiting: list[tuple[int, tuple[bytes, ...]]] = []
    number = 0
    for record in _data_records(sheet):
        number = record.number
        values = _text_values(record, len(columns))
        if record.blank:
            counts.add(Reason.BLANK_ROW, number)
        elif values is None:
            counts.add(Reason.MALFORMED_ROW, number)
        else:
            waiting.append((number, values))
        if len(waiting) >= _BATCH:
            _append(con, columns, waiting)
            waiting = []
    _append(con, columns, waiting)
    con.execute("CREATE OR REPLACE TEMP VIEW raw AS SELECT * FROM netlift_text")
    return Staged(number, counts.refusals())


def _data_records(sheet: Sheet) -> Iterator[Record]:
    """The records after the header, numbered from 1, without the blank lines at the end of the file."""
    held: list[Record] = []
    with sheet.plain_text.path.open("rb") as file:
        if file.read(3) != b"\xef\xbb\xbf":
            file.seek(0)
        for _ in range(sheet.skip):
            file.readline()
        for record in records(file, sheet.peek.delimiter or ","):
            if record.number == 1:
                continue
            held.append(Record(record.number - 1, record.fields))
            if record.fields != (b"",):
                yield from held
                held = []


def _text_values(record: Record, width: int) -> tuple[bytes, ...] | None:
    """The values, None if they are not as many as there are columns or not all UTF-8 without zeros.

    Delimiters too much at the end of the line are no values.
    """
    if record.fields is None or len(record.fields) < width or any(record.fields[width:]):
        return None
    fields = record.fields[:width]
    for value in fields:
        if not value.isascii():
            try:
                value.decode("utf-8")
            except UnicodeDecodeError:
                return None
        if b"\0" in value:
            return None
    return fields


def _append(
    con: "duckdb.DuckDBPyConnection", columns: tuple[str, ...], rows: list[tuple[int, tuple[bytes, ...]]]
) -> None:
    import pyarrow as pa

    if not rows:
        return
    numbers = pa.array([number for number, _ in rows], pa.int64())
    values = [
        pa.array([row[place] or None for _, row in rows], pa.binary()).cast(pa.string())
        for place in range(len(columns))
    ]
    chunk = pa.table([numbers, *values], names=["_row", *columns])
    con.register("netlift_chunk", chunk)
    con.execute("INSERT INTO netlift_text SELECT * FROM netlift_chunk")
    con.unregister("netlift_chunk")


# ---- other forms


def _raw_of_parquet(con: "duckdb.DuckDBPyConnection", sheet: Sheet) -> Staged:
    import duckdb

    path = text(str(sheet.peek.path))
    columns = texts_of(con, f"read_parquet({path})")
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW raw AS SELECT file_row_number + 1 AS _row, {columns} "
        f"FROM read_parquet({path}, file_row_number = true)"
    )
    try:
        return Staged(_count(con, f"read_parquet({path})"))
    except duckdb.Error as error:
        raise SourceError(f"{sheet.peek.path} is damaged: {str(error).splitlines()[0]}") from error


def _raw_of_ndjson(con: "duckdb.DuckDBPyConnection", sheet: Sheet) -> Staged:
    """`raw` has `_json`, the whole object, and each top-level key: texts without quotes, the rest as JSON text."""
    con.execute("CREATE OR REPLACE TEMP TABLE netlift_lines (_row BIGINT, line VARCHAR)")
    counts = _Refusals()
    rows = 0
    for first, lines in _line_batches(sheet.plain_text.path):
        rows = first + len(lines) - 1
        _insert_lines(con, first, lines, counts)
    bad = "line IS NULL OR NOT json_valid(line) OR json_type(line) <> 'OBJECT'"
    refused = con.execute(f"SELECT count(*), min(_row, {EXAMPLES}) FROM netlift_lines WHERE {bad}").fetchone()
    if refused and refused[0]:
        counts.add_many(Reason.MALFORMED_ROW, refused[0], refused[1])
        con.execute(f"DELETE FROM netlift_lines WHERE {bad}")
    keys = ", ".join(f"line::JSON ->> {text(_pointer(key))} AS {identifier(key)}" for key in sheet.peek.columns)
    con.execute(f"CREATE OR REPLACE TEMP VIEW raw AS SELECT _row, line::JSON AS _json, {keys} FROM netlift_lines")
    return Staged(rows, counts.refusals())


def _pointer(key: str) -> str:
    """A JSON pointer (RFC 6901) to a top-level key, which may hold any character."""
    return "/" + key.replace("~", "~0").replace("/", "~1")


def _line_batches(path: Path) -> Iterator[tuple[int, list[bytes]]]:
    """Lines with the number of the first; blank lines at the end of the file are left out."""
    first, held = 1, []
    with path.open("rb") as file:
        if file.read(3) != b"\xef\xbb\xbf":
            file.seek(0)
        while lines := file.readlines(1 << 24):
            held += [line.rstrip(b"\r\n") for line in lines]
            blank = next((i for i, line in enumerate(reversed(held)) if line.strip()), len(held))
            whole = held[: len(held) - blank]
            if whole:
                yield first, whole
            first, held = first + len(whole), held[len(whole) :]


def _insert_lines(con: "duckdb.DuckDBPyConnection", first: int, lines: list[bytes], counts: "_Refusals") -> None:
    import pyarrow as pa

    numbers, values = [], []
    for number, line in enumerate(lines, first):
        if not line.strip():
            counts.add(Reason.BLANK_ROW, number)
            continue
        numbers.append(number)
        values.append(_utf8_or_none(line))
    chunk = pa.table({"_row": pa.array(numbers, pa.int64()), "line": pa.array(values, pa.string())})
    con.register("netlift_chunk", chunk)
    con.execute("INSERT INTO netlift_lines SELECT * FROM netlift_chunk")
    con.unregister("netlift_chunk")


def _utf8_or_none(line: bytes) -> str | None:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _raw_of_database(con: "duckdb.DuckDBPyConnection", sheet: Sheet) -> Staged:
    import pyarrow as pa

    made = ", ".join(f"{identifier(name)} VARCHAR" for name in sheet.peek.columns)
    con.execute(f"CREATE OR REPLACE TEMP TABLE netlift_text ({made})")
    rows = 0
    with database.opened(sheet.peek.path) as base:
        for columns, batch in base.batches(sheet.table or "", _BATCH):
            values = [pa.array([row[place] for row in batch], pa.string()) for place in range(len(columns))]
            con.register("netlift_chunk", pa.table(values, names=list(columns)))
            con.execute("INSERT INTO netlift_text SELECT * FROM netlift_chunk")
            con.unregister("netlift_chunk")
            rows += len(batch)
    con.execute("CREATE OR REPLACE TEMP VIEW raw AS SELECT rowid + 1 AS _row, * FROM netlift_text")
    return Staged(rows)


# ---- typed


def _typed_from_raw(con: "duckdb.DuckDBPyConnection", rows: str, staged: Staged) -> Staged:
    con.execute("DROP VIEW IF EXISTS typed")
    con.execute(f"CREATE OR REPLACE TEMP TABLE netlift_typed AS {rows}")
    con.execute("CREATE OR REPLACE TEMP VIEW typed AS SELECT * FROM netlift_typed")
    found = con.execute("SELECT count(*), count(DISTINCT _row) FROM typed").fetchone()
    expected = staged.rows - sum(refusal.rows for refusal in staged.refused)
    if found != (expected, expected):
        raise SourceError(
            f"the adapter's query makes {found} (distinct) rows of {expected}: it must keep every row once"
        )
    return staged


def _count(con: "duckdb.DuckDBPyConnection", table: str) -> int:
    found = con.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(found[0]) if found else 0


class _Refusals:
    """Counts by reason, with the first row numbers."""

    def __init__(self) -> None:
        self._rows: Counter[Reason] = Counter()
        self._examples: defaultdict[Reason, list[int]] = defaultdict(list)

    def add(self, reason: Reason, row: int) -> None:
        self.add_many(reason, 1, [row])

    def add_many(self, reason: Reason, rows: int, examples: list[int]) -> None:
        self._rows[reason] += rows
        room = EXAMPLES - len(self._examples[reason])
        self._examples[reason] += examples[:room]

    def refusals(self) -> tuple[Refusal, ...]:
        return tuple(Refusal(reason, rows, tuple(self._examples[reason])) for reason, rows in self._rows.items())
