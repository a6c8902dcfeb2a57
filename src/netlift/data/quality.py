"""Completeness and plausibility (R40): what the written tables are like, put into the data receipt.

Shares of filled values, smallest and largest come from the statistics that the Parquet writer keeps anyway; a few
questions are asked of the tables on top.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from netlift.data.peek import Sheet
from netlift.data.receipt import ColumnQuality, Receipt
from netlift.data.source import Reading, Source
from netlift.data.stage import Refusal, query_of
from netlift.data.write import Column, Written
from netlift.engines.sql import identifier, text
from netlift.money import Money
from netlift.schema import TABLES

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_SPARSE = 0.05  # filled in fewer rows than this is suspicious
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
_TIMES = ("ordered_at", "at", "starts_at", "redeemed_at", "exposed_at", "first_seen")
_LAID_DOWN = ("flags", "funded_minor", "refunded_quantity", "refunded_minor", "discount_minor", "line", "currency")


@dataclass(frozen=True, slots=True)
class Counts:
    """The balance of a file's rows."""

    rows: int
    kept: int
    refused: tuple[Refusal, ...]
    currency: str | None


def receipt_of(
    con: "duckdb.DuckDBPyConnection",
    sheet: Sheet,
    source: Source,
    reading: Reading,
    balance: Counts,
    written: Mapping[str, Written],
    *,
    margin: float | None = None,
) -> Receipt:
    """The receipt of a file that was taken in; asks `con` for the counts of the reading and the files for the rest.

    Where the shop has told its `margin`, a missing cost of goods is not worth a note any more.
    """
    peek, used = sheet.peek, query_of(con, reading.rows).columns
    known = set(peek.columns) if used is None else used | set(reading.unused)
    first, last = _span(written)
    return Receipt(
        source=f"{peek.path}::{sheet.table}" if sheet.table else str(peek.path),
        kind=source.kind,
        title=source.title,
        form=peek.form,
        encoding=peek.encoding,
        delimiter=peek.delimiter,
        rows_in=balance.rows,
        rows_kept=balance.kept,
        rows_refused=balance.rows - balance.kept,
        refused=balance.refused,
        orders=_orders(con, written),
        customers=_distinct(con, written, ("orders", "customers", "events", "exposures", "coupons"), "customer_id"),
        products=_distinct(con, written, ("order_lines", "products", "events", "prices", "inventory"), "product_id"),
        first=first,
        last=last,
        currency=balance.currency,
        tables={name: table.rows for name, table in written.items()},
        counts=_counts(con, reading, written),
        columns=tuple(_columns(con, written, balance.currency)),
        unknown=tuple(name for name in peek.columns if name not in known),
        unused=tuple(reading.unused),
        notes=tuple(dict.fromkeys(note for note in reading.notes if note != "no_cost" or margin is None)),
    )


def _one(con: "duckdb.DuckDBPyConnection", query: str) -> int:
    found = con.execute(query).fetchone()
    return int(found[0] or 0) if found else 0


def _scan(file: Path) -> str:
    return f"read_parquet({text(str(file))})"


def _orders(con: "duckdb.DuckDBPyConnection", written: Mapping[str, Written]) -> int | None:
    if "orders" in written:
        return written["orders"].rows
    if "order_lines" in written:
        return _one(con, f"SELECT count(DISTINCT order_id) FROM {_scan(written['order_lines'].file)}")
    return None


def _distinct(
    con: "duckdb.DuckDBPyConnection", written: Mapping[str, Written], tables: Sequence[str], column: str
) -> int | None:
    for name in tables:
        if name in written and written[name].rows > written[name].columns[column].nulls:
            return _one(con, f"SELECT count(DISTINCT {column}) FROM {_scan(written[name].file)}")
    return None


def _span(written: Mapping[str, Written]) -> tuple[str | None, str | None]:
    """Earliest and latest time of what happened."""
    times = [table.columns[name] for table in written.values() for name in _TIMES if name in table.columns]
    least = [moment for column in times if (moment := _moment(column.least))]
    greatest = [moment for column in times if (moment := _moment(column.greatest))]
    return (min(least).isoformat() if least else None, max(greatest).isoformat() if greatest else None)


def _moment(value: str | None) -> datetime | None:
    """A time as the Parquet writer prints it: `2024-05-01 10:00:00+00`."""
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _counts(con: "duckdb.DuckDBPyConnection", reading: Reading, written: Mapping[str, Written]) -> Mapping[str, int]:
    """What cleaning did, without zeros."""
    counts = {name: _one(con, query) for name, query in reading.counts.items()}
    counts |= {f"replaced_{name}": table.replaced for name, table in written.items()}
    lines = written.get("order_lines")
    if lines is not None and lines.rows > lines.columns["flags"].nulls:
        for flag in ("outlier_price", "outlier_quantity"):
            where = f"WHERE contains(flags, {text(flag)})"
            counts[flag] = _one(con, f"SELECT count(*) FROM {_scan(lines.file)} {where}")
    if lines is not None and lines.columns["refunded_quantity"].greatest not in {None, "0", "0.0"}:
        counts["refunded_lines"] = _one(
            con, f"SELECT count(*) FROM {_scan(lines.file)} WHERE refunded_quantity > 0 OR refunded_minor > 0"
        )
    return {name: count for name, count in counts.items() if count}


def _columns(
    con: "duckdb.DuckDBPyConnection", written: Mapping[str, Written], currency: str | None
) -> list[ColumnQuality]:
    """Every column that has a value, with what is odd about it."""
    found = []
    for name, table in written.items():
        for field in TABLES[name]:
            column = table.columns[field.name]
            if column.nulls < table.rows:
                odd = _suspicions(field, column, table)
                ordered = str(field.type) != "string" and not str(field.type).startswith("list")
                ends = (_shown(field, column.least, currency), _shown(field, column.greatest, currency))
                ends = ends if ordered else (None, None)
                found.append(ColumnQuality(name, field.name, 1 - column.nulls / table.rows, *ends, odd))
    dear = _cost_above_price(con, written)
    return [_suspected(one, "cost_above_price") if one.column == "cost_minor" and dear else one for one in found]


def _shown(field: "pa.Field", value: str | None, currency: str | None) -> str | None:
    """A value as people write it: money in major units, times in ISO 8601."""
    if value is None:
        return None
    if field.name.endswith("_minor"):
        return str(Money(int(value), currency or "").major)
    moment = _moment(value) if str(field.type).startswith("timestamp") else None
    return moment.isoformat(" ").removesuffix("+00:00") if moment else value.removesuffix(".0")


def _suspicions(field: "pa.Field", column: Column, table: Written) -> tuple[str, ...]:
    odd = []
    if 1 - column.nulls / table.rows < _SPARSE and field.name not in _LAID_DOWN:
        odd.append("mostly_empty")
    elif table.rows >= 100 and column.least == column.greatest and not column.nulls and field.name not in _LAID_DOWN:
        odd.append("always_the_same")
    if str(field.type).startswith("timestamp") and (moment := _moment(column.least)) and moment < _LONG_AGO:
        odd.append("before_2000")
    return tuple(odd)


def _suspected(one: ColumnQuality, code: str) -> ColumnQuality:
    return ColumnQuality(one.table, one.column, one.filled, one.least, one.greatest, (*one.suspicions, code))


def _cost_above_price(con: "duckdb.DuckDBPyConnection", written: Mapping[str, Written]) -> bool:
    """Whether goods cost more than they sell for in more than a tenth of the rows: units or packs mixed up?"""
    for name, price in (("order_lines", "list_minor"), ("products", "price_minor")):
        if name in written and written[name].columns["cost_minor"].nulls < written[name].rows:
            both = f"cost_minor IS NOT NULL AND {identifier(price)} > 0"
            share = f"coalesce(avg((cost_minor > {identifier(price)})::INT) FILTER (WHERE {both}), 0)"
            if _one(con, f"SELECT {share} > 0.1 FROM {_scan(written[name].file)}"):
                return True
    return False
