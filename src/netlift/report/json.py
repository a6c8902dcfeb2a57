"""An audit as JSON and back: the fields of `evaluation.results`, named as there, with nothing lost.

Rules: nan is null, an infinite limit is the string "inf" or "-inf", times are ISO 8601 with their zone, money is
integer minor units of `currency`, enumerations are their values, absent parts are null. `json_schema()` says the same
for machines, and every field's meaning stands beside it in `evaluation.results`.
"""

import dataclasses
import math
import types
import typing
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any, cast

from netlift.errors import DataError
from netlift.evaluation.results import Audit
from netlift.report.flat import to_table

__all__ = ["FORM", "from_json", "json_schema", "plain", "to_json", "to_table"]

FORM = "netlift.audit/1"
"""Value of the key `form`; its number grows when a reader would have to change."""


def to_json(audit: Audit) -> dict[str, Any]:
    """The audit as values that `json.dumps(..., allow_nan=False)` takes.

    Example:
        `json.dumps(to_json(audit), ensure_ascii=False, allow_nan=False)`
    """
    return {"form": FORM, **cast("dict[str, Any]", plain(audit))}


def from_json(data: Mapping[str, Any]) -> Audit:
    """The audit behind what `to_json` gave.

    Raises:
        DataError: another form, a missing field, or a value of the wrong kind; the message names the place.
    """
    form = data.get("form") if isinstance(data, Mapping) else None
    if form != FORM:
        raise DataError(f"this is not an audit: its form is {form!r}, {FORM!r} is wanted")
    return cast("Audit", _read(Audit, {key: value for key, value in data.items() if key != "form"}, "audit"))


def json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of what `to_json` gives."""
    schema = _schema(Audit)
    schema["properties"] = {"form": {"const": FORM}, **schema["properties"]}
    schema["required"] = ["form", *schema["required"]]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": FORM, **schema}


def plain(value: object) -> object:
    """Dataclasses, named tuples, enumerations and times as JSON values."""
    if isinstance(value, Enum | datetime | float):
        return _scalar(value)
    if dataclasses.is_dataclass(value) or hasattr(value, "_fields"):
        return {name: plain(getattr(value, name)) for name in _fields(type(value))}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def _scalar(value: Enum | datetime | float) -> object:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if math.isnan(value):
        return None
    return value if math.isfinite(value) else "inf" if value > 0 else "-inf"


def _fields(kind: Any) -> dict[str, Any]:
    """Names and types of a dataclass's or a named tuple's fields."""
    return {name: hint for name, hint in typing.get_type_hints(kind).items() if not name.startswith("_")}


def _is_record(kind: Any) -> bool:
    return isinstance(kind, type) and (dataclasses.is_dataclass(kind) or hasattr(kind, "_fields"))


def _read(kind: Any, value: Any, place: str) -> object:
    if isinstance(kind, types.UnionType):
        return _read_union(typing.get_args(kind), value, place)
    if kind is float:
        return _read_float(value, place)
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin is tuple:
        listed = _expect(list, value, place)
        return tuple(_read(inner[0], item, f"{place}[{i}]") for i, item in enumerate(listed))
    if origin is Mapping:
        named = _expect(dict, value, place)
        return {key: _read(inner[1], item, f"{place}.{key}") for key, item in named.items()}
    if _is_record(kind):
        return _read_record(kind, value, place)
    return _read_value(kind, value, place)


def _read_union(kinds: tuple[Any, ...], value: Any, place: str) -> object:
    if value is None and type(None) in kinds:
        return None
    fitting = [kind for kind in kinds if isinstance(kind, type) and isinstance(value, kind)]
    return _read(fitting[0] if fitting else kinds[0], value, place)


def _read_float(value: Any, place: str) -> float:
    if value is None:
        return math.nan
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if value in {"inf", "-inf"}:
        return float(value)
    raise DataError(f"{place}: a number is wanted, got {value!r}")


def _read_record(kind: Any, value: Any, place: str) -> object:
    named, fields = _expect(dict, value, place), _fields(kind)
    if missing := sorted(fields.keys() - named.keys()):
        raise DataError(f"{place}: no {', '.join(missing)}")
    if unknown := sorted(named.keys() - fields.keys()):
        raise DataError(f"{place}: unknown {', '.join(unknown)}")
    return kind(**{name: _read(hint, named[name], f"{place}.{name}") for name, hint in fields.items()})


def _read_value(kind: Any, value: Any, place: str) -> object:
    if kind is object:
        return value
    try:
        if issubclass(kind, Enum):
            return kind(value)
        if kind is datetime:
            return datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise DataError(f"{place}: {error}") from error
    return _expect(kind, value, place)


def _expect(kind: type, value: Any, place: str) -> Any:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise DataError(f"{place}: {kind.__name__} is wanted, got {value!r}")
    return value


_SIMPLE: dict[Any, dict[str, Any]] = {
    int: {"type": "integer"},
    str: {"type": "string"},
    bool: {"type": "boolean"},
    float: {"anyOf": [{"type": ["number", "null"]}, {"enum": ["inf", "-inf"]}]},
    datetime: {"type": "string", "format": "date-time"},
    type(None): {"type": "null"},
    object: {},
}


def _schema(kind: Any) -> dict[str, Any]:
    if isinstance(kind, types.UnionType):
        return {"anyOf": [_schema(one) for one in typing.get_args(kind)]}
    if kind in _SIMPLE:
        return dict(_SIMPLE[kind])
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin is tuple:
        return {"type": "array", "items": _schema(inner[0])}
    if origin is Mapping:
        return {"type": "object", "additionalProperties": _schema(inner[1])}
    if issubclass(kind, Enum):
        return {"enum": [member.value for member in kind]}
    fields = _fields(kind)
    return {
        "type": "object",
        "description": str(kind.__doc__).splitlines()[0],
        "properties": {name: _schema(hint) for name, hint in fields.items()},
        "required": list(fields),
        "additionalProperties": False,
    }
