"""Data receipts for people: rows in, used and refused by reason, columns, what is missing, and all else they hold."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from netlift.report.amounts import Amounts, count, percent

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)[\d:.]*\+00:00")


@dataclass(frozen=True, slots=True)
class Grid:
    """A small table under a heading."""

    heading: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """One receipt, ready to be shown."""

    title: str
    facts: tuple[tuple[str, str], ...]
    notes: tuple[tuple[str, str], ...]
    """What is missing, and what that costs."""
    grids: tuple[Grid, ...]


def receipt(data: Mapping[str, object], write: Amounts) -> ReceiptView:
    """Show a JSON-ready receipt; parts that are not known by name are shown as they are."""
    words, facts, notes, grids = write.words, [], [], []
    hidden = {"file", "source"} | ({"kind"} if data.get("title") else set())
    for key, value in data.items():
        if key == "notes" and _is_list(value):
            notes = [(words.label("note", str(code)), words.text("note", str(code))) for code in _listed(value)]
        elif isinstance(value, Mapping):
            grids += [_counted(key, value, write)] if value else []
        elif _is_list(value):
            rows = [_meant(row, write) for row in _listed(value) if isinstance(row, Mapping)]
            if rows:
                grids.append(_grid(key, rows, write))
            elif _listed(value):
                facts.append((_name(key, write), ", ".join(map(str, _listed(value)))))
        elif value not in {None, ""} and key not in hidden:
            facts.append((_name(key, write), _text(value)))
    file = data.get("source") or data.get("file") or words.page("file")
    return ReceiptView(PurePath(str(file)).name, tuple(facts), tuple(notes), tuple(grids))


def _counted(key: str, values: Mapping[str, object], write: Amounts) -> Grid:
    """Reason or name -> number; reasons come with their meaning."""
    words = write.words
    if all(words.knows("reason", str(code)) for code in values):
        columns = (words.page("reason"), words.page("rows"), words.page("meaning"))
        meant = [(words.label("reason", code), _text(n), words.text("reason", code)) for code, n in values.items()]
        return Grid(_name(key, write), columns, tuple(meant))
    plain = [(_name(str(code), write), _text(n)) for code, n in values.items()]
    return Grid(_name(key, write), (words.page("name"), words.page("value")), tuple(plain))


def _grid(key: str, rows: Sequence[Mapping[str, object]], write: Amounts) -> Grid:
    names = list(dict.fromkeys(str(name) for row in rows for name in row))
    body = tuple(tuple(_text(row.get(name)) for name in names) for row in rows)
    return Grid(_name(key, write), tuple(_name(name, write) for name in names), body)


def _meant(row: Mapping[str, object], write: Amounts) -> Mapping[str, object]:
    """A row whose reason and suspicions, if it has any, are in words."""
    suspicions = row.get("suspicions")
    if _is_list(suspicions):
        row = {**row, "suspicions": [write.words.label("suspicion", str(code)) for code in _listed(suspicions)]}
    reason = str(row.get("reason"))
    if not write.words.knows("reason", reason):
        return row
    meaning = {write.words.page("meaning"): write.words.text("reason", reason)}
    return {**row, "reason": write.words.label("reason", reason), **meaning}


def _name(key: str, write: Amounts) -> str:
    return write.words.label("receipt", key)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "✓" if value else "✗"
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_text(item)}" for name, item in value.items())
    if _is_list(value):
        return ", ".join(map(_text, _listed(value)))
    moment = _MOMENT.fullmatch(str(value))
    return f"{moment[1]} {moment[2]} UTC" if moment else str(value)


def _number(value: float) -> str:
    """Whole numbers are counts, fractions are shares."""
    if isinstance(value, int):
        return count(value)
    return percent(value, digits=1) if 0 <= value <= 1 else f"{value:,.4g}"


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, Sequence) else []
