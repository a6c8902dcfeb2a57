"""From `kept` to the tables of a workspace: Parquet files of exactly the named schemas, all of a file or none of it.

A row that an earlier file told already (the same order, event, ...) is replaced: exports overlap, and counting an
order twice is worse than anything else that can happen here.
"""

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from netlift.data import clean
from netlift.data.runs import Facts, place
from netlift.data.source import Reading
from netlift.data.workspace import DESCRIBED, Workspace
from netlift.engines.sql import identifier, text
from netlift.errors import SchemaError
from netlift.schema import KEYS, TABLES

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_GRAIN = {**KEYS, "order_lines": ("order_id",)}  # an order's lines are replaced together
# Dictionaries of many values do not fit into the processor's cache: without them writing takes half the time
_HOW = "FORMAT parquet, WRITE_BLOOM_FILTER false, DICTIONARY_SIZE_LIMIT 2000"
_SQL_TYPES = {
    "string": "VARCHAR",
    "int32": "INTEGER",
    "int64": "BIGINT",
    "double": "DOUBLE",
    "bool": "BOOLEAN",
    "timestamp[us, tz=UTC]": "TIMESTAMPTZ",
    "list<item: string>": "VARCHAR[]",
    "list<item: double>": "DOUBLE[]",
}


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
    replaced: int = 0
    """Rows of earlier files that it replaces."""


def write_tables(
    con: "duckdb.DuckDBPyConnection", reading: Reading, workspace: Workspace, batch: str, facts: Facts | None = None
) -> Mapping[str, Written]:
    """Run the adapter's queries and put their results into the workspace under the name of the batch.

    Args:
        con: where `kept` is.
        reading: the adapter's queries.
        workspace: where the files go.
        batch: their name.
        facts: what is known of the rows by position, where that is so.

    Raises:
        SchemaError: a query gives an unknown column, or nulls where the schema allows none.
    """
    tables = _staged(con, reading, facts)
    con.execute("SET preserve_insertion_order = false")
    done = {}
    with ExitStack() as files:
        for name, query in tables.items():
            target = workspace.batch_file(name, batch)
            temporary = files.enter_context(workspace.writing(target))
            written = _copy(con, name, _with_flags(con, query) if name == "order_lines" else query, temporary)
            replaced = _without_repeats(con, workspace, name, batch, temporary, files) if written.rows else 0
            done[name] = replace(written, file=target, replaced=replaced)
    workspace.drop_batch(batch, keep=tuple(name for name, written in done.items() if written.rows))
    return {name: written for name, written in done.items() if written.rows}


def _staged(con: "duckdb.DuckDBPyConnection", reading: Reading, facts: Facts | None) -> Mapping[str, str]:
    """Make the stages that are needed; gives the queries of the tables."""
    runs, made = reading.runs, set()

    def make(names: Iterable[str]) -> None:
        for name in names:
            if name not in made:
                con.execute(f"CREATE OR REPLACE TEMP TABLE {identifier(name)} AS {reading.stages[name]}")
                made.add(name)

    if runs:
        make(name for name in reading.stages if name in runs.stages)
        if place(con, runs, facts):
            return {**reading.tables, **runs.tables}
    make(reading.stages)
    return reading.tables


def _with_flags(con: "duckdb.DuckDBPyConnection", query: str) -> str:
    """Order lines with flags for outliers, where the adapter did not set them."""
    if "flags" in _columns(con, query):
        return query
    con.execute(f"CREATE OR REPLACE TEMP TABLE netlift_order_lines AS {query}")
    unit = {"price": "list_minor / quantity", "quantity": "quantity"}
    limits = clean.limits("(SELECT *, rowid AS _row FROM netlift_order_lines WHERE quantity > 0)", **unit)
    return (
        f"SELECT l.*, {clean.flags(**unit)} AS flags FROM netlift_order_lines l LEFT JOIN ({limits}) USING (product_id)"
    )


def _columns(con: "duckdb.DuckDBPyConnection", query: str) -> Mapping[str, str]:
    return {name: str(kind) for name, kind, *_ in con.execute(f"DESCRIBE {query}").fetchall()}


def _copy(con: "duckdb.DuckDBPyConnection", name: str, query: str, file: Path) -> Written:
    schema, given = TABLES[name], _columns(con, query)
    unknown = set(given) - set(schema.names)
    if unknown:
        raise SchemaError(f"table {name}: the adapter gives an unknown column {sorted(unknown)[0]!r}")
    columns = ", ".join(f"{_as(field, given)} AS {identifier(field.name)}" for field in schema)
    target = f"{text(str(file))} ({_HOW}, RETURN_STATS)"
    rows = con.execute(f"COPY (SELECT {columns} FROM ({query})) TO {target}").fetchall()
    counted = sum(row[1] for row in rows)
    stats = {key.strip('"'): value for row in rows for key, value in (row[4] or {}).items()}
    return Written(
        file, counted, {field.name: _column(name, field, stats.get(field.name), counted) for field in schema}
    )


def _as(field: "pa.Field", given: Mapping[str, str]) -> str:
    """SQL for a column in the schema's type; a naive timestamp is UTC already."""
    kind = _SQL_TYPES[str(field.type).replace("element", "item")]
    if field.name not in given:
        return f"NULL::{kind}"
    column = identifier(field.name)
    if field.name == "customer_id":
        return f"netlift_customer(CAST({column} AS {kind}))"
    if given[field.name] == "TIMESTAMP" and kind == "TIMESTAMPTZ":
        return f"make_timestamptz(epoch_us({column}))"
    return column if given[field.name] == kind else f"CAST({column} AS {kind})"


def _column(table: str, field: "pa.Field", stats: Mapping[str, str] | None, rows: int) -> Column:
    if stats is None:
        return Column(rows, None, None)
    nulls = int(stats.get("null_count", 0))
    if nulls and not field.nullable:
        raise SchemaError(f"table {table}: {nulls} rows of {rows} have no {field.name}")
    return Column(nulls, stats.get("min"), stats.get("max"))


def _without_repeats(
    con: "duckdb.DuckDBPyConnection", workspace: Workspace, name: str, batch: str, new: Path, files: ExitStack
) -> int:
    """Take out of the table's other files what the new one tells too; gives how many rows that were."""
    if name in DESCRIBED:
        return 0
    replaced = 0
    same = " AND ".join(f"old.{key} IS NOT DISTINCT FROM new.{key}" for key in map(identifier, _GRAIN[name]))
    for old in workspace.files(name):
        if old == workspace.batch_file(name, batch):
            continue
        scans = f"read_parquet({text(str(old))}) old {{}} JOIN read_parquet({text(str(new))}) new ON {same}"
        found = con.execute(f"SELECT count(*) FROM {scans.format('SEMI')}").fetchone()
        if found and found[0]:
            replaced += int(found[0])
            rest = files.enter_context(workspace.writing(old))
            con.execute(f"COPY (SELECT old.* FROM {scans.format('ANTI')}) TO {text(str(rest))} ({_HOW})")
    return replaced
