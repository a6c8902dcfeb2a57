"""An offer in one line, in both languages: the mechanism's name and the values of its form."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from netlift.money import Money
from netlift.promotions.form import FormField, form_of
from netlift.promotions.hints import shape_of
from netlift.promotions.mechanism import MECHANISMS
from netlift.promotions.records import Record
from netlift.promotions.shapes import ListOf

LANGS = ("en", "zh-CN")
_COUNTS = frozenset({"buy", "get", "free", "points"})
"""Fields that are said even where they are 1."""
_TELLING = frozenset({"count", "points", "percent", "multiple", "money"})
"""Units of fields that are said where they are as by default, unless that is nothing or once."""
_MOST = 3
"""Names that are listed; of more, the number is said."""


def worded(kind: str, form: Mapping[str, Any], currency: str, lang: str = "en") -> str:
    """What a filled form says.

    Args:
        kind: mechanism.
        form: JSON values of its form.
        currency: of its amounts.
        lang: en or zh-CN.

    >>> worded("spend_threshold", {"spend": 4000, "off": 500}, "USD")
    'Spend threshold: from an amount of 40.00, amount off 5.00'
    >>> worded("percent_off", {"off": "15", "goods": {"categories": ["tea"]}}, "CNY", "zh-CN")
    '打折：优惠比例 15%，类目 tea'
    """
    mechanism, zh = MECHANISMS[kind], lang != "en"
    said = list(_values(mechanism, form, currency, zh))
    title = mechanism.title.zh if zh else mechanism.title.en
    if not said:
        return title
    return title + ("：" if zh else ": ") + ("，" if zh else ", ").join(said)


def _values(owner: type, form: Mapping[str, Any], currency: str, zh: bool) -> Iterator[str]:
    for one in form_of(owner):
        if one.entry.unit not in {"zone", "segment"}:
            if one.name in form:
                yield from _value(one, form[one.name], currency, zh)
            elif one.name in _COUNTS or (one.entry.unit in _TELLING and one.default not in (None, 0, 1, "0")):
                yield from _value(one, one.default, currency, zh)


def _value(one: FormField, value: Any, currency: str, zh: bool) -> Iterator[str]:
    shape = shape_of(one.type)
    if isinstance(shape, Record):
        yield from _values(shape.python, value, currency, zh)
    elif isinstance(shape, ListOf) and isinstance(shape.item, Record):
        for row in value:
            yield " ".join(_values(shape.item.python, row, currency, zh))
    elif value is True:
        yield one.entry.title.zh if zh else _lower(one.entry.title.en)
    elif value not in (False, None):
        title = one.entry.title.zh if zh else _lower(one.entry.title.en)
        yield f"{title} {_shown(one.entry.unit, value, currency)}"


def _lower(title: str) -> str:
    return title[:1].lower() + title[1:]


def _shown(unit: str, value: Any, currency: str) -> str:
    if isinstance(value, list | tuple):
        shown = [str(item) for item in value]
        return " / ".join(shown) if len(shown) <= _MOST else f"{' / '.join(shown[:_MOST])} +{len(shown) - _MOST}"
    if unit == "money":
        return str(Money(int(value), currency)).rpartition(" ")[0]
    if unit == "moment":
        return f"{datetime.fromisoformat(str(value)):%Y-%m-%d %H:%M}"
    return f"{value}%" if unit == "percent" else str(value)
