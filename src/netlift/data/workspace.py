"""A workspace: a folder with `netlift.toml`, named Parquet tables, data receipts and the key of its pseudonyms.

    shop/
      netlift.toml                 name, currency, time zone, margin
      tables/orders/january.parquet    one file per source file ("batch"); tables/<name>/*.parquet is the table
      receipts/january.json        what was read, refused and why
      derived/response.parquet     what the line made from the tables
      secret.key                   never leaves the folder

A file appears under its name only when it is complete: writes go to a temporary name first.
"""

import os
import re
import shutil
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Self
from zoneinfo import ZoneInfo

from netlift.data.privacy import read_or_make_key
from netlift.engines.sql import identifier, text
from netlift.errors import ConfigError, DataError
from netlift.schema import DERIVED, KEYS, TABLES, check

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

SETTINGS_FILE = "netlift.toml"
ALL = "all"
"""Every customer is kept by pseudonym, as decisions of a service look them up."""
DESCRIBED = ("customers", "products", "promotions")
"""Tables of things that several files may describe: merged when they are read."""
_MAKERS = {
    "response": "respond", "profiles": "profile", "interests": "profile", "outlook": "profile",
    "recommendations": "recommend",
}  # fmt: skip
"""The command that makes each derived table."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a shop says about itself once; kept in `netlift.toml`."""

    name: str = "shop"
    """For titles."""
    currency: str | None = None
    """ISO 4217; set by the first file that has one."""
    timezone: str = "UTC"
    """IANA zone of the shop: of times that carry none, and of days in reports."""
    margin: float | None = None
    """Gross margin as a fraction of the list price, for goods whose cost is unknown."""
    payment_fee_rate: float = 0.0
    """Payment fees as a fraction of what the customer pays."""
    pseudonyms: str | None = None
    """`ALL`: every customer is kept by pseudonym; None: ids that say nothing of a person stay as they are."""
    version: int = 1
    """Of the layout of the folder."""

    def __post_init__(self) -> None:
        if self.currency is not None and not re.fullmatch("[A-Z]{3}", self.currency):
            raise ConfigError(f"currency must be an ISO 4217 code such as EUR, got {self.currency!r}")
        if self.margin is not None and not 0 < self.margin <= 1:
            raise ConfigError(f"margin must be a fraction above 0 and at most 1, such as 0.35, got {self.margin!r}")
        if not 0 <= self.payment_fee_rate < 1:
            raise ConfigError(f"payment_fee_rate must be a fraction such as 0.029, got {self.payment_fee_rate!r}")
        if self.pseudonyms not in {None, ALL}:
            raise ConfigError(f"pseudonyms must be {ALL} or left out, got {self.pseudonyms!r}")
        check_timezone(self.timezone)


def check_timezone(name: str) -> str:
    """The name, if it is a zone of the IANA database.

    Raises:
        ConfigError: it is not.
    """
    try:
        ZoneInfo(name)
    except (ValueError, OSError) as error:  # ZoneInfoNotFoundError is a KeyError on some inputs only
        raise ConfigError(f"unknown time zone {name!r}: use an IANA name such as Europe/Berlin or UTC") from error
    except KeyError as error:
        raise ConfigError(f"unknown time zone {name!r}: use an IANA name such as Europe/Berlin or UTC") from error
    return name


class Workspace:
    """The tables of one shop on disk.

    Args:
        path: the folder.
        settings: contents of its `netlift.toml`.
    """

    def __init__(self, path: Path, settings: Settings) -> None:
        self.path, self.settings = path, settings

    @classmethod
    def create(cls, path: Path | str, settings: Settings | None = None) -> Self:
        """Make the folder and its settings file; a workspace that is there already is opened as it is."""
        path = Path(path)
        if (path / SETTINGS_FILE).exists():
            return cls.open(path)
        if path.is_file():
            raise ConfigError(f"{path} is a file: a workspace is a folder")
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"cannot make the workspace {path}: {error.strerror}") from error
        made = cls(path, settings or Settings(name=path.resolve().name or "shop"))
        made.save_settings()
        return made

    @classmethod
    def open(cls, path: Path | str) -> Self:
        """Open an existing workspace.

        Raises:
            ConfigError: there is no `netlift.toml`, or it says something that is not allowed.
        """
        path = Path(path)
        file = path / SETTINGS_FILE
        if not file.is_file():
            raise ConfigError(
                f"{path} is not a workspace (no {SETTINGS_FILE}): make one with netlift ingest FILES --workspace {path}"
            )
        try:
            return cls(path, _settings_from(tomllib.loads(file.read_text("utf-8"))))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(f"{file} cannot be read: {error}") from error

    @classmethod
    @contextmanager
    def made_for(cls, path: Path | str, settings: Settings | None = None) -> Iterator[Self]:
        """As `create`, for a block that fills it: where the block fails and nothing came in, nothing is left behind."""
        path = Path(path)
        there = path.is_dir()
        before = set(path.iterdir()) if there else set()
        made = cls.create(path, settings)
        try:
            yield made
        except BaseException:
            if path / SETTINGS_FILE not in before and not made.names:
                _remove(set(path.iterdir()) - before)
                if not there:
                    path.rmdir()
            raise

    @property
    def key(self) -> bytes:
        """The secret of the pseudonyms."""
        return read_or_make_key(self.path)

    def save_settings(self, **changes: object) -> None:
        """Change settings and write `netlift.toml`."""
        self.settings = replace(self.settings, **changes)  # type: ignore[arg-type]
        with self.writing(self.path / SETTINGS_FILE) as temporary:
            temporary.write_text(_settings_text(self.settings), "utf-8")

    @property
    def names(self) -> tuple[str, ...]:
        """The tables that hold at least one file."""
        return tuple(name for name in TABLES if self.has(name))

    def has(self, name: str) -> bool:
        """Whether the table holds at least one file."""
        return bool(self.files(name))

    def files(self, name: str) -> tuple[Path, ...]:
        """The Parquet files of a table, oldest batch first."""
        _known(name)
        files = (self.path / "tables" / name).glob("*.parquet")
        return tuple(sorted(files, key=lambda file: (file.stat().st_mtime_ns, file.name)))

    def relation(self, con: "duckdb.DuckDBPyConnection", name: str) -> "duckdb.DuckDBPyRelation":
        """A table as a lazy DuckDB relation with exactly its schema's columns; empty where there is no file.

        Several files that describe the same customer, product or promotion are merged: for each column the
        value of the newest file that has one.
        """
        schema = _known(name)
        files = self.files(name)
        if not files:
            nulls = ", ".join(f"NULL::{_sql_type(con, field)} AS {identifier(field.name)}" for field in schema)
            return con.sql(f"SELECT {nulls} WHERE false")
        columns = ", ".join(identifier(field.name) for field in schema)
        if len(files) == 1 or name not in DESCRIBED:
            return con.sql(f"SELECT {columns} FROM read_parquet([{', '.join(text(str(file)) for file in files)}])")
        return con.sql(_merged(name, files))

    def table(self, name: str) -> "pa.Table":
        """A whole table in memory, checked against its schema."""
        from netlift.engines.duckdb import connect

        with connect() as con:
            return check(self.relation(con, name).to_arrow_table(), _known(name))

    def write(self, name: str, table: "pa.Table | pa.RecordBatchReader", batch: str) -> int:
        """Write one batch of a table, replacing the batch of that name; gives the number of rows.

        Raises:
            SchemaError: it does not fit the named schema.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        whole = table.read_all() if isinstance(table, pa.RecordBatchReader) else table
        checked = check(whole, _known(name))
        with self.writing(self.batch_file(name, batch)) as temporary:
            pq.write_table(checked, temporary)
        return int(checked.num_rows)

    def batch_file(self, name: str, batch: str) -> Path:
        """Where a batch of a table lies."""
        _known(name)
        return self.path / "tables" / name / f"{batch}.parquet"

    def keep(self, name: str, table: "pa.Table | pa.RecordBatchReader") -> int:
        """Write a table that the line made from the named ones, replacing what was there; gives the number of rows.

        Raises:
            SchemaError: it does not fit the schema of that name in `schema.DERIVED`.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        schema, rows = _derived(name), 0
        batches = table if isinstance(table, pa.RecordBatchReader) else table.to_reader()
        with (
            self.writing(self.derived_file(name)) as temporary,
            pq.ParquetWriter(temporary, schema, compression="zstd") as file,
        ):
            for batch in batches:  # one at a time: a million customers times offers need not fit in memory
                file.write_table(check(pa.Table.from_batches([batch]), schema))
                rows += batch.num_rows
        return rows

    def kept(self, name: str) -> "pa.Table":
        """A table that the line made before, whole.

        Raises:
            DataError: it was not made yet.
        """
        import pyarrow.parquet as pq

        file = self.derived_file(name)
        if not file.is_file():
            raise DataError(
                f"{self.path} has no {name} yet: make it with netlift {_MAKERS.get(name, name)} {self.path}"
            )
        return check(pq.read_table(file), _derived(name))

    def derived_file(self, name: str) -> Path:
        """Where a table lies that the line made."""
        _derived(name)
        return self.path / "derived" / f"{name}.parquet"

    def drop_batch(self, batch: str, *, keep: tuple[str, ...] = ()) -> None:
        """Remove a batch from every table but those in `keep`."""
        for name in TABLES:
            if name not in keep:
                self.batch_file(name, batch).unlink(missing_ok=True)

    @contextmanager
    def writing(self, path: Path) -> Iterator[Path]:
        """A temporary name for a new file, which becomes `path` when the block ends well and vanishes when not."""
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            yield temporary
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def batch_name(source: str) -> str:
    """A safe file name for a source file: its stem, made distinct where characters had to go.

    >>> batch_name("orders export (1).csv"), batch_name("data/january.csv.gz")
    ('orders_export_1_1cb317', 'january')
    """
    stem = Path(source).name.split(".")[0] if not source.startswith(".") else source
    table = source.partition("::")[2]
    stem = f"{stem}-{table}" if table else stem
    safe = re.sub("[^A-Za-z0-9_-]+", "_", stem).strip("_")
    return safe if safe == stem else f"{safe or 'file'}_{sha256(stem.encode()).hexdigest()[:6]}"


def _remove(entries: set[Path]) -> None:
    for entry in entries:
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def _known(name: str) -> "pa.Schema":
    if name not in TABLES:
        raise DataError(f"unknown table {name!r}; known: {', '.join(TABLES)}")
    return TABLES[name]


def _derived(name: str) -> "pa.Schema":
    if name not in DERIVED:
        raise DataError(f"unknown derived table {name!r}; known: {', '.join(DERIVED)}")
    return DERIVED[name]


def _sql_type(con: "duckdb.DuckDBPyConnection", field: "pa.Field") -> str:
    """The DuckDB type of an Arrow field, as DuckDB itself would choose it."""
    import pyarrow as pa

    empty = pa.table({"c": pa.array([], field.type)})
    return str(con.from_arrow(empty).types[0])


def _merged(name: str, files: tuple[Path, ...]) -> str:
    parts = " UNION ALL BY NAME ".join(
        f"SELECT *, {age} AS _age FROM read_parquet({text(str(file))})" for age, file in enumerate(files)
    )
    keys = KEYS[name]
    columns = [
        identifier(field.name)
        if field.name in keys
        else f"arg_max({identifier(field.name)}, _age) AS {identifier(field.name)}"  # arg_max leaves nulls out
        for field in TABLES[name]
    ]
    return f"SELECT {', '.join(columns)} FROM ({parts}) GROUP BY {', '.join(identifier(key) for key in keys)}"


def _settings_from(found: Mapping[str, object]) -> Settings:
    known = {field.name for field in fields(Settings)}
    unknown = set(found) - known
    if unknown:
        raise ConfigError(f"{SETTINGS_FILE}: unknown setting {sorted(unknown)[0]!r}; known: {', '.join(sorted(known))}")
    for name, value in found.items():
        allowed = {"margin": (int, float), "payment_fee_rate": (int, float), "version": (int,)}.get(name, (str,))
        if isinstance(value, bool) or not isinstance(value, allowed):
            raise ConfigError(f"{SETTINGS_FILE}: {name} cannot be {value!r}")
    return Settings(**found)  # type: ignore[arg-type]


def _settings_text(settings: Settings) -> str:
    """TOML by hand: three kinds of values need no library."""
    lines = []
    for field in fields(Settings):
        value = getattr(settings, field.name)
        if value is not None:
            lines.append(f"{field.name} = {_toml(value)}")
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    if isinstance(value, str):
        escaped = "".join(f"\\u{ord(c):04X}" if ord(c) < 32 or c in '"\\\x7f' else c for c in value)
        return f'"{escaped}"'
    return repr(value)
