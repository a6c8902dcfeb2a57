"""DuckDB: the default engine, in this process, out of core."""

import glob
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from netlift.engines.base import Engine, Frame, Settings
from netlift.errors import EngineError

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


def connect(settings: Settings | None = None, database: str | Path = ":memory:") -> "duckdb.DuckDBPyConnection":
    """A DuckDB connection that thinks in UTC and never downloads an extension.

    Args:
        settings: threads, memory, folder to spill to, further DuckDB settings.
        database: file to open; the default lives in memory.

    Raises:
        EngineError: DuckDB refuses a setting or the file.
    """
    import duckdb

    settings = settings or Settings()
    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        **settings.options,
    }
    if settings.threads:
        config["threads"] = settings.threads
    if settings.memory_mb:
        config["memory_limit"] = f"{settings.memory_mb}MiB"
    if settings.temp_folder:
        config["temp_directory"] = str(settings.temp_folder)
    try:
        connection = duckdb.connect(str(database), config=config)
        settle(connection)
    except duckdb.Error as error:
        raise EngineError(f"DuckDB does not start: {error}") from error
    return connection


def settle(connection: "duckdb.DuckDBPyConnection") -> None:
    """What every connection and every cursor needs: UTC, and no progress bar on standard output, where JSON goes."""
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = false")


_HELD = count()


@contextmanager
def holding(connection: "duckdb.DuckDBPyConnection") -> Iterator[Callable[[Frame], Frame]]:
    """Computes frames at once and keeps them as tables while the block lasts.

    Every step on a DuckDB relation binds all that it is made of anew, so what is joined often costs less as a table.

    >>> import narwhals as nw
    >>> con = connect()
    >>> with holding(con) as hold:
    ...     hold(nw.from_native(con.sql("SELECT 1 AS one")).lazy()).collect().item()
    1
    """
    import narwhals as nw

    names: list[str] = []

    def hold(frame: Frame) -> Frame:
        names.append(f"held_{next(_HELD)}")
        frame.to_native().create(names[-1])
        return nw.from_native(connection.table(names[-1])).lazy()

    try:
        yield hold
    finally:
        for name in names:
            connection.execute(f"DROP TABLE IF EXISTS {name}")


class DuckDB(Engine):
    """One DuckDB connection over Parquet files."""

    kind = "duckdb"

    def __init__(self, settings: Settings | None = None) -> None:
        super().__init__(settings)
        self.connection = connect(settings)

    def _scan(self, parts: tuple[Path, ...]) -> Frame:
        import duckdb
        import narwhals as nw

        try:
            return nw.from_native(self.connection.read_parquet([glob.escape(str(part)) for part in parts]))
        except duckdb.Error as error:
            raise EngineError(f"DuckDB cannot read {parts[0].parent}: {error}") from error

    def collect(self, frame: Frame) -> "pa.Table":
        """Run what `frame` describes; rows come in no particular order unless it sorts."""
        import duckdb

        try:
            return frame.to_native().to_arrow_table()
        except duckdb.Error as error:
            raise EngineError(f"DuckDB refused the work: {error}") from error

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()
