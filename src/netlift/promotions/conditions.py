"""Conditions made ready to run: predicates as closures, and what a cart must have for one to be true at all."""

import operator
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from netlift.promotions.facts import Fact, fact_named
from netlift.promotions.predicate import All, Not, Predicate, Test
from netlift.promotions.predicate import Any as AnyOf
from netlift.promotions.reasons import Why

if TYPE_CHECKING:
    from netlift.promotions.state import Key, State

LineTest = Callable[["State", int], bool]
Gate = Callable[["State"], Why | None]
"""None where the condition holds, else why not."""

INDEXED = frozenset({"line.id", "line.product", "line.category", "line.brand", "line.tags", "line.seller"})
_ORDERING: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def compared(op: str, operand: Any) -> Callable[[Any], bool]:
    """A test of a known value; values of several are equal to what they contain."""
    if op in {"==", "!="}:
        wanted = frozenset(operand) if isinstance(operand, tuple) else frozenset((operand,))
        found = _holds_one_of(wanted)
        return found if op == "==" else lambda value: not found(value)
    if op in {"in", "not in"}:
        found = _holds_one_of(frozenset(operand))
        return found if op == "in" else lambda value: not found(value)
    if op == "between":
        low, high = operand
        return _ordered(lambda value, _: low <= value <= high, None)
    return _ordered(_ORDERING[op], operand)


def _holds_one_of(wanted: frozenset[Any]) -> Callable[[Any], bool]:
    def test(value: Any) -> bool:
        if isinstance(value, tuple | frozenset):
            return not wanted.isdisjoint(value)
        return value in wanted

    return test


def _ordered(compare: Callable[[Any, Any], bool], operand: Any) -> Callable[[Any], bool]:
    def test(value: Any) -> bool:
        try:
            return compare(value, operand)
        except TypeError:  # only a fact of type "any" can be of a type that has no order with the operand
            return False

    return test


def line_test(predicate: Predicate) -> LineTest:
    """A condition on the facts of a line."""
    if isinstance(predicate, All):
        tests = [line_test(part) for part in predicate.parts]
        return lambda state, i: all(test(state, i) for test in tests)
    if isinstance(predicate, AnyOf):
        tests = [line_test(part) for part in predicate.parts]
        return lambda state, i: any(test(state, i) for test in tests)
    if isinstance(predicate, Not):
        inner = line_test(predicate.part)
        return lambda state, i: not inner(state, i)
    read, holds = _fact(predicate).line, compared(predicate.op, predicate.value)
    assert read is not None, predicate.fact  # noqa: S101  the check of definitions refuses others
    return lambda state, i: holds(read(state, i))


def gate(predicate: Predicate) -> Gate:
    """A condition on the facts of the cart, the customer and the moment."""
    if isinstance(predicate, All):
        return _all([gate(part) for part in predicate.parts])
    if isinstance(predicate, AnyOf):
        return _any([gate(part) for part in predicate.parts])
    if isinstance(predicate, Not):
        return _not(gate(predicate.part))
    return _test(predicate)


def _all(gates: list[Gate]) -> Gate:
    def holds(state: "State") -> Why | None:
        unknown = None
        for one in gates:
            why = one(state)
            if why is Why.FACT_UNKNOWN:  # whatever it is, a part that is known to be false decides
                unknown = why
            elif why is not None:
                return why
        return unknown

    return holds


def _any(gates: list[Gate]) -> Gate:
    def holds(state: "State") -> Why | None:
        reasons = []
        for one in gates:
            why = one(state)
            if why is None:
                return None
            reasons.append(why)
        return Why.FACT_UNKNOWN if Why.FACT_UNKNOWN in reasons else reasons[0] if reasons else Why.CONDITION_NOT_MET

    return holds


def _not(inner: Gate) -> Gate:
    def holds(state: "State") -> Why | None:
        why = inner(state)
        if why is None:
            return Why.CONDITION_NOT_MET
        return why if why is Why.FACT_UNKNOWN else None

    return holds


def _test(test: Test) -> Gate:
    fact = _fact(test)
    read, holds, reason = fact.cart, compared(test.op, test.value), fact.why
    assert read is not None, test.fact  # noqa: S101  the check of definitions refuses others
    if reason is Why.BELOW_THRESHOLD and test.op not in {">", ">=", "==", "between"}:
        reason = Why.CONDITION_NOT_MET
    picks = None if test.where is None else Lines(test.where)
    if picks is not None and test.fact in {"cart.quantity", "cart.lines", "cart.products"} and test.value == 1:
        reason = Why.NO_MATCHING_GOODS

    def passes(state: "State") -> Why | None:
        value = read(state, state.lines if picks is None else picks.of(state))
        if value is None:
            return Why.FACT_UNKNOWN
        return None if holds(value) else reason

    return passes


def _fact(test: Test) -> Fact:
    fact = fact_named(test.fact)
    assert fact is not None, test.fact  # noqa: S101  the check of definitions refuses unknown facts
    return fact


class Lines:
    """The lines that a filter on line facts picks; by the cart's index where it can be."""

    __slots__ = ("keys", "rest")

    def __init__(self, where: Predicate | None) -> None:
        self.keys, others = _keys(where)
        self.rest: LineTest | None = line_test(others) if others is not None else None

    def of(self, state: "State") -> tuple[int, ...]:
        """Places in the cart, in order, within the scope of the evaluation."""
        keys = self.keys
        if keys is None:
            found = state.lines
        else:
            if len(keys) == 1:
                found = state.lookup.get(keys[0], ())
            else:
                get = state.lookup.get
                found = tuple(sorted({i for key in keys for i in get(key, ())}))
            if state.scoped is not None:
                scoped = state.scoped
                found = tuple([i for i in found if i in scoped])
        rest = self.rest
        return found if rest is None else tuple([i for i in found if rest(state, i)])


def _keys(where: Predicate | None) -> "tuple[tuple[Key, ...] | None, Predicate | None]":
    """Keys of the index of which a line must have one, and what is still to be tested beside."""
    if where is None:
        return None, None
    if isinstance(where, Test) and is_indexed(where.fact):
        if where.op == "==" and not isinstance(where.value, tuple):
            return ((where.fact, where.value),), None
        if where.op in {"==", "in"} and isinstance(where.value, tuple):
            return tuple((where.fact, value) for value in dict.fromkeys(where.value)), None
    if isinstance(where, All):
        for place, part in enumerate(where.parts):
            keys, rest = _keys(part)
            if keys is not None and rest is None:
                others = where.parts[:place] + where.parts[place + 1 :]
                return keys, (All(others) if len(others) > 1 else others[0] if others else None)
    return None, where


def is_indexed(fact: str) -> bool:
    """Whether the cart keeps an index of that fact."""
    return fact in INDEXED or fact.startswith("line.attributes.")


def necessary(predicates: Sequence[Predicate | None]) -> list[Test]:
    """Tests that must all be true for the predicates to be true."""
    found: list[Test] = []
    for predicate in predicates:
        if isinstance(predicate, Test):
            found.append(predicate)
        elif isinstance(predicate, All):
            found += necessary(predicate.parts)
    return found


def is_of_goods(predicate: Predicate) -> bool:
    """Whether it asks for a fact that goods make, which each seller of a cart has for itself."""
    if isinstance(predicate, Not):
        return is_of_goods(predicate.part)
    if isinstance(predicate, All | AnyOf):
        return any(map(is_of_goods, predicate.parts))
    return _fact(predicate).takes_where


def attributes_named(predicate: Predicate | None) -> set[str]:
    """Names of the line attributes that a predicate asks for."""
    if predicate is None:
        return set()
    if isinstance(predicate, All | AnyOf):
        return set().union(*[attributes_named(part) for part in predicate.parts]) if predicate.parts else set()
    if isinstance(predicate, Not):
        return attributes_named(predicate.part)
    own = {predicate.fact.removeprefix("line.attributes.")} if predicate.fact.startswith("line.attributes.") else set()
    return own | attributes_named(predicate.where)
