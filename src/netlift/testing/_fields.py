"""JSON objects of a vector read key by key, so that a key that nobody asked for is a failure and never ignored."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from netlift.errors import DataError

Json = Any
"""What a JSON document holds; its shape is checked where it is read."""


class VectorError(DataError):
    """A vector asks for something that this runner does not know, or that has the wrong type."""


class Written(str):
    """A JSON number with a point, kept as it is written: exact as a rate, refused as money."""

    __slots__ = ()


class Fields:
    """The keys of one JSON object; each is taken once, `close` complains about the others."""

    def __init__(self, data: Json, place: str) -> None:
        if not isinstance(data, Mapping):
            raise VectorError(f"{place} must be an object, not {type(data).__name__}")
        self._left = dict(data)
        self.place = place

    def take(self, *names: str, default: Json = None) -> Json:
        """Value of the first of the names that is there; the default where none is, or where it is null."""
        found = default
        for name in reversed(names):
            if name in self._left:
                value = self._left.pop(name)
                found = default if value is None else value
        return found

    def has(self, *names: str) -> bool:
        """Whether one of the names is there, null or not."""
        return any(name in self._left for name in names)

    def rest(self) -> dict[str, Json]:
        """All keys that are left, taken."""
        left, self._left = self._left, {}
        return left

    def where(self, name: str) -> str:
        """Place of a key, for messages."""
        return f"{self.place}.{name}" if self.place else name

    def close(self) -> None:
        """Every key was taken, else VectorError with the first that was not."""
        for name in self._left:
            raise VectorError(f"unknown field {self.where(name)}")

    def money(self, *names: str, default: int | None = None) -> int | None:
        """Minor units of the first of the names that is there."""
        value = self.take(*names)
        return default if value is None else money(value, self.where(names[0]))

    def count(self, *names: str, default: int | None = None) -> int | None:
        """Whole number of the first of the names that is there."""
        value = self.take(*names)
        return default if value is None else whole(value, self.where(names[0]))


def money(value: Json, place: str) -> int:
    """Minor units: an integer as it is, a decimal string in major units (1/100)."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and not isinstance(value, Written):
        minor = decimal(value, place) * 100
        if minor == minor.to_integral_value():
            return int(minor)
    raise VectorError(f"{place} must be minor units as an integer, or a decimal string; got {value!r}")


def whole(value: Json, place: str) -> int:
    """An integer."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise VectorError(f"{place} must be an integer; got {value!r}")


def decimal(value: Json, place: str) -> Decimal:
    """An exact decimal number from a string or an integer."""
    try:
        if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
            return Decimal(value)
    except InvalidOperation:
        pass
    raise VectorError(f"{place} must be a decimal number; got {value!r}")


def listed(value: Json, place: str) -> Sequence[Json]:
    """A JSON array."""
    if isinstance(value, list):
        return value
    raise VectorError(f"{place} must be a list; got {value!r}")
