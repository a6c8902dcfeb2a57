"""What a data adapter is: it recognises a file, and says in SQL how its rows become named tables.

The ingest engine (`data/ingest.py`) does everything else: bytes, encodings, malformed rows, counting,
duplicates, writing. An adapter is one file in `data/sources/` with one class; nothing to register.

The road of a row: file -> view `raw` (all text, plus `_row`, its number in the file, the first data row is 1)
-> `typed` (the adapter's `rows` query, one row out for one row in) -> the first `Rule` that holds refuses it,
else it is in view `kept` -> the adapter's `tables` queries read `kept`.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from netlift.engines.sql import identifier
from netlift.engines.sql import text as quoted
from netlift.errors import Reason
from netlift.registry import Registry

Form = Literal["csv", "parquet", "ndjson", "database"]


@dataclass(frozen=True, slots=True)
class Peek:
    """What can be learned from a file without reading all of it."""

    path: Path
    form: Form
    encoding: str
    delimiter: str | None
    columns: tuple[str, ...]
    """Header names without byte-order mark and surrounding blanks, in file order (NDJSON: top-level keys seen)."""
    sample: tuple[Mapping[str, str | None], ...]
    """The first rows (at most 200) as text; NDJSON: the decoded objects' top-level values as JSON text."""
    beside: tuple["Peek", ...] = ()
    """The other files that are taken in together with this one (a folder's); CSV: `path` is its text in UTF-8."""

    def has(self, *names: str) -> bool:
        """Whether all these columns are there (exact names)."""
        return set(names) <= set(self.columns)

    def share(self, names: tuple[str, ...]) -> float:
        """Share of `names` that are there: the usual score of `recognises`."""
        return len(set(names) & set(self.columns)) / len(names)

    def companion(self, *names: str) -> "Peek | None":
        """The file beside this one that has these columns: what belongs to a row may be written there."""
        return next((other for other in self.beside if other.has(*names)), None)

    def relation(self) -> str:
        """SQL that reads this file, all of its columns as text: for a file beside the one that is taken in.

        Rows that cannot be read are not in it; they are refused when the file itself is taken in.
        """
        path = quoted(str(self.path))
        if self.form == "parquet":
            return f"(SELECT CAST(COLUMNS(*) AS VARCHAR) FROM read_parquet({path}))"
        columns = ", ".join(f"{quoted(name)}: 'VARCHAR'" for name in self.columns)
        return (
            f"read_csv({path}, auto_detect = false, header = true, delim = {quoted(self.delimiter or ',')}, "
            f"quote = '\"', escape = '\"', columns = {{{columns}}}, null_padding = true, ignore_errors = true)"
        )

    def text(self, *names: str) -> str:
        """SQL for the first of these columns that the file has, blanks as null; a null text where it has none."""
        for name in names:
            if name in self.columns:
                return f"blank({identifier(name)})"
        return "NULL::VARCHAR"

    def fields(self, names: Mapping[str, tuple[str, ...]], *, assign: bool = False) -> str:
        """SQL list that gives each alias the first of its columns that the file has (see `text`).

        Args:
            names: alias -> the names that the column has had in old and new variants of the format.
            assign: write `alias := column`, as `struct_pack` wants it, and not `column AS alias`.
        """
        pairs = ((alias, self.text(*columns)) for alias, columns in names.items())
        return ", ".join(f"{alias} := {column}" if assign else f"{column} AS {alias}" for alias, column in pairs)

    def known(self, *names: str) -> tuple[str, ...]:
        """Those of `names` that the file has, in its order."""
        return tuple(column for column in self.columns if column in names)


@dataclass(frozen=True, slots=True)
class Options:
    """What the user may say about a file; everything has a default."""

    now: datetime
    """The moment of ingestion; rows dated after it are refused."""
    currency: str | None = None
    """ISO 4217 code for files that do not name one; also picks one currency out of several."""
    timezone: str = "UTC"
    """IANA zone of times that carry none."""
    mapping: Mapping[str, object] = field(default_factory=dict)
    """The mapping file of the generic adapter, already parsed."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A refusal: rows of `typed` for which `when` (SQL) is true are left out for `reason`."""

    reason: Reason
    when: str


@dataclass(frozen=True, slots=True)
class Runs:
    """How to do without grouping and joining where the rows of a group (an order) follow each other in the file.

    The queries read `placed`: `kept` with the column `place` (1 for the first row of its group), and `placed_heads`:
    the first rows with the sums of their groups.
    """

    key: str
    """Column of `typed` that names the group."""
    same: tuple[str, ...]
    """Columns that must not differ inside a group; where they do, the usual queries run."""
    sums: Mapping[str, str]
    """Column of `placed_heads` -> SQL over `source`: what is added up in a group, in whole numbers."""
    where: str
    """SQL over `typed`: which kept rows count."""
    source: str
    """`kept` with the stages that `sums` need joined to it, and only the rows that count."""
    stages: tuple[str, ...]
    """Those of the reading's stages that `source` and `tables` need."""
    tables: Mapping[str, str]
    """As the reading's, for the tables that can be made so."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How one file becomes named tables; all strings are DuckDB SQL.

    SQL macros that every query may use (see `data/sql.py`): `money(text, currency)` -> minor units from text
    with either decimal mark; `number(text)` -> double; `moment(text, zone)` -> UTC timestamp from the common
    formats; `blank(text)` -> null when only spaces; `person(text)` -> keyed pseudonym of a personal identifier;
    `customer(text)` -> the id of a customer that says nothing of a person by itself, or its pseudonym in a workspace
    that keeps no other ids: to be written around every id that is not a `person`'s.
    `raw` of NDJSON has `_json`, the whole object, and its top-level keys: texts without quotes, the rest as JSON text.
    """

    rows: str
    """`SELECT _row, ... FROM raw`: typed columns, exactly one row per source row."""
    tables: Mapping[str, str]
    """Named table -> `SELECT ... FROM kept` giving its columns by name (missing nullable columns become null)."""
    stages: Mapping[str, str] = field(default_factory=dict)
    """Made before `tables`, in order: name -> `SELECT ... FROM kept` (or an earlier stage), kept as a table, so that
    what several tables need is computed once."""
    runs: Runs | None = None
    """A shorter way to the tables, for files in which the rows of an order follow each other."""
    refuse: tuple[Rule, ...] = ()
    """In order; the first that holds gives the reason."""
    identity: tuple[str, ...] = ()
    """Columns of `typed` on which two rows are duplicates of each other (the later is refused); empty: none are."""
    currency: str | None = None
    """SQL over `typed` for the row's currency; the file's main currency is kept, others are refused."""
    unused: tuple[str, ...] = ()
    """Columns of the file that the adapter knows and leaves out on purpose (personal data, layout)."""
    counts: Mapping[str, str] = field(default_factory=dict)
    """Figures for the receipt: code -> `SELECT` of one number, asked after `tables`."""
    notes: tuple[str, ...] = ()
    """Codes of what is missing and costs something, e.g. `no_cost`, `no_customer`, `no_currency`."""


class Source(ABC):
    """One file format."""

    kind: str
    """Short name, unique, used with `--as`."""
    title: str
    """For people: "Shopify orders (CSV)"."""
    forms: tuple[Form, ...] = ("csv",)
    telling: tuple[str, ...] = ()
    """Columns by which people know the format; an error names those that a near miss lacks."""

    @abstractmethod
    def recognises(self, peek: Peek) -> float:
        """How sure it is, 0 to 1, that the file has this format; from column names and content, never the file name."""

    @abstractmethod
    def reading(self, peek: Peek, options: Options) -> Reading:
        """How to read this very file (columns that are optional in the format may be missing here)."""


SOURCES: Registry[Source] = Registry("netlift.data.sources", Source, "netlift.sources")  # type: ignore[type-abstract]
"""All adapters by kind."""
