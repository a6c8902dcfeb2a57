"""What an engine is: it opens named Parquet tables as lazy frames, and brings results back as Arrow."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from netlift.errors import ConfigError, DataError
from netlift.registry import Registry

if TYPE_CHECKING:
    import narwhals as nw
    import pyarrow as pa

Frame: TypeAlias = "nw.LazyFrame[Any]"
"""A lazy table of any engine, as Narwhals sees it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user may say about an engine; the defaults suit a laptop."""

    threads: int | None = None
    """Worker threads; None: one for each core."""
    memory_mb: int | None = None
    """Memory that the engine may use before it spills to disk, in MiB; None: the engine's own default."""
    temp_folder: Path | None = None
    """Where it spills; None: the system's folder for temporary files."""
    master: str | None = None
    """Address of a Spark master; None: `local[threads]`. Other engines ignore it."""
    options: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Further settings in the engine's own words."""

    def __post_init__(self) -> None:
        for name in ("threads", "memory_mb"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ConfigError(f"{name} must be at least 1, got {value}")


class Engine(ABC):
    """Named Parquet tables, opened; a context manager that gives back what it took.

    Args:
        settings: threads, memory and the like.
    """

    kind: str
    """Short name, unique, used with `--engine`."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self._tables: dict[str, tuple[Path, ...]] = {}

    def open(self, tables: Path | Mapping[str, Path]) -> Self:
        """Add tables; a name that is open already is replaced.

        Args:
            tables: a folder that holds `NAME/*.parquet` or `NAME.parquet`, or each table's folder or file.

        Raises:
            DataError: there is nothing to open, or a table has no Parquet file.
        """
        found = tables if isinstance(tables, Mapping) else _tables_in(tables)
        self._tables |= {name: _parts(name, path) for name, path in found.items()}
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """The open tables, sorted."""
        return tuple(sorted(self._tables))

    def frame(self, name: str) -> Frame:
        """One open table as a lazy frame; times are in UTC.

        Raises:
            DataError: no such table is open.
        """
        if name not in self._tables:
            raise DataError(f"no table {name!r} is open; open: {', '.join(self.names) or 'none'}")
        return self._scan(self._tables[name])

    @abstractmethod
    def _scan(self, parts: tuple[Path, ...]) -> Frame:
        """These Parquet files, one after another, as one lazy frame."""

    @abstractmethod
    def collect(self, frame: Frame) -> "pa.Table":
        """Run what `frame` describes; rows come in no particular order unless it sorts.

        Raises:
            EngineError: the engine refused the work; its own message is in the text.
        """

    @abstractmethod
    def close(self) -> None:
        """Give back connections, processes and temporary files; closing twice is allowed."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


ENGINES: Registry[Engine] = Registry("netlift.engines", Engine, "netlift.engines")  # type: ignore[type-abstract]
"""All engines by kind."""


def engine(kind: str = "duckdb", settings: Settings | None = None) -> Engine:
    """An engine by its kind: `duckdb` or `spark`.

    Raises:
        ConfigError: there is no such kind.
        EngineError: what it needs is not installed (says what to install).

    >>> with engine("duckdb", Settings(threads=1)) as laptop:
    ...     laptop.names
    ()
    """
    return ENGINES[kind](settings)


def _tables_in(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder of Parquet tables")
    folders = {part.parent.name: part.parent for part in folder.glob("*/*.parquet")}
    files = {part.stem: part for part in folder.glob("*.parquet")}
    if not folders | files:
        raise DataError(f"{folder} holds no Parquet tables (NAME/*.parquet or NAME.parquet)")
    return files | folders


def _parts(name: str, path: Path) -> tuple[Path, ...]:
    parts = tuple(sorted(path.glob("*.parquet"))) if path.is_dir() else (path,)
    if not parts or not all(part.is_file() for part in parts):
        raise DataError(f"table {name!r} has no Parquet file at {path}")
    return parts
