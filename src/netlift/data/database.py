"""Tables of SQLite and DuckDB database files, read row by row as text."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from netlift.engines.sql import identifier, text
from netlift.errors import SourceError

if TYPE_CHECKING:
    import sqlite3

    import duckdb

Rows = list[tuple[str | None, ...]]
_GROUP = 3  # decimals that could be taken for a group of thousands: 1.234 is written 1.2340
_EXACT = 1e15  # floats below it hold every whole number


def is_database(magic: bytes) -> bool:
    """Whether a file that begins so is a SQLite or DuckDB database."""
    return magic.startswith(b"SQLite format 3\0") or magic[8:12] == b"DUCK"


class Database(ABC):
    """An open database file."""

    @abstractmethod
    def tables(self) -> tuple[str, ...]:
        """Names of its tables and views, sorted."""

    @abstractmethod
    def batches(self, table: str, size: int) -> Iterator[tuple[tuple[str, ...], Rows]]:
        """Column names and up to `size` rows as text, until there are none."""

    def head(self, table: str, size: int) -> tuple[tuple[str, ...], Rows]:
        """Column names and the first rows."""
        return next(self.batches(table, size))


@contextmanager
def opened(file: Path) -> Iterator[Database]:
    """A database file, read only.

    Raises:
        SourceError: it cannot be read.
    """
    import sqlite3

    import duckdb

    with file.open("rb") as handle:
        magic = handle.read(16)
    try:
        if magic[8:12] == b"DUCK":
            from netlift.engines.duckdb import connect

            with connect() as con:
                con.execute(f"ATTACH {text(str(file))} AS source (READ_ONLY)")
                yield _DuckDB(con)
        else:
            with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as base:
                yield _SQLite(base)
    except (sqlite3.Error, duckdb.Error) as error:
        raise SourceError(f"{file} cannot be read as a database: {str(error).splitlines()[0]}") from error


def chosen(base: Database, file: Path, table: str) -> str:
    """The table that is meant: the one named, or the only one.

    Raises:
        SourceError: there is no such table, or several and none was named.
    """
    names = base.tables()
    if table:
        if table not in names:
            raise SourceError(f"{file} has no table {table!r}; it has: {', '.join(names) or 'none'}")
        return table
    if not names:
        raise SourceError(f"{file} is a database without tables: export it again")
    if len(names) > 1:
        raise SourceError(f"{file} has {len(names)} tables ({', '.join(names)}): say which one, as {file}::TABLE")
    return names[0]


class _SQLite(Database):
    def __init__(self, con: "sqlite3.Connection") -> None:
        self._con = con

    def tables(self) -> tuple[str, ...]:
        query = (
            "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' ORDER BY name"
        )
        return tuple(name for (name,) in self._con.execute(query))

    def batches(self, table: str, size: int) -> Iterator[tuple[tuple[str, ...], Rows]]:
        cursor = self._con.execute(f"SELECT * FROM {identifier(table)}")
        columns = tuple(column[0] for column in cursor.description)
        rows = cursor.fetchmany(size)
        yield columns, [tuple(map(_as_text, row)) for row in rows]
        while rows := cursor.fetchmany(size):
            yield columns, [tuple(map(_as_text, row)) for row in rows]


class _DuckDB(Database):
    def __init__(self, con: "duckdb.DuckDBPyConnection") -> None:
        self._con = con

    def tables(self) -> tuple[str, ...]:
        query = (
            "SELECT table_name FROM information_schema.tables "
            "WHERE table_catalog = 'source' AND table_schema = 'main' ORDER BY 1"
        )
        return tuple(name for (name,) in self._con.execute(query).fetchall())

    def batches(self, table: str, size: int) -> Iterator[tuple[tuple[str, ...], Rows]]:
        from netlift.data.peek import texts_of  # which itself needs this module

        scan = f"source.main.{identifier(table)}"
        cursor = self._con.execute(f"SELECT {texts_of(self._con, scan)} FROM {scan}")
        columns = tuple(column[0] for column in cursor.description or ())
        rows = cursor.fetchmany(size)
        yield columns, rows
        while rows := cursor.fetchmany(size):
            yield columns, rows


def _as_text(value: object) -> str | None:
    """A value of SQLite as text; a float as the shortest decimal that is it, a whole one without a point."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return str(int(value))
    written = str(value)
    is_group = isinstance(value, float) and len(written.partition(".")[2]) == _GROUP
    return written + "0" if is_group else written
