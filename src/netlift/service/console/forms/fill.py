"""What was typed into a drawn form, as the JSON values of the form, with every error at its field."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from django.http import QueryDict
from django.utils.translation import gettext as _

from netlift.promotions.form import FormField, Unit, form_of
from netlift.promotions.hints import shape_of
from netlift.promotions.records import OneOf, Record
from netlift.promotions.shapes import Choice, ListOf, Shape
from netlift.service.console.forms.draw import bare, numbers
from netlift.service.console.forms.kinds import KINDS, Setting, Unfit

MOST_ROWS = 100
"""Of one table."""
WHOLE = ""
"""The name under which errors stand that belong to no field."""
_PLACE = re.compile(r"([A-Za-z_][\w.\[\]]*): (.+)", re.DOTALL)


class Filled(NamedTuple):
    """The values of a form."""

    values: dict[str, Any]
    errors: dict[str, str]


def posted(data: QueryDict) -> dict[str, str]:
    """Texts by name; several boxes of one name are joined by commas."""
    return {name: ",".join(str(value) for value in data.getlist(name)).replace("\0", "") for name in data}


def fill(form: type, at: str, texts: Mapping[str, str], setting: Setting) -> Filled:
    """Read the fields of a form.

    Args:
        form: a dataclass whose fields have entries.
        at: prefix of the names.
        texts: what was posted.
        setting: currency, zone and language.
    """
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for one in form_of(form):
        name = f"{at}.{one.name}"
        value = _value(one, bare(shape_of(one.type)), name, texts, setting, errors)
        if value is not _NOTHING:
            values[one.name] = value
    return Filled(values, errors)


def at_fields(error: Exception, at: str, names: Mapping[str, str]) -> dict[str, str]:
    """An error of the promotion language at the field that it names; for the whole form where it names none.

    >>> at_fields(ValueError("form.tiers[0].spend: is empty"), "form", {"form.tiers.0.spend": ""})
    {'form.tiers.0.spend': 'is empty'}
    """
    if hit := _PLACE.fullmatch(str(error)):
        name = re.sub(r"\[(\d+)\]", r".\1", hit[1])
        while name.startswith(f"{at}."):
            last = name.rpartition(".")[2]  # a row has no place of its own for an error: its table has
            if name in names or (not last.isdecimal() and any(one.startswith(f"{name}.") for one in names)):
                return {name: hit[2]}
            name = name.rpartition(".")[0]
    return {WHOLE: str(error)}


class _Nothing:
    pass


_NOTHING = _Nothing()


def _value(
    one: FormField, shape: Shape, name: str, texts: Mapping[str, str], setting: Setting, errors: dict[str, str]
) -> Any:
    if isinstance(shape, Record):
        return _within(shape.python, name, texts, setting, errors)
    if isinstance(shape, ListOf) and isinstance(shape.item, Record):
        row = shape.item.python
        there = [i for i in numbers(texts, name) if _typed(texts, f"{name}.{i}.")]
        if one.required and not there:
            errors[name] = _("Add at least one row.")
        if len(there) > MOST_ROWS:
            errors[name] = _("At most %(most)s.") % {"most": MOST_ROWS}
        return [_within(row, f"{name}.{i}", texts, setting, errors) for i in there]
    if one.entry.unit == "yes_no":
        return texts.get(name, "") != ""
    text = texts.get(name, "").strip()
    if not text:
        if one.required:
            errors[name] = _("This must be filled in.")
        return _NOTHING if one.required else [] if isinstance(shape, ListOf) else _cleared(one, name in texts)
    return _parsed(shape, one.entry.unit, text, name, setting, errors)


def _within(form: type, name: str, texts: Mapping[str, str], setting: Setting, errors: dict[str, str]) -> Any:
    filled = fill(form, name, texts, setting)
    errors |= filled.errors
    return filled.values


def _cleared(one: FormField, emptied: bool) -> Any:
    """The value of an empty field: nothing where it was emptied and may be so, else as by default."""
    shape = shape_of(one.type)
    may = isinstance(shape, OneOf) and shape.optional
    return None if may and (emptied or one.default is None) else _NOTHING


def _typed(texts: Mapping[str, str], at: str) -> bool:
    return any(text.strip() for name, text in texts.items() if name.startswith(at))


def _parsed(shape: Shape, unit: Unit, text: str, name: str, setting: Setting, errors: dict[str, str]) -> Any:
    kind = KINDS[unit]
    try:
        if isinstance(shape, Choice) and text not in shape.words:
            raise Unfit(_("Choose one of the answers."))
        if isinstance(shape, ListOf):
            return [kind.parse(part.strip(), setting) for part in re.split(r"[,，、\n]", text) if part.strip()]
        return kind.parse(text, setting)
    except Unfit as unfit:
        errors[name] = str(unfit)
        return _NOTHING
