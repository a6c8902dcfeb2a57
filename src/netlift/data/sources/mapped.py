"""Any table with a mapping file; without one, a table of order lines whose columns have the plain English names."""

from netlift.data.generic import generic_reading
from netlift.data.mapping import LINE_FIELDS, FileMapping, Value, parse_mapping
from netlift.data.source import Options, Peek, Reading, Source

_PLAIN = ("order_id", "ordered_at", "product_id", "quantity", "unit_price")


class Mapped(Source):
    """Columns named by the mapping file that `netlift ingest --guess` drafts."""

    kind = "mapped"
    title = "table with a mapping file"
    forms = ("csv", "parquet", "ndjson", "database")
    telling = _PLAIN

    def recognises(self, peek: Peek) -> float:
        """Without a mapping only the plain names of order lines are sure enough."""
        return 0.6 if peek.has(*_PLAIN) else 0.0

    def reading(self, peek: Peek, options: Options) -> Reading:
        """As the mapping says."""
        mapping = parse_mapping(options.mapping) if options.mapping else _plain_mapping(peek)
        return generic_reading(mapping, peek, options)


def _plain_mapping(peek: Peek) -> FileMapping:
    return FileMapping({"order_lines": {name: Value(column=name) for name in LINE_FIELDS if name in peek.columns}})
