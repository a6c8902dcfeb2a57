"""Conditions as a small typed tree: all, any, not, and comparisons of declared facts."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal, TypeAlias

from netlift.promotions.cart import Scalar

Operator = Literal["==", "!=", "<", "<=", ">", ">=", "in", "not in", "between"]
Operand = Scalar | date | tuple[Scalar | date, ...]


@dataclass(frozen=True, slots=True)
class All:
    """True where every part is true; the empty one is true."""

    parts: "tuple[Predicate, ...]"


@dataclass(frozen=True, slots=True)
class Any:
    """True where at least one part is true; the empty one is false."""

    parts: "tuple[Predicate, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    """True where its part is false."""

    part: "Predicate"


@dataclass(frozen=True, slots=True)
class Test:
    """A declared fact compared with a value.

    Facts of several values (`line.tags`, `customer.segments`) are `==` a value that they contain and `in` values
    of which they contain one. `between` includes both ends.
    """

    __test__: ClassVar[bool] = False  # pytest takes classes whose name begins so for its own

    fact: str
    op: Operator
    value: Operand
    where: "Predicate | None" = None
    """For sums over the cart (`cart.subtotal`, `cart.quantity`, ...): which lines they are of."""


Predicate: TypeAlias = All | Any | Not | Test


def everything(*parts: Predicate | None) -> Predicate | None:
    """The parts that are there, joined by `all`."""
    given = tuple(part for part in parts if part is not None)
    return given[0] if len(given) == 1 else All(given) if given else None
