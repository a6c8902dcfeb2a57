"""How a file writes numbers and dates: found from its values, because "1,234" and "5/1/2024" mean two things."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from netlift.data.sql import DayOrder, Locale, Mark

_GROUPS = r"^[^\d\[{{]{{0,4}}\d{{1,3}}(?:[{group}   '’]\d{{3}})*[{mark}](?:\d{{1,2}}|\d{{4,}})[^\d]{{0,4}}$"
_WITH_COMMA = re.compile(_GROUPS.format(group=".", mark=","))
_WITH_POINT = re.compile(_GROUPS.format(group=",", mark="."))
_LONG = {",": re.compile(r"^-?\d{4,},\d+$"), ".": re.compile(r"^-?\d{4,}\.\d+$")}
_NUMBER = re.compile(r"^[^\d\[{]{0,4}\d[\d.,   '’]*[^\d]{0,4}$")
_DATE = re.compile(rb"(?<![\d/.-])(\d{1,2})[/-](\d{1,2})[/-](?:\d{4}|\d{2})(?![\d/-])")


def locale_of(rows: Iterable[Sequence[str | None]], text: Path | None = None) -> Locale:
    """How numbers and dates are written.

    Args:
        rows: some rows from several places of the file.
        text: the whole file; read on only until a date tells day from month.
    """
    rows = list(rows)
    return Locale(_mark(rows), _days(rows, text))


def _mark(rows: Sequence[Sequence[str | None]]) -> Mark:
    """Votes of the columns that hold numbers: which mark stands before decimals?"""
    votes = {",": 0, ".": 0}
    for column in range(max(map(len, rows), default=0)):
        values = [value for row in rows if len(row) > column and (value := row[column])]
        numbers = [value.strip() for value in values if _NUMBER.match(value.strip())]
        if len(numbers) >= 0.8 * len(values):
            votes[","] += sum(bool(_WITH_COMMA.match(value) or _LONG[","].match(value)) for value in numbers)
            votes["."] += sum(bool(_WITH_POINT.match(value) or _LONG["."].match(value)) for value in numbers)
    if votes[","] and votes["."]:
        return "mixed"
    return "," if votes[","] else "."


def _days(rows: Sequence[Sequence[str | None]], text: Path | None) -> DayOrder:
    seen = " ".join(value for row in rows for value in row if value).encode()
    if not _DATE.search(seen):
        return "unknown"
    found = _order(seen)
    return found if found != "unknown" or text is None else _order_in(text)


def _order(data: bytes) -> DayOrder:
    for first, second in _DATE.findall(data):
        if int(first) > 12 >= int(second):
            return "dmy"
        if int(second) > 12 >= int(first):
            return "mdy"
    return "unknown"


def _order_in(path: Path) -> DayOrder:
    with path.open("rb") as file:
        rest = b""
        while block := file.read(1 << 20):
            found = _order(rest + block)
            if found != "unknown":
                return found
            rest = block[-32:]
    return "unknown"
