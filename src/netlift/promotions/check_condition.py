"""Whether a condition can be judged: known facts, where they are allowed, and operands of the facts' types."""

import datetime as dt
from decimal import Decimal

from netlift.promotions.facts import FACTS, Fact, FactType, fact_named
from netlift.promotions.place import Place, did_you_mean, shown
from netlift.promotions.predicate import All, Not, Operand, Predicate, Test
from netlift.promotions.predicate import Any as AnyOf

ORDERINGS = frozenset({"<", "<=", ">", ">="})
ORDERED: frozenset[FactType] = frozenset({"money", "integer", "decimal", "date", "any"})
OPERANDS: dict[FactType, tuple[tuple[type, ...], str]] = {
    "money": ((int,), "an integer of minor units"),
    "integer": ((int,), "an integer"),
    "decimal": ((int, Decimal), "a number"),
    "text": ((str,), "text"),
    "set": ((str,), "text"),
    "boolean": ((bool,), "true or false"),
    "date": ((dt.date,), 'a date, {"date": "2026-11-11"} in JSON'),
    "any": ((str, int, Decimal, bool, dt.date), "a single value"),
}
"""For each type of fact, what it can be compared with."""


def check_condition(condition: Predicate, at: Place, *, of_line: bool = False) -> None:
    """Raise where a condition names an unknown fact, one that is not known there, or compares it with another type.

    Args:
        condition: its types and depth must have been checked.
        at: its place.
        of_line: whether it stands in a selector or a `where`, so that it is about a line and not about the cart.

    Raises:
        DefinitionError: with the place.
    """
    match condition:
        case All():
            for number, part in enumerate(condition.parts):
                check_condition(part, at / "all" / number, of_line=of_line)
        case AnyOf():
            for number, part in enumerate(condition.parts):
                check_condition(part, at / "any" / number, of_line=of_line)
        case Not():
            check_condition(condition.part, at / "not", of_line=of_line)
        case Test():
            _check_test(condition, at, of_line)


def _check_test(test: Test, at: Place, of_line: bool) -> None:
    fact = fact_named(test.fact)
    if fact is None:
        raise (at / "fact").wrong(f"unknown fact {shown(test.fact)}{did_you_mean(test.fact, FACTS)}")
    if of_line and fact.line is None:
        raise (at / "fact").wrong(f"{shown(test.fact)} is not a fact of a line; put the condition into `when`")
    if not of_line and fact.cart is None:
        raise (at / "fact").wrong(
            f"{shown(test.fact)} is a fact of a line; put it into the selector, or into the `where` of a cart fact"
        )
    _check_operand(fact, test, at)
    if test.where is not None:
        if not fact.takes_where:
            takers = ", ".join(name for name, one in FACTS.items() if one.takes_where)
            raise (at / "where").wrong(f"{shown(test.fact)} takes no `where`; these do: {takers}")
        check_condition(test.where, at / "where", of_line=True)


def _check_operand(fact: Fact, test: Test, at: Place) -> None:
    if test.op in {*ORDERINGS, "between"} and fact.type not in ORDERED:
        raise (at / "op").wrong(f"{shown(fact.name)} is {_a(fact.type)} and has no order; use ==, !=, in or not in")
    if test.op in {"in", "not in", "between"}:
        if not isinstance(test.value, tuple):
            raise (at / "value").wrong(f"`{test.op}` needs a list, not {shown(test.value)}")
        for number, part in enumerate(test.value):
            _check_type(fact, test, part, at / "value" / number)
        if test.op == "between":
            _check_interval(test.value, at / "value")
    elif isinstance(test.value, tuple):
        advice = {"==": '; use "in"', "!=": '; use "not in"'}.get(test.op, "")
        raise (at / "value").wrong(f"`{test.op}` needs a single value, not a list{advice}")
    else:
        _check_type(fact, test, test.value, at / "value")


def _check_type(fact: Fact, test: Test, value: Operand, at: Place) -> None:
    allowed, noun = OPERANDS[fact.type]
    unordered = test.op in ORDERINGS and isinstance(value, bool)
    if type(value) not in allowed or unordered:
        raise at.wrong(f"{shown(fact.name)} is {_a(fact.type)}; compare it with {noun}, not {shown(value)}")


def _check_interval(ends: tuple[object, ...], at: Place) -> None:
    if len(ends) != 2:
        raise at.wrong(f"`between` needs two values, the lower and the upper, not {len(ends)}")
    low, high = ends
    if isinstance(low, bool) or isinstance(high, bool):
        raise at.wrong("true and false have no order")
    try:
        backwards = low > high  # type: ignore[operator]  # the except is for values without an order
    except TypeError:
        raise at.wrong(f"{shown(low)} and {shown(high)} have no order") from None
    if backwards:
        raise at.wrong(f"the lower end {shown(low)} is above the upper end {shown(high)}")


def _a(type_: FactType) -> str:
    return {"money": "an amount", "integer": "an integer", "set": "a set", "any": "a fact of the shop's own"}.get(
        type_, f"a {type_}" if type_ != "text" else "text"
    )
