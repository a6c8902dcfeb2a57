"""A file that has the columns of one of netlift's own tables already: taken as it is, after the same checks."""

from netlift.data.generic import generic_reading
from netlift.data.mapping import DEFAULTS, FileMapping, Value
from netlift.data.source import Options, Peek, Reading, Source
from netlift.schema import KEYS, TABLES


class Native(Source):
    """Columns named as in a named schema; money in minor units."""

    kind = "native"
    title = "netlift table"
    forms = ("csv", "parquet", "ndjson", "database")

    def recognises(self, peek: Peek) -> float:
        """Sure when every column belongs to one schema and its keys and other needs are there."""
        table = _table_of(peek)
        return 0.0 if table is None else 0.9 if any(c.endswith("_minor") for c in peek.columns) else 0.7

    def reading(self, peek: Peek, options: Options) -> Reading:
        """Column by column."""
        table = _table_of(peek) or "orders"
        fields = {
            name.removesuffix("_minor"): Value(column=name) for name in TABLES[table].names if name in peek.columns
        }
        mapping = FileMapping({table: fields}, amounts="minor")
        return generic_reading(mapping, peek, options, lines=False)


def _table_of(peek: Peek) -> str | None:
    """The schema that fits with the most columns; None if none does."""
    fitting = [name for name in TABLES if _fits(name, set(peek.columns))]
    return max(fitting, key=lambda name: len(set(TABLES[name].names) & set(peek.columns)), default=None)


def _fits(name: str, columns: set[str]) -> bool:
    schema = TABLES[name]
    needed = {
        field.name for field in schema if not field.nullable and field.name.removesuffix("_minor") not in DEFAULTS
    }
    return columns <= set(schema.names) and needed | set(KEYS[name][:1]) <= columns and len(columns) > 1
