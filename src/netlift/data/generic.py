"""How a file is read by a mapping: order lines are grouped to orders, every other table is taken field by field."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from netlift.data.fields import Field, Fields, fault_rules, rows_query
from netlift.data.lines import lines_reading
from netlift.data.mapping import DEFAULTS, FileMapping, Value
from netlift.data.source import Options, Peek, Reading
from netlift.engines.sql import identifier, text
from netlift.errors import ConfigError, Reason
from netlift.schema import KEYS, TABLES

_MERGED = ("customers", "products", "promotions")  # a table of things: one row per key
_PAST = ("ordered_at", "at", "exposed_at", "redeemed_at", "first_seen")  # what has happened cannot lie ahead
_NUMBERED = ("event_id", "feedback_id", "sample_id")  # made from the row number where the file has none


def generic_reading(mapping: FileMapping, peek: Peek, options: Options, *, lines: bool = True) -> Reading:
    """The reading of a file by a mapping; a row must be right for the first table, the others take what fits.

    Args:
        mapping: which column is which field.
        peek: the file.
        options: of the call.
        lines: whether `order_lines` are sales from which orders are made; else they are a finished table.

    Raises:
        ConfigError: the mapping names columns that the file does not have, or tables that do not go together.
    """
    fields = Fields(mapping, peek, options)
    first, *others = mapping.tables
    further = {name: _further_columns(name, fields, mapping.tables[name]) for name in others}
    extra = [column for columns in further.values() for column in columns]
    if first == "order_lines" and lines:
        if "orders" in others:
            raise ConfigError("[order_lines] makes the orders too: leave [orders] out or map it in a file of its own")
        reading = lines_reading(fields, mapping.tables[first], options, extra)
    else:
        reading = _table_reading(first, fields, mapping.tables[first], options, extra)
    selects = {name: _further_select(name, fields, columns) for name, columns in further.items()}
    return replace(reading, tables={**reading.tables, **selects})


def _table_reading(
    name: str, fields: Fields, values: Mapping[str, Value], options: Options, extra: Sequence[Field]
) -> Reading:
    columns = _columns(name, fields, values)
    now = f"TIMESTAMP '{options.now:%Y-%m-%d %H:%M:%S}'"
    future = [(f"{identifier(c.name)} > {now}", Reason.FUTURE_TIME) for c in columns if c.name in _PAST]
    every = [*columns, *extra]
    named = {column.name for column in columns}
    has_money = any(column.endswith("_minor") for column in named)
    note = () if fields.has_currency or not has_money else ("no_currency",)
    return Reading(
        rows=rows_query(every, fields.currency, future),
        tables={name: f"SELECT {_list(name, fields, {c.name: identifier(c.name) for c in columns})} FROM kept"},
        refuse=fault_rules(every, future),
        identity=KEYS[name] if set(KEYS[name]) <= named else tuple(sorted(named)),
        currency=fields.currency_of_row if has_money else None,
        notes=note,
    )


def _further_columns(name: str, fields: Fields, values: Mapping[str, Value]) -> list[Field]:
    """Columns of a table beside the first; they may be missing, but not be unreadable."""
    return [replace(column, missing=None) for column in _columns(name, fields, values, prefix=f"{name}_")]


def _further_select(name: str, fields: Fields, columns: Sequence[Field]) -> str:
    given = {column.name.removeprefix(f"{name}_"): identifier(column.name) for column in columns}
    needed = [given[field.name] for field in TABLES[name] if not field.nullable and field.name in given]
    where = " AND ".join(f"{column} IS NOT NULL" for column in needed) or "true"
    if name not in _MERGED:
        return f"SELECT DISTINCT {_list(name, fields, given)} FROM kept WHERE {where}"
    key = KEYS[name][0]
    latest = {column: f"arg_max({source}, _row)" for column, source in given.items() if column != key}
    return (
        f"SELECT {_list(name, fields, {key: given[key], **latest}, grouped=True)} FROM kept WHERE {where} "
        f"GROUP BY {given[key]}"
    )


def _list(name: str, fields: Fields, given: Mapping[str, str], *, grouped: bool = False) -> str:
    """SQL for the columns of a table that are there or can be made."""
    made = []
    for field in TABLES[name]:
        column = field.name
        default = DEFAULTS.get(column.removesuffix("_minor"))
        if column in given:
            made.append(
                f"coalesce({given[column]}, {default}) AS {identifier(column)}"
                if default
                else f"{given[column]} AS {identifier(column)}"
            )
        elif column == "currency" and (not field.nullable or any(other.endswith("_minor") for other in given)):
            made.append(f"{fields.currency_kept if grouped else fields.currency_of_row} AS currency")
        elif column in _NUMBERED:
            made.append(f"{text(fields.batch + '-')} || _row AS {column}")
        elif column == "line":
            made.append("CAST(row_number() OVER (PARTITION BY order_id ORDER BY _row) AS INTEGER) AS line")
        elif default and not field.nullable:
            made.append(f"{default} AS {column}")
    return ", ".join(made)


def _columns(name: str, fields: Fields, values: Mapping[str, Value], prefix: str = "") -> list[Field]:
    columns = []
    for column in TABLES[name]:
        plain = column.name.removesuffix("_minor")
        if plain in values and plain != "currency":
            required = not column.nullable and plain not in DEFAULTS
            columns.append(fields.of_type(prefix + column.name, str(column.type), values[plain], required=required))
    return columns
