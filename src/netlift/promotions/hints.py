"""Shapes from type hints: what JSON may say about each class of the language, read off its declaration."""

import dataclasses
import inspect
import re
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Any, Literal

from netlift.promotions.bounds import bound_of
from netlift.promotions.effect import EFFECTS, Effect
from netlift.promotions.predicate import All, Not
from netlift.promotions.predicate import Any as AnyOf
from netlift.promotions.records import Field, Kinds, OneOf, Record
from netlift.promotions.shapes import Choice, ListOf, MapOf, Shape, Single
from netlift.promotions.value import Steps, Tier, Tiers

LARGEST = 2**63 - 1
"""Of integers: what databases and other languages can hold as well."""
DIGITS = 18
"""Of decimals, before and after the point."""
DECIMAL = re.compile(rf"[+-]?\d{{1,{DIGITS}}}(\.\d{{1,{DIGITS}}})?", re.ASCII)

KEYS: Mapping[tuple[type, str], str] = MappingProxyType(
    {
        (All, "parts"): "all",
        (AnyOf, "parts"): "any",
        (Not, "part"): "not",
        (Tiers, "rows"): "tiers",
        (Steps, "step"): "every",
    }
)
"""Fields whose name in JSON tells what the object is."""
ROWS = frozenset({Tier})
"""Records written as arrays, as tables are read more easily so."""


def _same(value: Any) -> Any:
    return value


def _whole(value: int) -> str | None:
    return None if -LARGEST <= value <= LARGEST else "an integer of more than 64 bits"


def _printable(value: str) -> str | None:
    try:
        value.encode()
    except UnicodeEncodeError:
        return "text with half of a surrogate pair"
    return None


def _decimal(data: str | int) -> Decimal:
    if isinstance(data, str) and not DECIMAL.fullmatch(data):
        raise ValueError(data)
    return Decimal(data)


def _bounded_decimal(value: Decimal | int) -> str | None:
    number = Decimal(value)
    if not number.is_finite():
        return f"{number} is not a number"
    _, digits, exponent = number.as_tuple()
    if len(digits) > 2 * DIGITS or not -DIGITS <= int(exponent) <= DIGITS or abs(number) >= 10**DIGITS:
        return f"a decimal has at most {DIGITS} digits before and after the point"
    return None


def _plain(value: Decimal | int) -> str:
    return format(Decimal(value), "f")


def _zoned(value: datetime) -> str | None:
    return None if value.utcoffset() is not None else f'{value.isoformat()} has no time zone; add one, such as "+08:00"'


def _local(value: time) -> str | None:
    return None if value.tzinfo is None else "a time of day has no zone here: the window's `time_zone` counts"


def _nothing_wrong(value: Any) -> str | None:  # noqa: ARG001  every date and text of its type will do
    return None


def _iso(value: Any) -> str:
    return str(value.isoformat())


def _clock(value: time) -> str:
    return value.isoformat("auto" if value.second or value.microsecond else "minutes")


SINGLES: Mapping[Any, Single] = MappingProxyType(
    {
        single.python: single
        for single in (
            Single(bool, "boolean", "true or false", (bool,), _same, _same, _nothing_wrong),
            Single(int, "integer", "an integer", (int,), _same, _same, _whole),
            Single(str, "text", "text", (str,), _same, _same, _printable),
            Single(
                Decimal, "decimal", "a decimal as text or an integer", (str, int), _decimal, _plain,
                _bounded_decimal, (int,),
            ),
            Single(date, "date", 'a date like "2026-11-11"', (str,), date.fromisoformat, _iso, _nothing_wrong),
            Single(time, "time", 'a time like "18:00"', (str,), time.fromisoformat, _clock, _local),
            Single(
                datetime, "datetime", 'a moment like "2026-11-11T00:00:00+08:00"', (str,), datetime.fromisoformat,
                _iso, _zoned,
            ),
        )
    }
)  # fmt: skip


@cache
def shape_of(hint: Any) -> Shape:
    """The shape that a type hint of the language means.

    Raises:
        TypeError: the hint is none that JSON can carry; a plugin's field must use the types of the language.
    """
    if hint in SINGLES:
        return SINGLES[hint]
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        options = tuple(shape_of(one) for one in arguments if one is not type(None))
        return OneOf(options, type(None) in arguments)
    if origin is Literal:
        return Choice(arguments)
    if inspect.isclass(origin) and issubclass(origin, tuple | frozenset | Mapping):
        item = shape_of(arguments[-1] if issubclass(origin, Mapping) else arguments[0])
        return MapOf(item) if issubclass(origin, Mapping) else ListOf(item, origin)
    return _shape_of_class(hint)


def _shape_of_class(hint: Any) -> Shape:
    if hint is Effect:
        return EFFECT
    if inspect.isclass(hint) and issubclass(hint, StrEnum):
        return Choice(tuple(hint), hint)
    if _is_record(hint):
        return record_of(hint)
    raise TypeError(f"{hint!r} has no form in JSON: use the types of the promotion language")


def record_of(owner: type) -> Record:
    """The record of a dataclass or named tuple; that of an effect carries its kind."""
    return _record_of(owner)


@cache
def _record_of(owner: Any) -> Record:
    kind = getattr(owner, "kind", "") if issubclass(owner, Effect) else ""
    return Record(owner, lambda: tuple(_fields(owner)), owner in ROWS, kind, lambda: _contains(owner, owner))


EFFECT = Kinds("an effect", Effect, lambda: EFFECTS, lambda kind: record_of(EFFECTS[kind]), record_of)


def _fields(owner: type) -> Iterator[Field]:
    hints = typing.get_type_hints(owner)
    for name, default in _defaults(owner):
        hint = hints[name]
        key = KEYS.get((owner, name), name)
        yield Field(name, key, shape_of(hint), default, bound_of(owner, name, hint))


def _defaults(owner: type) -> Iterator[tuple[str, Callable[[], Any] | None]]:
    if not dataclasses.is_dataclass(owner):
        known = owner._field_defaults  # type: ignore[attr-defined]  # what a NamedTuple has
        yield from ((name, _always(known[name]) if name in known else None) for name in owner._fields)  # type: ignore[attr-defined]
        return
    for one in dataclasses.fields(owner):
        if one.default is not dataclasses.MISSING:
            yield one.name, _always(one.default)
        else:
            yield one.name, None if one.default_factory is dataclasses.MISSING else one.default_factory


def _always(value: Any) -> Callable[[], Any]:
    return lambda: value


def _contains(owner: type, wanted: type, seen: frozenset[type] = frozenset()) -> bool:
    """Whether a record of `wanted` can stand somewhere below a record of `owner`."""
    below = {part for hint in typing.get_type_hints(owner).values() for part in _classes(hint)} - seen
    return wanted in below or any(_contains(part, wanted, seen | below) for part in below)


def _is_record(hint: Any) -> bool:
    return inspect.isclass(hint) and (dataclasses.is_dataclass(hint) or hasattr(hint, "_fields"))


def _classes(hint: Any) -> Iterator[type]:
    if _is_record(hint):
        yield hint
    for argument in typing.get_args(hint):
        yield from _classes(argument)
