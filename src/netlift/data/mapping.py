"""The mapping file: a short TOML text that says which column of any file is which field of which table.

    currency = "EUR"
    decimal = ","
    dates = "%d.%m.%Y %H:%M"

    [order_lines]
    order_id = "Bestellung"
    customer_id = { column = "E-Mail", person = true }
    ordered_at = "Datum"
    product_id = "Artikel"
    quantity = "Menge"
    unit_price = "Preis"

A text is the name of a column, or with `=` in front a constant (`"=EUR"`); numbers and truth values are constants.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from netlift.data.workspace import check_timezone
from netlift.errors import ConfigError
from netlift.schema import TABLES

LINE_FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "order_id": "order number",
        "line": "number of the line inside the order, if the file has one",
        "customer_id": "customer; an e-mail address or telephone number is replaced by a pseudonym",
        "ordered_at": "when the order was placed",
        "product_id": "SKU or product id",
        "quantity": "units; negative for returns",
        "unit_price": "price of one unit before `discount`",
        "amount": "what the line cost in all after `discount`, where there is no unit_price",
        "list_price": "regular price of one unit, where unit_price is already reduced",
        "discount": "money off the whole line",
        "order_discount": "money off the whole order, the same on each of its lines",
        "funded": "part of the discount that a supplier pays back",
        "unit_cost": "cost of goods of one unit",
        "refunded": "money given back for the line later",
        "refunded_quantity": "units of the line that came back",
        "code": "discount code",
        "status": "paid, pending, cancelled, refunded",
        "channel": "web, app, store, ...",
        "region": "store or region",
        "shipping": "charged for the order, the same on each of its lines",
        "tax": "on top of the order, the same on each of its lines",
        "currency": "ISO 4217",
    }
)
"""Fields of `[order_lines]`, which makes `orders` too."""
_NEEDED = ("order_id", "ordered_at", "product_id", "quantity")
_TOP = ("amounts", "decimal", "dates", "timezone", "currency")
_DAY_ORDERS = ("mdy", "dmy")
_SPECIFIERS = re.compile("%-?[aAbBdfgHIjmMnpSUwWyYzZcxX%]")  # of DuckDB's strptime
_DAY = re.compile("%-?[djcx]")


@dataclass(frozen=True, slots=True)
class Value:
    """Where a field comes from: a column, or a constant."""

    column: str | None = None
    constant: str | None = None
    person: bool | None = None
    """Whether it identifies a person and becomes a pseudonym; None: judged by its content."""


@dataclass(frozen=True, slots=True)
class FileMapping:
    """A mapping file, checked."""

    tables: Mapping[str, Mapping[str, Value]]
    """Table -> field -> where it comes from; fields are columns of the schema, money without `_minor`."""
    amounts: Literal["major", "minor"] = "major"
    """Whether money is written in euros or in cents."""
    decimal: Literal[".", ","] | None = None
    """Decimal mark; None: found from the content."""
    dates: str | None = None
    """`mdy`, `dmy` or a strptime format; None: found from the content."""
    timezone: str | None = None
    currency: Value = field(default_factory=Value)
    """Of rows whose table does not say."""

    @property
    def date_format(self) -> str | None:
        """The strptime format, if dates are given by one."""
        return self.dates if self.dates and self.dates not in _DAY_ORDERS else None

    @property
    def columns(self) -> frozenset[str]:
        """All columns of the file that are used."""
        values = [value for fields in self.tables.values() for value in fields.values()]
        return frozenset(value.column for value in (*values, self.currency) if value.column)


def read_mapping(path: Path) -> Mapping[str, object]:
    """Parse a mapping file, and check it.

    Raises:
        ConfigError: it cannot be read, or says something that is not allowed.
    """
    try:
        parsed = tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"mapping {path} cannot be opened: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"mapping {path} is not TOML: {error}") from error
    try:
        parse_mapping(parsed)
    except ConfigError as error:
        raise ConfigError(f"mapping {path}: {error}") from error
    return parsed


def parse_mapping(parsed: Mapping[str, object]) -> FileMapping:
    """Check a parsed mapping file.

    Raises:
        ConfigError: an unknown table, field or setting (with the nearest known one), or a needed field is missing.

    >>> parse_mapping({"products": {"product_id": "sku", "name": "title"}}).tables["products"]["name"].column
    'title'
    """
    tables = {
        name: _fields(name, value)
        for name, value in parsed.items()
        if isinstance(value, Mapping) and name != "currency"
    }
    for name, value in parsed.items():
        if name in TABLES and name not in tables:
            raise ConfigError(f"{name} is a table: write [{name}] and its fields below, got {name} = {value!r}")
        if name not in tables:
            _known(name, _TOP, "setting")
    if not tables:
        raise ConfigError(f"no table is described; known: {', '.join(TABLES)}")
    return FileMapping(
        tables,
        amounts=_choice(parsed, "amounts", ("major", "minor")) or "major",  # type: ignore[arg-type]
        decimal=_choice(parsed, "decimal", (".", ",")),  # type: ignore[arg-type]
        dates=_dates(parsed),
        timezone=_timezone(parsed),
        currency=_currency(parsed.get("currency")),
    )


def fields_of(table: str) -> tuple[str, ...]:
    """The fields that a table can have in a mapping file."""
    if table == "order_lines":
        return tuple(LINE_FIELDS)
    return tuple(name.removesuffix("_minor") for name in TABLES[table].names)


def _fields(table: str, value: Mapping[str, object]) -> Mapping[str, Value]:
    _known(table, tuple(TABLES), "table")
    known = fields_of(table)
    found = {}
    for name, given in value.items():
        plain = name if name in known else name.removesuffix("_minor")
        _known(plain, known, f"field of [{table}]")
        if plain in found:
            raise ConfigError(f"[{table}] gives {plain} twice: as {plain!r} and as {plain + '_minor'!r}")
        found[plain] = _currency(given, f"[{table}] ") if plain == "currency" else _value(given, f"[{table}] {name}")
    _check_needed(table, found)
    return found


def _check_needed(table: str, found: Mapping[str, Value]) -> None:
    if table == "order_lines":
        missing = [name for name in _NEEDED if name not in found]
        if not {"unit_price", "amount"} & set(found):
            missing.append("unit_price (or amount)")
    else:
        required = [f.name.removesuffix("_minor") for f in TABLES[table] if not f.nullable]
        missing = [name for name in required if name not in found and name not in DEFAULTS]
    if missing:
        raise ConfigError(f"[{table}] needs {', '.join(missing)}")


DEFAULTS: Mapping[str, str] = MappingProxyType(
    {
        "discount": "0",
        "refunded": "0",
        "funded": "0",
        "refunded_quantity": "0",
        "currency": "",
        "event_id": "",
        "line": "",
    }
)
"""Required fields of a schema that a mapping may leave out, because the reader can fill them."""


def _value(given: object, where: str) -> Value:
    if isinstance(given, bool):
        return Value(constant=str(given).lower())
    if isinstance(given, int | float):
        return Value(constant=str(given))
    if isinstance(given, str):
        return Value(constant=given[1:]) if given.startswith("=") else Value(column=given)
    if (
        isinstance(given, Mapping)
        and set(given) <= {"column", "constant", "person"}
        and len({"column", "constant"} & set(given)) == 1
    ):
        person = given.get("person")
        column, constant = given.get("column"), given.get("constant")
        if (person is None or isinstance(person, bool)) and isinstance(column or str(constant), str):
            return Value(None if column is None else str(column), None if constant is None else str(constant), person)
    raise ConfigError(
        f'{where} must be a column name, a constant "=..." or {{ column = "...", person = true }}, got {given!r}'
    )


def _currency(given: object, where: str = "") -> Value:
    """A code is a constant, with or without `=`: nobody calls a column EUR."""
    if given is None:
        return Value()
    if isinstance(given, str) and len(given) == 3 and given.isalpha() and given.isupper():
        return Value(constant=given)
    value = _value(given, f"{where}currency")
    if value.constant is not None and not re.fullmatch("[A-Za-z]{3}", value.constant):
        raise ConfigError(f"{where}currency must be an ISO 4217 code such as EUR, or a column, got {value.constant!r}")
    return value


def _dates(parsed: Mapping[str, object]) -> str | None:
    """The order of day and month, or a format that DuckDB can read and that tells the day."""
    form = _text(parsed, "dates")
    if form is None or form in _DAY_ORDERS:
        return form
    if "%" in _SPECIFIERS.sub("", form) or not _DAY.search(form):
        raise ConfigError(f'dates must be "mdy", "dmy" or a format such as "%d.%m.%Y %H:%M", got {form!r}')
    return form


def _timezone(parsed: Mapping[str, object]) -> str | None:
    name = _text(parsed, "timezone")
    return None if name is None else check_timezone(name)


def _known(name: str, known: tuple[str, ...], what: str) -> None:
    if name not in known:
        near = get_close_matches(name, known, n=1)
        raise ConfigError(
            f"unknown {what} {name!r}" + (f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(known)}")
        )


def _choice(parsed: Mapping[str, object], name: str, allowed: tuple[str, ...]) -> str | None:
    value = _text(parsed, name)
    if value is not None and value not in allowed:
        raise ConfigError(f"{name} must be one of {', '.join(map(repr, allowed))}, got {value!r}")
    return value


def _text(parsed: Mapping[str, object], name: str) -> str | None:
    value = parsed.get(name)
    if value is not None and not isinstance(value, str):
        raise ConfigError(f"{name} must be a text, got {value!r}")
    return value
