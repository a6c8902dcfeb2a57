"""A draft of a mapping file: names of columns against what fields are called, checked against the content."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from netlift.data.mapping import LINE_FIELDS
from netlift.data.peek import Sheet, look
from netlift.data.source import Peek
from netlift.data.sql import install_macros
from netlift.data.synonyms import SYNONYMS
from netlift.engines.duckdb import connect
from netlift.engines.sql import text
from netlift.schema import TABLES

if TYPE_CHECKING:
    import duckdb

_NEEDED = {
    "order_lines": ("order_id", "ordered_at", "product_id", "quantity", "unit_price"),
    "events": ("event", "at"),
    "promotions": ("promotion_id", "starts_at"),
    "products": ("product_id", "name"),
    "customers": ("customer_id",),
}
_TIMES = ("ordered_at", "at", "starts_at", "ends_at", "first_seen")
_AMOUNTS = frozenset(
    "quantity unit_price amount list_price discount order_discount funded unit_cost refunded refunded_quantity "
    "shipping tax price cost value line".split()
)
_CODES = ("code", "codes", "nummer", "nr", "码", "编号")  # names end so that tell which, never how much
_BESIDE = {"order_lines": {"products": ("name", "category", "department", "brand")}}


@dataclass(frozen=True, slots=True)
class _Column:
    """What the sample says about a column."""

    name: str
    filled: int
    times: int
    numbers: int
    example: str
    personal: bool


def draft_mapping(path: Path | str, *, encoding: str | None = None) -> str:
    """A mapping file for a table, as TOML text with a comment on each guess.

    What could not be found stands in it as a comment that says what is needed. The result is meant to be read by
    a person, corrected and given to `netlift ingest --mapping`.

    Raises:
        SourceError: the file cannot be read.
    """
    with TemporaryDirectory(prefix="netlift-") as folder:
        sheet = look(path, Path(folder), encoding=encoding)
        columns = _looked_at(sheet)
    table, found = max(
        ((name, _assigned(name, columns)) for name in SYNONYMS), key=lambda pair: _fitness(pair[0], pair[1])
    )
    return (
        "\n".join([*_top(sheet, found, columns), *_section(table, found, columns), *_further(table, found, columns)])
        + "\n"
    )


def _looked_at(sheet: Sheet) -> list[_Column]:
    """How many of a column's sample values read as times and as numbers: the very macros decide."""
    peek = sheet.peek
    with connect() as con:
        install_macros(con, sheet.locale, b"\0" * 32)
        return [_column(con, peek, name) for name in peek.columns]


def _column(con: "duckdb.DuckDBPyConnection", peek: Peek, name: str) -> _Column:
    values = [_bare(value, peek) for row in peek.sample if (value := row.get(name))]
    listed = ", ".join(map(text, values))
    query = f"SELECT count(moment(v, 'UTC')), count(number(v)) FROM (SELECT unnest([{listed}]::VARCHAR[]) AS v)"
    times, numbers = con.execute(query).fetchone() or (0, 0)
    personal = any("@" in value for value in values)
    return _Column(name, len(values), times, numbers, values[0] if values else "", personal)


def _bare(value: str, peek: Peek) -> str:
    """NDJSON samples are JSON text."""
    if peek.form != "ndjson":
        return value
    known = json.loads(value)
    return known if isinstance(known, str) else value


def _letters(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum())


def _assigned(table: str, columns: Sequence[_Column]) -> dict[str, str]:
    """Field -> column: the best names first, each column once, and only with fitting content."""
    scores = [
        (score, -place, field, column.name)
        for field, words in SYNONYMS[table].items()
        for place, column in enumerate(columns)
        if (score := _likeness(_letters(column.name), words)) and _fits(field, column)
    ]
    found: dict[str, str] = {}
    for _, _, field, name in sorted(scores, reverse=True):
        if field not in found and name not in found.values():
            found[field] = name
    if table == "order_lines" and "unit_price" in found:
        found.pop("amount", None)
    return found


def _likeness(name: str, words: Iterable[str]) -> float:
    """1 for a known name, less for one that holds a known name of four letters or two Chinese characters."""
    if name in words:
        return 1.0
    inside = [word for word in words if len(word) >= (4 if word.isascii() else 2) and word in name]
    return max((len(word) / len(name) * 0.9 for word in inside), default=0.0)


def _fits(field: str, column: _Column) -> bool:
    if not column.filled:
        return False
    if field in _TIMES:
        return column.times >= 0.8 * column.filled and not (
            column.numbers == column.filled and column.times < column.filled
        )
    if field in _AMOUNTS and field != "line" and _letters(column.name).endswith(_CODES):
        return False
    if field in _AMOUNTS:
        return column.numbers >= 0.8 * column.filled
    return True


def _fitness(table: str, found: Mapping[str, str]) -> tuple[float, int]:
    needed = _NEEDED[table]
    has = sum(field in found or (field == "unit_price" and "amount" in found) for field in needed)
    return has / len(needed), len(found)


def _top(sheet: Sheet, found: Mapping[str, str], columns: Sequence[_Column]) -> list[str]:
    peek = sheet.peek
    lines = [
        f"# Mapping of {peek.path.name} ({peek.form}, {len(columns)} columns), drafted from {len(peek.sample)} rows.",
        "# Correct it, then: netlift ingest FILE --mapping THIS_FILE",
        '# A text is a column of the file; "=..." is a constant; { column = "...", person = true } makes a pseudonym.',
        "",
        'amounts = "major"  # money is written in units such as euros; "minor": in cents',
    ]
    if "currency" not in found:
        lines.append('# currency = "EUR"  # ISO 4217; the file has no column for it')
    if sheet.locale.mark == ",":
        lines.append('decimal = ","  # found in the values')
    elif sheet.locale.mark == "mixed":
        lines.append('# decimal = ","  # both marks are in use: amounts like 1,234 are refused until you decide')
    if sheet.locale.days == "unknown":
        lines.append(
            '# dates = "dmy"  # or "mdy", or a format such as "%d.%m.%Y %H:%M"; only needed for dates like 5/1/2024'
        )
    else:
        lines.append(f'dates = "{sheet.locale.days}"  # found in the values')
    return [*lines, '# timezone = "Europe/Berlin"  # IANA zone of times that carry none', ""]


def _section(table: str, found: Mapping[str, str], columns: Sequence[_Column]) -> list[str]:
    lines = [f"[{table}]"]
    by_name = {column.name: column for column in columns}
    for field in SYNONYMS[table]:
        if field in found:
            lines.append(_line(field, by_name[found[field]]))
        elif field in _NEEDED[table] and not (field == "unit_price" and "amount" in found):
            lines.append(f'# {field} = "?"  # needed: {_meaning(table, field)}')
    return lines


def _line(field: str, column: _Column) -> str:
    name = json.dumps(column.name, ensure_ascii=False)
    value = f"{{ column = {name}, person = true }}" if field == "customer_id" and column.personal else name
    example = column.example[:30].replace("\n", " ").replace("\r", " ")
    if field == "customer_id" and column.personal:
        example = "an e-mail address"
    return f"{field} = {value}  # e.g. {example}"


def _meaning(table: str, field: str) -> str:
    if table == "order_lines":
        return LINE_FIELDS[field]
    names = {name.removesuffix("_minor"): name for name in TABLES[table].names}
    return (TABLES[table].field(names[field]).metadata or {}).get(b"meaning", b"").decode()


def _further(table: str, found: Mapping[str, str], columns: Sequence[_Column]) -> list[str]:
    """A second table in the same rows, and the columns that nobody claimed."""
    lines: list[str] = []
    claimed = set(found.values())
    for other, fields in _BESIDE.get(table, {}).items():
        rest = [column for column in columns if column.name not in claimed]
        more = {field: name for field, name in _assigned(other, rest).items() if field in fields}
        if more and "product_id" in found:
            by_name = {column.name: column for column in columns}
            lines += ["", f"[{other}]", _line("product_id", by_name[found["product_id"]])]
            lines += [_line(field, by_name[name]) for field, name in more.items()]
            claimed |= set(more.values())
    left = [column.name for column in columns if column.name not in claimed]
    return [*lines, "", f"# not used: {', '.join(left)}"] if left else lines
