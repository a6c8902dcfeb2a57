"""From `kept` to the tables of a workspace: Parquet files of exactly the named schemas, all of a file or none of it."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from netlift.data.source import Reading
from netlift.data.workspace import Workspace
from netlift.engines.sql import identifier, text
from netlift.errors import SchemaError
from netlift.schema import TABLES

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Column:
    """What the Parquet writer saw of one column."""

    nulls: int
    least: str | None
    greatest: str | None


@dataclass(frozen=True, slots=True)
class Written:
    """One table's new file."""

    file: Path
    rows: int
    columns: Mapping[str, Column]


def write_tables(
    con: "duckdb.DuckDBPyConnection", reading: Reading, workspace: Workspace, batch: str
) -> Mapping[str, Written]:
    """Run the adapter's queries and put their results into the workspace under the name of the batch.

    Raises:
        SchemaError: a query gives an unknown column, or nulls where the schema allows none.
    """
    con.execute("SET preserve_insertion_order = false")
    for name, query in reading.stages.items():
        con.execute(f"CREATE OR REPLACE TEMP TABLE {identifier(name)} AS {query}")
    done = {}
    with ExitStack() as files:
        for name, query in reading.tables.items():
            target = workspace.batch_file(name, batch)
            written = _copy(con, name, query, files.enter_context(workspace.writing(target)))
            done[name] = replace(written, file=target)
    for name, written in done.items():
        if not written.rows:
            workspace.batch_file(name, batch).unlink()
    workspace.drop_batch(batch, keep=tuple(done))
    return {name: written for name, written in done.items() if written.rows}


def _copy(con: "duckdb.DuckDBPyConnection", name: str, query: str, file: Path) -> Written:
    schema = TABLES[name]
    given = {column: str(kind) for column, kind, *_ in con.execute(f"DESCRIBE {query}").fetchall()}
    unknown = set(given) - set(schema.names)
    if unknown:
        raise SchemaError(f"table {name}: the adapter gives an unknown column {sorted(unknown)[0]!r}")
    columns = ", ".join(f"{_as(field, given)} AS {identifier(field.name)}" for field in schema)
    result = con.execute(
        f"COPY (SELECT {columns} FROM ({query})) TO {text(str(file))} (FORMAT parquet, WRITE_BLOOM_FILTER false, RETURN_STATS)"
    )
    rows = result.fetchall()
    counted = sum(row[1] for row in rows)
    stats = {key.strip('"'): value for row in rows for key, value in (row[4] or {}).items()}
    return Written(
        file, counted, {field.name: _column(name, field, stats.get(field.name), counted) for field in schema}
    )


def _as(field: "pa.Field", given: Mapping[str, str]) -> str:
    """SQL for a column in the schema's type; a naive timestamp is UTC already."""
    kind = _SQL_TYPES[str(field.type)]
    if field.name not in given:
        return f"NULL::{kind}"
    column = identifier(field.name)
    if given[field.name] == "TIMESTAMP" and kind == "TIMESTAMPTZ":
        return f"make_timestamptz(epoch_us({column}))"
    return column if given[field.name] == kind else f"CAST({column} AS {kind})"


_SQL_TYPES = {
    "string": "VARCHAR",
    "int32": "INTEGER",
    "int64": "BIGINT",
    "double": "DOUBLE",
    "bool": "BOOLEAN",
    "timestamp[us, tz=UTC]": "TIMESTAMPTZ",
    "list<item: string>": "VARCHAR[]",
    "list<item: double>": "DOUBLE[]",
    "list<element: string>": "VARCHAR[]",
    "list<element: double>": "DOUBLE[]",
}


def _column(table: str, field: "pa.Field", stats: Mapping[str, str] | None, rows: int) -> Column:
    if stats is None:
        return Column(rows, None, None)
    nulls = int(stats.get("null_count", 0))
    if nulls and not field.nullable:
        raise SchemaError(f"table {table}: {nulls} rows of {rows} have no {field.name}")
    return Column(nulls, stats.get("min"), stats.get("max"))
