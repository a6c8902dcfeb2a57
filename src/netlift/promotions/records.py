"""How records and unions of them are read from JSON, written to it, and checked: dataclasses, known by their keys."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from netlift.errors import ConfigError
from netlift.promotions.bounds import Bound
from netlift.promotions.place import Place, did_you_mean, shown
from netlift.promotions.shapes import ListOf, Shape, Single

DEEPEST = 64
"""Conditions or groups inside one another; everything that walks them recurs no deeper."""

_ADVICE = {("Line", "currency"): "a cart is in one currency, which stands beside its lines: price the others apart"}
"""What to do about keys that people expect and that cannot be."""


@dataclass(frozen=True)
class Field:
    """A field of a record: its name in Python and in JSON, its shape and bounds."""

    name: str
    key: str
    shape: Shape
    default: Callable[[], Any] | None
    bound: Bound | None


@dataclass(frozen=True)
class Record(Shape):
    """A dataclass or named tuple: an object with known keys, or a row (an array of all values in order)."""

    python: type
    declare: Callable[[], tuple[Field, ...]]
    """Its fields; asked for at first use, as records may contain each other."""
    row: bool = False
    kind: str = ""
    """Value of the key `kind`, where records of several classes are told apart by it."""
    recursive: Callable[[], bool] = bool

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """In the order of declaration."""
        return self.declare()

    @cached_property
    def keys(self) -> dict[str, Field]:
        """By their name in JSON."""
        return {one.key: one for one in self.fields}

    @cached_property
    def nests(self) -> bool:
        """Whether records of this class can stand inside themselves."""
        return self.recursive()

    @property
    def expected(self) -> str:
        """An object by its first key, or a row."""
        if self.row:
            return f"a list of {len(self.fields)} values ({', '.join(one.key for one in self.fields)})"
        return f'an object with "{self.fields[0].key}"'

    def read(self, data: Any, at: Place, depth: int = 0) -> Any:
        """Every key known, every value of its shape, none missing that has no default."""
        depth = self._deeper(at, depth)
        given = self._given(data, at)
        values = {}
        for column, one in enumerate(self.fields):
            if one.key in given:
                below = at / (column if self.row else one.key)
                values[one.name] = value = one.shape.read(given[one.key], below, depth)
                if one.bound is not None:
                    one.bound.check(value, below)
            elif one.default is None:
                raise at.wrong(f'lacks "{one.key}", {one.shape.expected}')
        try:
            return self.python(**values)
        except ConfigError as error:
            raise at.wrong(str(error)) from None

    def _given(self, data: Any, at: Place) -> Mapping[str, Any]:
        if self.row:
            if not isinstance(data, list) or len(data) != len(self.fields):
                raise at.wrong(f"expected {self.expected}, not {shown(data)}")
            return dict(zip(self.keys, data, strict=True))
        if not isinstance(data, dict):
            raise at.wrong(f"expected an object, not {shown(data)}")
        for key in data:
            if key not in self.keys and not (self.kind and key == "kind"):
                advice = _ADVICE.get((self.python.__name__, key)) or f"unknown key{did_you_mean(key, self.keys)}"
                raise (at / key).wrong(advice)
        return data

    def check(self, value: Any, at: Place, depth: int = 0) -> None:
        """The class, and every field that is not at its default."""
        if not isinstance(value, self.python):
            raise at.wrong(f"expected a {self.python.__name__}, not {shown(value)}")
        depth = self._deeper(at, depth)
        for one in self.fields:
            part = getattr(value, one.name)
            if one.default is not None:
                usual = one.default()
                if part is usual or (not part and not usual and type(part) is type(usual)):
                    continue
            below = at / one.key
            one.shape.check(part, below, depth)
            if one.bound is not None:
                one.bound.check(part, below)

    def _deeper(self, at: Place, depth: int) -> int:
        if not self.nests:
            return depth
        if depth >= DEEPEST:
            raise at.wrong(f"nested deeper than {DEEPEST}; make it flatter")
        return depth + 1

    def write(self, value: Any) -> Any:
        """Without what is at its default."""
        if self.row:
            return [one.shape.write(getattr(value, one.name)) for one in self.fields]
        written: dict[str, Any] = {"kind": self.kind} if self.kind else {}
        for one in self.fields:
            part = getattr(value, one.name)
            if one.default is None or part != one.default():
                written[one.key] = one.shape.write(part)
        return written

    def reads(self, data: Any) -> bool:
        """In a union a record is known by its first key."""
        return isinstance(data, list) if self.row else isinstance(data, dict) and self.fields[0].key in data

    def holds(self, value: Any) -> bool:
        """By the class."""
        return isinstance(value, self.python)


@dataclass(frozen=True)
class Kinds(Shape):
    """One of the classes of a registry, told by the key `kind`."""

    noun: str
    base: type
    known: Callable[[], Iterable[str]]
    record: Callable[[str], Record]
    record_of: Callable[[type], Record]

    @property
    def expected(self) -> str:
        """An object by its kind."""
        return f'{self.noun}: an object with "kind"'

    def read(self, data: Any, at: Place, depth: int = 0) -> Any:
        """By the class of that kind."""
        if not isinstance(data, dict):
            raise at.wrong(f"expected {self.expected}, not {shown(data)}")
        if "kind" not in data:
            raise at.wrong(f'lacks "kind", one of {", ".join(self.known())}')
        kind = data["kind"]
        if not isinstance(kind, str) or kind not in set(self.known()):
            hint = did_you_mean(kind, self.known()) if isinstance(kind, str) else ""
            raise (at / "kind").wrong(f"unknown kind {shown(kind)}{hint}")
        return self.record(kind).read(data, at, depth)

    def check(self, value: Any, at: Place, depth: int = 0) -> None:
        """By its own class, which need not be registered in Python."""
        if not isinstance(value, self.base):
            raise at.wrong(f"expected {self.noun}, not {shown(value)}")
        self.record_of(type(value)).check(value, at, depth)

    def write(self, value: Any) -> Any:
        """With its kind."""
        return self.record_of(type(value)).write(value)

    def reads(self, data: Any) -> bool:
        """Any object."""
        return isinstance(data, dict)

    def holds(self, value: Any) -> bool:
        """By the base class."""
        return isinstance(value, self.base)


@dataclass(frozen=True)
class OneOf(Shape):
    """One of several shapes, told apart by the type of the data and by the first key of an object.

    Where text is among them, decimals and dates are objects that name them: `{"decimal": "17.5"}`; where tuples are,
    sets do: `{"set": ["a"]}`.
    """

    options: tuple[Shape, ...]
    optional: bool
    """Whether None is one of them."""

    @cached_property
    def tagged(self) -> dict[str, Shape]:
        """Options that would be mistaken for others, by the name that they carry."""
        singles = {one.python: one for one in self.options if isinstance(one, Single)}
        lists = {one.container: one for one in self.options if isinstance(one, ListOf)}
        found: dict[str, Shape] = {}
        if str in singles:
            found = {one.name: one for one in singles.values() if one.python not in (str, int, bool)}
        if len(lists) > 1:
            found["set"] = lists[frozenset]
        return found

    @cached_property
    def plain(self) -> tuple[Shape, ...]:
        """Options that are written as they are."""
        tagged = {id(one) for one in self.tagged.values()}
        return tuple(one for one in self.options if id(one) not in tagged)

    @property
    def expected(self) -> str:
        """All options."""
        return " or ".join(dict.fromkeys(one.expected for one in self.options))

    def read(self, data: Any, at: Place, depth: int = 0) -> Any:
        """By the first option that the data is meant to be of."""
        if data is None and self.optional:
            return None
        if isinstance(data, dict) and len(data) == 1 and (tag := next(iter(data))) in self.tagged:
            return self.tagged[tag].read(data[tag], at / tag, depth)
        for one in self.plain:
            if one.reads(data):
                return one.read(data, at, depth)
        return self._refuse(data, at)

    def _refuse(self, data: Any, at: Place) -> Any:
        if len(self.options) == 1 or isinstance(data, float):  # the option says best what is wrong
            decimal = (one for one in self.options if isinstance(one, Single) and one.python is Decimal)
            return next(decimal, self.options[0]).read(data, at)
        if isinstance(data, dict):
            firsts = [one.fields[0].key for one in self.options if isinstance(one, Record) and not one.row]
            firsts += list(self.tagged)
            if firsts and data:
                key = next(iter(data))
                raise (at / key).wrong(f"unknown key{did_you_mean(key, firsts)}")
        raise at.wrong(f"expected {self.expected}, not {shown(data)}")

    def check(self, value: Any, at: Place, depth: int = 0) -> None:
        """By the option that the value is meant to be of."""
        if value is None and self.optional:
            return
        for one in self.options:
            if one.holds(value):
                one.check(value, at, depth)
                return
        if len(self.options) == 1:
            self.options[0].check(value, at, depth)
        raise at.wrong(f"expected {self.expected}, not {shown(value)}")

    def write(self, value: Any) -> Any:
        """By the option that it is of; with its name where it would be mistaken for text."""
        if value is None:
            return None
        shape = next(one for one in self.options if one.holds(value))
        written = shape.write(value)
        tag = next((name for name, one in self.tagged.items() if one is shape), None)
        return written if tag is None else {tag: written}

    def reads(self, data: Any) -> bool:
        """Whether an option does."""
        return (data is None and self.optional) or any(one.reads(data) for one in self.options)

    def holds(self, value: Any) -> bool:
        """Whether an option does."""
        return (value is None and self.optional) or any(one.holds(value) for one in self.options)
