"""How values, choices, lists and maps are read from JSON, written to it, and checked in objects made in Python.

With the records of `records` these are all shapes of data; `hints` makes them from the type hints of the language's
dataclasses, so that a new effect or field needs nothing here.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from netlift.promotions.place import Place, did_you_mean, shown


class Shape(ABC):
    """What a value may be, in JSON and in Python."""

    @abstractmethod
    def read(self, data: Any, at: Place, depth: int = 0) -> Any:
        """The value that JSON `data` says."""

    @abstractmethod
    def check(self, value: Any, at: Place, depth: int = 0) -> None:
        """Raise where a Python `value` is not of this shape."""

    @abstractmethod
    def write(self, value: Any) -> Any:
        """The value as JSON data."""

    @abstractmethod
    def reads(self, data: Any) -> bool:
        """Whether JSON `data` is meant to be of this shape, right or wrong in its parts."""

    @abstractmethod
    def holds(self, value: Any) -> bool:
        """Whether a Python `value` is meant to be of this shape, right or wrong in its parts."""

    @property
    @abstractmethod
    def expected(self) -> str:
        """What one should give, as a noun with its article."""


@dataclass(frozen=True)
class Single(Shape):
    """A value without parts: number, text, date or time."""

    python: type
    name: str
    noun: str
    json: tuple[type, ...]
    """JSON types that it is read from."""
    parse: Callable[[Any], Any]
    """Value of JSON data; ValueError where there is none."""
    render: Callable[[Any], Any]
    fault: Callable[[Any], str | None]
    """What is wrong with a value of the right type."""
    also: tuple[type, ...] = ()
    """Further Python types that do as well."""

    @property
    def expected(self) -> str:
        """Its noun."""
        return self.noun

    def read(self, data: Any, at: Place, depth: int = 0) -> Any:  # noqa: ARG002  a leaf has no depth
        """Parsed, its type and range checked."""
        if not self.reads(data):
            raise at.wrong(f"expected {self.noun}, not {shown(data)}{self._advice(data)}")
        try:
            value = self.parse(data)
        except (ValueError, ArithmeticError):
            raise at.wrong(f"expected {self.noun}, not {shown(data)}") from None
        if fault := self.fault(value):
            raise at.wrong(fault)
        return value

    def check(self, value: Any, at: Place, depth: int = 0) -> None:  # noqa: ARG002  a leaf has no depth
        """Exactly the type: a bool is no integer, a datetime no date."""
        if not self.holds(value):
            raise at.wrong(f"expected {self.noun}, not {shown(value)}{self._advice(value)}")
        if fault := self.fault(value):
            raise at.wrong(fault)

    def write(self, value: Any) -> Any:
        """As text, or as it is."""
        return self.render(value)

    def reads(self, data: Any) -> bool:
        """By the JSON type alone."""
        return type(data) in self.json

    def holds(self, value: Any) -> bool:
        """By the exact type."""
        return type(value) is self.python or type(value) in self.also

    def _advice(self, data: Any) -> str:
        if not isinstance(data, float):
            return ""
        if self.python is Decimal:
            return ': floats are not exact, write a string such as "17.5"'
        return ": give a whole number; money is in minor units (cents)" if self.python is int else ""


@dataclass(frozen=True)
class Choice(Shape):
    """One of a closed list of words; members of an enum where one is given."""

    words: tuple[str, ...]
    enum: type[StrEnum] | None = None

    @property
    def expected(self) -> str:
        """All words."""
        return "one of " + ", ".join(f'"{word}"' for word in self.words)

    def read(self, data: Any, at: Place, depth: int = 0) -> Any:  # noqa: ARG002  a leaf has no depth
        """The word itself, or the member of the enum."""
        self._checked(data, at)
        return data if self.enum is None else self.enum(data)

    def check(self, value: Any, at: Place, depth: int = 0) -> None:  # noqa: ARG002  a leaf has no depth
        """One of the words; a member where there is an enum."""
        if self.enum is not None and not isinstance(value, self.enum):
            raise at.wrong(f"expected a {self.enum.__name__}, not {shown(value)}")
        self._checked(value, at)

    def _checked(self, word: Any, at: Place) -> None:
        if not isinstance(word, str):
            raise at.wrong(f"expected {self.expected}, not {shown(word)}")
        if word not in self.words:
            raise at.wrong(f"unknown value {shown(word)}{did_you_mean(word, self.words)}")

    def write(self, value: Any) -> Any:
        """The word."""
        return str(value)

    def reads(self, data: Any) -> bool:
        """Any text."""
        return isinstance(data, str)

    def holds(self, value: Any) -> bool:
        """Any text."""
        return isinstance(value, str)


@dataclass(frozen=True)
class ListOf(Shape):
    """Values of one shape in a tuple, or in a frozen set, which is written in order."""

    item: Shape
    container: type[tuple[Any, ...]] | type[frozenset[Any]] = tuple

    @property
    def expected(self) -> str:
        """A list."""
        return "a list"

    def read(self, data: Any, at: Place, depth: int = 0) -> Any:
        """A JSON array; twice the same is an error in a set."""
        if not isinstance(data, list):
            raise at.wrong(f"expected a list, not {shown(data)}")
        values = [self.item.read(part, at / place, depth) for place, part in enumerate(data)]
        if self.container is frozenset and len(set(values)) < len(values):
            raise at.wrong("the same value stands twice in it")
        return self.container(values)

    def check(self, value: Any, at: Place, depth: int = 0) -> None:
        """A tuple or frozen set, as declared; lists are refused, as a definition must not change."""
        if not isinstance(value, self.container):
            raise at.wrong(f"expected a {self.container.__name__}, not {shown(value)}")
        for place, part in enumerate(value):
            self.item.check(part, at / place, depth)

    def write(self, value: Any) -> Any:
        """A list, sorted where the order says nothing."""
        items = [self.item.write(part) for part in value]
        return sorted(items) if self.container is frozenset else items

    def reads(self, data: Any) -> bool:
        """Any array."""
        return isinstance(data, list)

    def holds(self, value: Any) -> bool:
        """Any tuple or set of its kind."""
        return isinstance(value, self.container)


@dataclass(frozen=True)
class MapOf(Shape):
    """Values of one shape by names that the shop chooses."""

    item: Shape

    @property
    def expected(self) -> str:
        """An object."""
        return "an object"

    def read(self, data: Any, at: Place, depth: int = 0) -> Any:
        """A JSON object."""
        if not isinstance(data, dict):
            raise at.wrong(f"expected an object, not {shown(data)}")
        return {name: self.item.read(part, at / name, depth) for name, part in data.items()}

    def check(self, value: Any, at: Place, depth: int = 0) -> None:
        """A mapping from text."""
        if not isinstance(value, Mapping):
            raise at.wrong(f"expected a mapping, not {shown(value)}")
        for name, part in value.items():
            if not isinstance(name, str):
                raise at.wrong(f"expected text as a name, not {shown(name)}")
            self.item.check(part, at / name, depth)

    def write(self, value: Any) -> Any:
        """In the order of the names, so that equal maps are written equally."""
        return {name: self.item.write(value[name]) for name in sorted(value)}

    def reads(self, data: Any) -> bool:
        """Any object."""
        return isinstance(data, dict)

    def holds(self, value: Any) -> bool:
        """Any mapping."""
        return isinstance(value, Mapping)
