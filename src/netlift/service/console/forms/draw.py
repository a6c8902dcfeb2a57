"""A form as it is drawn: fields in their order, groups and tables of fields among them, with what was typed."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from netlift.promotions.form import FormField, form_of
from netlift.promotions.hints import shape_of
from netlift.promotions.records import OneOf, Record
from netlift.promotions.shapes import Choice, ListOf, Shape
from netlift.service.console.forms.helps import HELP
from netlift.service.console.forms.kinds import KINDS, SEVERAL, WEEKDAYS, WORDS, Kind, Setting

BLANK = "__row__"
"""Stands for the number of a row that is not there yet."""


class Option(NamedTuple):
    """One of several answers."""

    value: str
    title: Any
    chosen: bool


@dataclass(frozen=True, slots=True)
class Drawn:
    """One field of a page."""

    name: str
    """As it is posted: `form.tiers.0.spend`."""
    title: str
    widget: str
    """text, number, moment, time, zone, check, choice, many, group, rows."""
    required: bool = False
    text: str = ""
    error: str = ""
    help: Any = ""
    suffix: str = ""
    options: tuple[Option, ...] = ()
    children: "tuple[Drawn, ...]" = ()
    rows: "tuple[tuple[Drawn, ...], ...]" = ()
    blank: "tuple[Drawn, ...]" = ()
    """A row to be added."""

    @property
    def filled(self) -> bool:
        """Whether anything was typed in a group, or is wrong in it."""
        return any(child.text or child.error or child.filled for child in self.children)


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed, by the names of the fields, and what is wrong with it."""

    texts: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)


def draw(form: type, at: str, typed: Typed, setting: Setting) -> tuple[Drawn, ...]:
    """The fields of a form.

    Args:
        form: a dataclass whose fields have entries (`promotions.form.entry`).
        at: prefix of the names.
        typed: what to show in them; see `texts` for how to begin.
        setting: currency, zone and language.
    """
    return tuple(_field(one, f"{at}.{one.name}", typed, setting) for one in form_of(form))


def texts(form: type, values: Mapping[str, Any], at: str, setting: Setting) -> dict[str, str]:
    """JSON values of a form, defaults where there are none, as texts by the names of the fields."""
    found: dict[str, str] = {}
    for one in form_of(form):
        value = values.get(one.name, one.default)
        if one.required and one.entry.unit == "rows":
            value = value or [{}]
        found |= _texts(shape_of(one.type), value, f"{at}.{one.name}", KINDS.get(one.entry.unit), setting)
    return found


def numbers(names: Mapping[str, str], at: str) -> list[int]:
    """The rows of a table that were posted, in their order."""
    found = {int(hit[1]) for name in names if (hit := re.match(rf"{re.escape(at)}\.(\d{{1,4}})\.", name))}
    return sorted(found)


def bare(shape: Shape) -> Shape:
    """The shape of a value that is there."""
    return shape.options[0] if isinstance(shape, OneOf) and len(shape.options) == 1 else shape


def _field(one: FormField, name: str, typed: Typed, setting: Setting) -> Drawn:
    title = one.entry.title.zh if setting.lang == "zh-CN" else one.entry.title.en
    shape, error, text = bare(shape_of(one.type)), typed.errors.get(name, ""), typed.texts.get(name, "")
    if isinstance(shape, Record):
        children = draw(shape.python, name, typed, setting)
        return Drawn(name, title, "group", one.required, error=error, children=children)
    if isinstance(shape, ListOf) and isinstance(shape.item, Record):
        row = shape.item.python
        rows = tuple(draw(row, f"{name}.{i}", typed, setting) for i in numbers(typed.texts, name))
        blank = draw(row, f"{name}.{BLANK}", Typed(texts(row, {}, f"{name}.{BLANK}", setting)), setting)
        return Drawn(name, title, "rows", one.required, error=error, rows=rows, blank=blank)
    if isinstance(shape, ListOf) and one.entry.unit == "weekday":
        chosen = set(text.split(","))
        days = tuple(Option(str(i), day, str(i) in chosen) for i, day in enumerate(WEEKDAYS, start=1))
        return Drawn(name, title, "many", one.required, text, error, options=days)
    kind = KINDS[one.entry.unit]
    if isinstance(shape, Choice):
        options = tuple(Option(word, WORDS.get(word, word), word == text) for word in shape.words)
        return Drawn(name, title, "choice", one.required, text, error, options=options)
    several = isinstance(shape, ListOf)
    return Drawn(name, title, "text" if several else kind.widget, one.required, text, error,
                 HELP.get(name) or (SEVERAL if several else kind.help), kind.suffix(setting))  # fmt: skip


def _texts(shape: Shape, value: Any, name: str, kind: Kind | None, setting: Setting) -> dict[str, str]:
    shape = bare(shape)
    if isinstance(shape, Record):
        return texts(shape.python, value or {}, name, setting)
    if isinstance(shape, ListOf) and isinstance(shape.item, Record):
        found: dict[str, str] = {}
        for i, row in enumerate(value or ()):
            found |= texts(shape.item.python, row, f"{name}.{i}", setting)
        return found
    if value is None or kind is None:
        return {name: ""}
    if isinstance(shape, ListOf):
        return {name: ", ".join(kind.render(one, setting) for one in value)}
    if isinstance(value, bool):
        return {name: "on" if value else ""}
    return {name: kind.render(value, setting)}


def walk(fields: tuple[Drawn, ...]) -> Iterator[Drawn]:
    """All fields, those of groups and rows among them."""
    for one in fields:
        yield one
        yield from walk(one.children)
        for row in one.rows:
            yield from walk(row)
