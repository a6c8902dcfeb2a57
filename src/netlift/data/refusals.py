"""Which rows of `typed` are left out, and why: rules, other currencies, duplicates; the rest is `kept`."""

import re
from typing import TYPE_CHECKING

from netlift.data.runs import Facts, facts_of, twins
from netlift.data.source import Reading, Rule
from netlift.data.stage import EXAMPLES, Refusal
from netlift.engines.sql import identifier, text
from netlift.errors import Reason

if TYPE_CHECKING:
    import duckdb
    import numpy as np

_TELLING = 3  # columns of an identity that are hashed at first: rows that differ mostly differ in these
_MANY = 0.02  # share of rows that agree in them above which all columns are hashed
_SLICE = 50_000_000  # rows whose hashes are compared at a time: 400 MB


def refuse(
    con: "duckdb.DuckDBPyConnection", reading: Reading, *, currency: str | None
) -> tuple[tuple[Refusal, ...], str | None, Facts | None]:
    """Make the view `kept` from `typed`.

    Gives the refusals by reason, the currency of what was kept, and what is known of the rows by position, where
    that was of use.

    Args:
        con: where `typed` is.
        reading: rules, identity and currency of the file.
        currency: the one to keep; None: the one with the most rows.
    """
    rules = list(reading.refuse)
    main = currency
    if reading.currency:
        main = _main_currency(con, rules, reading.currency, currency)
        rules += _of_other_currency(reading.currency, main)
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE refused AS SELECT _row, reason FROM ({_reasons(rules)}) WHERE reason IS NOT NULL"
    )
    facts = facts_of(con, reading.runs, reading.identity) if reading.runs else None
    if facts is not None:
        _refuse_twins(con, reading.identity, facts)
    elif reading.identity:
        _refuse_duplicates(con, reading.identity)
    refused = _counted(con)
    rest = "ANTI JOIN refused USING (_row)" if refused else ""
    con.execute(f"CREATE OR REPLACE TEMP VIEW kept AS SELECT * FROM typed {rest}")
    return refused, main, facts


def _reasons(rules: list[Rule]) -> str:
    cases = " ".join(f"WHEN {rule.when} THEN {text(rule.reason)}" for rule in rules)
    return f"SELECT _row, {f'CASE {cases} END' if cases else 'NULL::VARCHAR'} AS reason FROM typed"


def _main_currency(
    con: "duckdb.DuckDBPyConnection", rules: list[Rule], expression: str, asked: str | None
) -> str | None:
    if named := re.fullmatch("'([A-Z]{3})'", expression.strip()):
        return named[1]
    cases = " ".join(f"WHEN {rule.when} THEN true" for rule in rules)
    sound = f"NOT CASE {cases} ELSE false END" if cases else "true"
    found = con.execute(
        f"SELECT * FROM (SELECT upper({expression}), count(*) FROM typed WHERE {sound} GROUP BY 1) AS t (currency, n) "
        "WHERE currency IS NOT NULL ORDER BY n DESC, currency"
    ).fetchall()
    codes = [code for code, _ in found]
    return asked if asked in codes or not codes else codes[0]


def _of_other_currency(expression: str, main: str | None) -> tuple[Rule, ...]:
    missing = Rule(Reason.MISSING_CURRENCY, f"({expression}) IS NULL")
    return (missing, Rule(Reason.OTHER_CURRENCY, f"upper({expression}) <> {text(main)}")) if main else (missing,)


def _refuse_twins(con: "duckdb.DuckDBPyConnection", identity: tuple[str, ...], facts: Facts) -> None:
    """Rows whose identity was seen in an earlier row; only those whose hashes agree are compared in full."""
    import pyarrow as pa

    rows = twins(facts)
    if not len(rows):
        return
    con.register("netlift_twins", pa.table({"_row": rows}))
    _insert_copies(con, identity, "typed SEMI JOIN netlift_twins USING (_row)")
    con.unregister("netlift_twins")
    gone = con.execute(f"SELECT _row FROM refused WHERE reason = {text(Reason.DUPLICATE)}").to_arrow_table()
    facts.leave_out(gone.column(0).to_numpy())


def _insert_copies(con: "duckdb.DuckDBPyConnection", identity: tuple[str, ...], source: str) -> None:
    """Refuse the rows of `source` that have the identity of an earlier one."""
    columns = ", ".join(map(identifier, identity))
    con.execute(
        f"INSERT INTO refused SELECT _row, {text(Reason.DUPLICATE)} FROM ("
        f"SELECT _row, row_number() OVER (PARTITION BY {columns} ORDER BY _row) AS copy FROM {source}) WHERE copy > 1"
    )


def _refuse_duplicates(con: "duckdb.DuckDBPyConnection", identity: tuple[str, ...]) -> None:
    """Rows whose identity was seen in an earlier row; only rows that agree in a hash are compared in full."""
    import pyarrow as pa

    columns = [identifier(name) for name in identity]
    sound = "typed ANTI JOIN refused USING (_row)" if _any(con, "refused") else "typed"
    hashed = f"(hash({', '.join(columns[:_TELLING])}) >> 32)::UINTEGER"
    twice, rows = _repeated(con, hashed, sound)
    if len(twice) > _MANY * rows and len(columns) > _TELLING:
        hashed = f"(hash({', '.join(columns)}) >> 32)::UINTEGER"
        twice, rows = _repeated(con, hashed, sound)
    if not len(twice):
        return
    con.register("netlift_twice", pa.table({"h": twice}))
    _insert_copies(con, identity, f"(SELECT * FROM {sound} WHERE {hashed} IN (SELECT h FROM netlift_twice))")
    con.unregister("netlift_twice")


def _repeated(con: "duckdb.DuckDBPyConnection", hashed: str, source: str) -> tuple["np.ndarray", int]:
    """Hashes that occur more than once, and the number of rows.

    Sorting them in NumPy takes a fifth of the time of a GROUP BY.
    """
    import numpy as np

    found = con.execute("SELECT count(*) FROM typed").fetchone()
    rows = int(found[0]) if found else 0
    slices = 1 + rows // _SLICE
    parts = []
    for part in range(slices):
        where = f"WHERE {hashed} % {slices} = {part}" if slices > 1 else ""
        hashes = np.asarray(con.execute(f"SELECT {hashed} AS h FROM {source} {where}").fetchnumpy()["h"])
        hashes.sort()
        parts.append(np.unique(hashes[1:][hashes[1:] == hashes[:-1]]))
    return np.concatenate(parts), rows


def _any(con: "duckdb.DuckDBPyConnection", table: str) -> bool:
    return con.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() is not None


def _counted(con: "duckdb.DuckDBPyConnection") -> tuple[Refusal, ...]:
    found = con.execute(
        f"SELECT reason, count(*), min(_row, {EXAMPLES}) FROM refused GROUP BY reason ORDER BY 2 DESC, 1"
    ).fetchall()
    return tuple(Refusal(Reason(reason), rows, tuple(examples)) for reason, rows, examples in found)
