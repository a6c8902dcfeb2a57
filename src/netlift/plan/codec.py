"""JSON to and from the frozen values that a plan is made of, read off their type hints.

Promotions keep the JSON of their own language. A float that is not a number is written `null`, an infinite one as text,
as JSON has no word for either.
"""

import dataclasses
import inspect
import math
import types
import typing
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar

from netlift.errors import DataError
from netlift.promotions import codec as promotions
from netlift.promotions.promotion import Promotion

T = TypeVar("T")
_INFINITE = {"inf": math.inf, "-inf": -math.inf}


def write(value: object) -> Any:
    """JSON data of a value; equal values give equal data.

    >>> from netlift.types import Effect, Grade
    >>> write(Effect(1.0, 0.5, 1.5, 0.9, float("nan"), 3, 4, "sum", Grade.WEAK))["se"] is None
    True
    """
    if isinstance(value, Promotion):
        return promotions.write(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {one.name: write(getattr(value, one.name)) for one in dataclasses.fields(value) if one.init}
    if isinstance(value, Mapping):
        return {str(key): write(one) for key, one in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return {name: write(getattr(value, name)) for name in value._fields}
    return [write(one) for one in value] if isinstance(value, tuple | list) else _plain(value)


def _plain(value: object) -> object:
    if type(value).__module__ == "numpy" and hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        return _written(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return str(value) if isinstance(value, StrEnum) else value


def _written(value: float) -> float | int | str | None:
    """A whole number is written without its point, so that 3 and 3.0 are one text."""
    if not math.isfinite(value):
        return None if math.isnan(value) else repr(value)
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def read(owner: type[T], data: object, place: str = "") -> T:
    """The value that JSON data says.

    Raises:
        DataError: a field is missing, unknown or of a wrong type; the message starts with the place.
    """
    return typing.cast("T", _value(owner, data, place))


def _value(hint: Any, data: object, place: str) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return _one_of(arguments, data, place)
    if origin is tuple:
        return tuple(_value(arguments[0], one, f"{place}[{n}]") for n, one in enumerate(_is(list, data, place)))
    if origin is not None:
        return {key: _value(arguments[1], one, f"{place}.{key}") for key, one in _is(dict, data, place).items()}
    if dataclasses.is_dataclass(hint) or hasattr(hint, "_fields"):
        return promotions.read(Promotion, data) if hint is Promotion else _record(hint, data, place)
    return _single(hint, data, place)


def _single(hint: Any, data: object, place: str) -> Any:
    if hint in (object, Any):
        return data
    if hint is float:
        return _float(data, place)
    if hint is datetime:
        return _moment(data, place)
    if inspect.isclass(hint) and issubclass(hint, StrEnum):
        return _choice(hint, data, place)
    return _is(hint, data, place)


def _moment(data: object, place: str) -> datetime:
    text = _is(str, data, place)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise DataError(f"{place}: {text!r:.60} is no moment") from None
    if found.tzinfo is None:
        raise DataError(f"{place}: {text!r:.60} has no time zone")
    return found


def _one_of(options: tuple[Any, ...], data: object, place: str) -> Any:
    """The first kind of value that fits; `null` is none of the others where nothing is allowed."""
    if data is None and type(None) in options:
        return None
    problem: DataError | None = None
    for option in options:
        if option is type(None):
            continue
        try:
            return _value(option, data, place)
        except DataError as error:
            problem = problem or error
    raise problem or DataError(f"{place}: may not be given")


def _float(data: object, place: str) -> float:
    if data is None:
        return math.nan
    if isinstance(data, str) and data in _INFINITE:
        return _INFINITE[data]
    if isinstance(data, bool) or not isinstance(data, int | float):
        raise DataError(f"{place}: expected a number, not {data!r}")
    return float(data)


def _choice(owner: Any, data: object, place: str) -> Any:
    try:
        return owner(data)
    except ValueError:
        raise DataError(f"{place}: {data!r} is none of {', '.join(owner)}") from None


def _record(owner: Any, data: object, place: str) -> Any:
    given, hints, needed = _is(dict, data, place), _hints(owner), _needed(owner)
    for name in given:
        if name not in hints:
            raise DataError(f"{place}: unknown field {name!r}; known: {', '.join(hints)}")
    if missing := [name for name in needed if name not in given]:
        raise DataError(f"{place}: the field {missing[0]!r} is missing")
    return owner(**{name: _value(hints[name], one, f"{place}.{name}".lstrip(".")) for name, one in given.items()})


@cache
def _hints(owner: Any) -> dict[str, Any]:
    found = typing.get_type_hints(owner)
    if dataclasses.is_dataclass(owner):
        return {one.name: found[one.name] for one in dataclasses.fields(owner) if one.init}
    return {name: found[name] for name in owner._fields}


@cache
def _needed(owner: Any) -> tuple[str, ...]:
    if dataclasses.is_dataclass(owner):
        return tuple(
            one.name for one in dataclasses.fields(owner)
            if one.init and one.default is dataclasses.MISSING and one.default_factory is dataclasses.MISSING
        )  # fmt: skip
    return tuple(name for name in owner._fields if name not in owner._field_defaults)


def _is(kind: Any, data: object, place: str) -> Any:
    if not isinstance(data, kind) or (isinstance(data, bool) and kind is not bool):
        raise DataError(f"{place}: expected {kind.__name__}, not {data!r:.60}")
    return data
