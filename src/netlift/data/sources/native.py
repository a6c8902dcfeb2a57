"""A file that has the columns of one of netlift's own tables already: taken as it is, after the same checks."""

from netlift.data.generic import generic_reading
from netlift.data.mapping import DEFAULTS, FileMapping, Value
from netlift.data.source import Options, Peek, Reading, Source
from netlift.errors import SourceError
from netlift.schema import KEYS, TABLES


class Native(Source):
    """Columns named as in a named schema; money in minor units."""

    kind = "native"
    title = "netlift table"
    forms = ("csv", "parquet", "ndjson", "database")

    def recognises(self, peek: Peek) -> float:
        """Sure when every column belongs to one schema and its keys and other needs are there."""
        table = _table_of(peek)
        if table is None or not set(peek.columns) <= set(TABLES[table].names):
            return 0.0
        return 0.9 if any(c.endswith("_minor") for c in peek.columns) else 0.7

    def reading(self, peek: Peek, options: Options) -> Reading:
        """Column by column; columns that the schema does not have are left out.

        Raises:
            SourceError: no named table has all its needed columns here.
        """
        table = _table_of(peek)
        if table is None:
            raise SourceError(
                f"{peek.path} has not the columns that any netlift table needs; it has: {', '.join(peek.columns)}. "
                "Leave --as out, or describe it in a mapping file"
            )
        fields = {
            name.removesuffix("_minor"): Value(column=name) for name in TABLES[table].names if name in peek.columns
        }
        mapping = FileMapping({table: fields}, amounts="minor")
        return generic_reading(mapping, peek, options, lines=False)


def _table_of(peek: Peek) -> str | None:
    """The schema to which the most columns belong, of those whose needs are met; None if most belong to none."""
    columns = set(peek.columns)
    shared = {name: len(columns & set(TABLES[name].names)) for name in TABLES if _is_met(name, columns)}
    best = max(shared, key=lambda name: shared[name], default=None)
    return best if best is not None and 2 * shared[best] > len(columns) else None


def _is_met(name: str, columns: set[str]) -> bool:
    schema = TABLES[name]
    needed = {
        field.name for field in schema if not field.nullable and field.name.removesuffix("_minor") not in DEFAULTS
    }
    return needed | set(KEYS[name][:1]) <= columns and len(columns) > 1  # a list of ids is no table
