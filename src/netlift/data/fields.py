"""SQL for single fields of any file: text to the type of the schema, and what is wrong with it."""

from collections.abc import Sequence
from dataclasses import dataclass

from netlift.data.mapping import FileMapping, Value
from netlift.data.source import Options, Peek, Rule
from netlift.engines.sql import identifier, text
from netlift.errors import ConfigError, Reason

NO_CURRENCY = "XXX"
"""ISO 4217's code for "no currency": the file names none and nobody said one."""
_REASONS = tuple(Reason)
_TRUE = ("true", "yes", "y", "t", "1", "ja", "oui", "是")
_FALSE = ("false", "no", "n", "f", "0", "nein", "non", "否")


@dataclass(frozen=True, slots=True)
class Field:
    """One typed column, with the text that it comes from."""

    name: str
    text: str
    """SQL over `raw`: the text, null where blank."""
    typed: str
    """SQL over the inner query, where the text is in the column `<name>_text`: the typed value."""
    bad: Reason | None = None
    """Why a row is refused whose text is there but cannot be read."""
    missing: Reason | None = None
    """Why a row is refused that has no text; None: it may be missing."""


class Fields:
    """Makes the fields of one file by its mapping.

    Args:
        mapping: where fields come from.
        peek: the file, to check its columns.
        options: time zone and currency of the call.
    """

    def __init__(self, mapping: FileMapping, peek: Peek, options: Options) -> None:
        missing = mapping.columns - set(peek.columns)
        if missing:
            raise ConfigError(
                f"the mapping names the column {sorted(missing)[0]!r}, which {peek.path.name} does not have; it has: "
                f"{', '.join(peek.columns)}"
            )
        self._mapping, self._peek = mapping, peek
        self.zone = mapping.timezone or options.timezone
        self.batch = peek.path.name.partition(".")[0]
        self.currency = self._currency(options)

    def _currency(self, options: Options) -> str:
        """SQL over `raw` for the currency of a row."""
        tables = self._mapping.tables.values()
        own = next((fields["currency"] for fields in tables if "currency" in fields), self._mapping.currency)
        fallback = options.currency or (NO_CURRENCY if own.column is None and own.constant is None else None)
        if own.constant is not None:
            return text(own.constant.upper())
        if own.column is None:
            return text((fallback or NO_CURRENCY).upper())
        named = f"upper(blank({identifier(own.column)}))"
        return f"coalesce({named}, {text(fallback.upper())})" if fallback else named

    @property
    def currency_of_row(self) -> str:
        """SQL over `typed` for the currency of a row."""
        return self.currency if self.currency.startswith("'") else "currency"

    @property
    def currency_kept(self) -> str:
        """SQL for the one currency that is left in `kept`."""
        return self.currency if self.currency.startswith("'") else "(SELECT any_value(currency) FROM kept)"

    @property
    def has_currency(self) -> bool:
        """Whether the file or the user says which money it is."""
        return self.currency != text(NO_CURRENCY)

    def source(self, value: Value) -> str:
        """SQL over `raw` for the text of a field."""
        if value.column is not None:
            return f"blank({identifier(value.column)})"
        return text(value.constant) if value.constant else "NULL::VARCHAR"

    def of_type(self, column: str, kind: str, value: Value, *, required: bool) -> Field:
        """A column of a schema by its Arrow type; one that is required refuses the rows that lack it."""
        if column.endswith("_minor"):
            missing = Reason.MISSING_AMOUNT if required else None
            return self.money(column.removesuffix("_minor"), value, missing=missing)
        if kind.startswith("timestamp"):
            return self.time(column, value, missing=Reason.MISSING_TIME if required else None)
        if kind in {"double", "int32", "int64"}:
            missing = Reason.BAD_QUANTITY if required else None
            return self.number(column, value, missing=missing, whole=kind != "double")
        if kind == "bool":
            return self.truth(column, value)
        if kind.startswith("list"):
            return self.listed(column, value, numeric="double" in kind)
        return self.text(column, value, missing=Reason.MISSING_ID if required else None)

    def text(self, name: str, value: Value, *, missing: Reason | None = None) -> Field:
        """A text; a person's identifier becomes a pseudonym, and any customer's where the workspace keeps no others."""
        macro = ""
        if value.person or (value.person is None and name.endswith("customer_id")):
            macro = "person" if value.person or self._is_personal(value) else "customer"
        return Field(name, self.source(value), f"{macro}({name}_text)" if macro else f"{name}_text", missing=missing)

    def time(self, name: str, value: Value, *, missing: Reason | None = None) -> Field:
        """A moment in UTC."""
        form = self._mapping.date_format
        typed = f"moment({name}_text, {text(self.zone)})"
        if form:
            local = f"try_strptime({name}_text, {text(form)})"
            typed = local if self.zone == "UTC" else f"timezone('UTC', timezone({text(self.zone)}, {local}))"
        return Field(name, self.source(value), typed, Reason.BAD_TIME, missing)

    def money(self, name: str, value: Value, *, missing: Reason | None = None) -> Field:
        """Minor units."""
        minor = self._mapping.amounts == "minor"
        written = f"{name}_minor_text"
        typed = f"CAST(number({written}) AS BIGINT)" if minor else f"money({written}, {self.currency_of_row})"
        return Field(f"{name}_minor", self.source(value), typed, Reason.BAD_AMOUNT, missing)

    def number(self, name: str, value: Value, *, missing: Reason | None = None, whole: bool = False) -> Field:
        """A number."""
        typed = f"number({name}_text)"
        return Field(
            name, self.source(value), f"CAST({typed} AS BIGINT)" if whole else typed, Reason.BAD_QUANTITY, missing
        )

    def truth(self, name: str, value: Value) -> Field:
        """A truth value; null where the word is not known."""
        words = {True: _TRUE, False: _FALSE}
        cases = " ".join(f"WHEN lower({name}_text) IN ({', '.join(map(text, words[w]))}) THEN {w}" for w in words)
        return Field(name, self.source(value), f"CASE {cases} END")

    def listed(self, name: str, value: Value, *, numeric: bool = False) -> Field:
        """A list, from a JSON array or from values between commas or bars."""
        split = f"string_split_regex(trim({name}_text, '[]'), '\\s*[,;|]\\s*')"
        inner = "TRY_CAST(x AS DOUBLE)" if numeric else "trim(x, '\" ')"
        return Field(name, self.source(value), f"list_transform({split}, lambda x: {inner})")

    def _is_personal(self, value: Value) -> bool:
        """Whether the sample of a column looks like e-mail addresses or telephone numbers."""
        seen = [row.get(value.column) for row in self._peek.sample] if value.column else []
        known = [item for item in seen if item]
        odd = sum("@" in item or (item[0] == "+" and item[1:].replace(" ", "").isdigit()) for item in known)
        return bool(known) and odd > 0.1 * len(known)


def rows_query(fields: Sequence[Field], currency: str, faults: Sequence[tuple[str, Reason]]) -> str:
    """The `rows` query of a reading: typed columns, `currency` unless it is a constant, and `fault`.

    `fault` says the first reason to refuse the row; it is a small number (see `fault_rules`), because ten million
    empty texts would take 160 MB.

    Args:
        fields: the columns.
        currency: SQL over `raw`.
        faults: further reasons, asked after those of the fields: SQL over typed columns -> reason.
    """
    texts = ", ".join(f"{field.text} AS {field.name}_text" for field in fields)
    typed = ", ".join(f"{field.typed} AS {identifier(field.name)}" for field in fields)
    kept = ", ".join(f"{field.name}_text" for field in fields if field.bad or field.missing)
    inner = f"SELECT _row, {currency} AS currency, {texts} FROM raw"
    middle = f"SELECT _row, currency, {typed}{', ' if kept else ''}{kept} FROM ({inner})"
    cases = " ".join(f"WHEN {when} THEN {_REASONS.index(reason)}" for when, reason in (*_faults(fields), *faults))
    names = [identifier(field.name) for field in fields]
    if not currency.startswith("'"):
        names.append("currency")
    fault = f"CAST(CASE {cases} END AS UTINYINT)" if cases else "NULL::UTINYINT"
    return f"SELECT _row, {', '.join(names)}, {fault} AS fault FROM ({middle})"


def fault_rules(fields: Sequence[Field], faults: Sequence[tuple[str, Reason]]) -> tuple[Rule, ...]:
    """The refusals that go with `rows_query` of the same arguments."""
    reasons = dict.fromkeys(reason for _, reason in (*_faults(fields), *faults))
    return tuple(Rule(reason, f"fault = {_REASONS.index(reason)}") for reason in reasons)


def _faults(fields: Sequence[Field]) -> list[tuple[str, Reason]]:
    missing = [(f"{field.name}_text IS NULL", field.missing) for field in fields if field.missing]
    bad = [
        (f"{identifier(field.name)} IS NULL AND {field.name}_text IS NOT NULL", field.bad)
        for field in fields
        if field.bad
    ]
    return [*missing, *bad]
