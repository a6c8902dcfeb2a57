"""Which units a selector takes: by filter, order, groups and positions, slots, and limits on how many."""

from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import given, settings

from netlift.promotions import (
    All,
    Any,
    Benefit,
    Cart,
    Engine,
    Facts,
    FixedPrice,
    Line,
    Not,
    Percent,
    Promotion,
    Quote,
    Selector,
    Slot,
)
from netlift.promotions import Test as Compare
from tests.promotions.strategies import carts, targets

FREE = Percent(Decimal(100))
SHELF = Cart(
    "EUR",
    (
        Line("a", 300, 2, category=("tea",), brand="acme", tags=("new",), seller="north"),
        Line("b", 100, 3, "bag", ("bags", "cotton"), list_price=150, attributes={"size": 5, "fits": ("s", "m")}),
        Line("c", 200, 1, category=("tea",)),
    ),
)


def quoted(target: Selector, cart: Cart = SHELF, effect: Percent | FixedPrice = FREE) -> Quote:
    return Engine([Promotion("p", (Benefit(effect, target),))]).quote(cart, Facts())


def free(target: Selector, cart: Cart = SHELF) -> dict[str, int]:
    """Units that cost nothing, by line."""
    found: Counter[str] = Counter()
    for one in quoted(target, cart).adjustments:
        found[one.line] += sum(off > 0 for off in one.units)
    return dict(found)


@pytest.mark.parametrize(
    ("where", "lines"),
    [
        (None, "abc"),
        (Compare("line.id", "==", "a"), "a"),
        (Compare("line.product", "in", ("bag", "c")), "bc"),
        (Compare("line.category", "==", "tea"), "ac"),
        (Compare("line.category", "in", ("cotton", "bags")), "b"),
        (Compare("line.category", "not in", ("cotton", "bags")), "ac"),
        (Compare("line.brand", "==", "acme"), "a"),
        (Compare("line.brand", "!=", "acme"), "bc"),
        (Compare("line.tags", "==", "new"), "a"),
        (Compare("line.seller", "==", "north"), "a"),
        (Compare("line.price", "between", (100, 200)), "bc"),
        (Compare("line.price", "<", 200), "b"),
        (Compare("line.quantity", ">=", 2), "ab"),
        (Compare("line.total", ">", 300), "a"),
        (Compare("line.on_sale", "==", True), "b"),
        (Compare("line.on_sale", "==", False), "ac"),
        (Compare("line.list_price", "==", 150), "b"),
        (Compare("line.attributes.size", ">=", 5), "b"),
        (Compare("line.attributes.fits", "==", "m"), "b"),
        (All((Compare("line.category", "==", "tea"), Not(Compare("line.brand", "==", "acme")))), "c"),
        (Any((Compare("line.brand", "==", "acme"), Compare("line.price", "==", 100))), "ab"),
        (Not(All(())), ""),
        (Any(()), ""),
    ],
)
def test_filters(where: All | Any | Not | Compare | None, lines: str) -> None:
    quantity = {line.id: line.quantity for line in SHELF.lines}
    assert free(Selector(where)) == {name: quantity[name] for name in lines}


@pytest.mark.parametrize(
    ("target", "units"),
    [
        (Selector(order="cheapest", max_units=1), {"b": 1}),
        (Selector(order="dearest", max_units=3), {"a": 2, "c": 1}),
        (Selector(order="largest_line", max_units=4), {"b": 3, "a": 1}),
        (Selector(max_units_per_line=1), {"a": 1, "b": 1, "c": 1}),
        (Selector(order="dearest", max_units_per_line=1, max_units=2), {"a": 1, "c": 1}),
        (Selector(order="dearest", skip_units=2), {"c": 1, "b": 3}),
        (Selector(skip_units=1, same_line=True), {"a": 1, "b": 2}),
        (Selector(min_units=6), {"a": 2, "b": 3, "c": 1}),
        (Selector(min_units=7), {}),
        (Selector(max_units=0), {}),
        # dearest first: a a | c b | b b
        (Selector(order="dearest", group_size=2, positions=(2,)), {"a": 1, "b": 2}),
        (Selector(order="dearest", group_size=2, positions=(2,), max_groups=1), {"a": 1}),
        # a a c b | b b: the last group is short
        (Selector(order="dearest", group_size=4, positions=(2,)), {"a": 1}),
        (Selector(order="dearest", group_size=4, positions=(2,), complete=False), {"a": 1, "b": 1}),
        (Selector(order="dearest", group_size=4), {"a": 2, "c": 1, "b": 1}),
        # within lines: a a | b b
        (Selector(group_size=2, positions=(2,), same_line=True), {"a": 1, "b": 1}),
        (Selector(group_size=2, positions=(1, 2), same_line=True, max_groups=1), {"a": 2}),
        # dearest teas with the cheapest bag: a b | a b | c b
        (Selector(slots=(Slot(1, Compare("line.category", "==", "tea"), discounted=False),
                         Slot(1, Compare("line.category", "==", "bags"), "cheapest"))), {"b": 3}),
        (Selector(slots=(Slot(2, Compare("line.category", "==", "tea"), discounted=False),
                         Slot(1, Compare("line.category", "==", "bags")))), {"b": 1}),
        (Selector(slots=(Slot(2, discounted=False), Slot(1, order="cheapest"))), {"b": 2}),
        (Selector(slots=(Slot(1), Slot(1, Compare("line.brand", "==", "nobody")))), {}),
        (Selector(slots=(Slot(1, Compare("line.category", "==", "tea")), Slot(1)), max_groups=1), {"a": 2}),
    ],
)  # fmt: skip
def test_units(target: Selector, units: dict[str, int]) -> None:
    assert free(target) == units


def test_a_set_for_a_price_repeats_as_often_as_its_goods_are_there() -> None:
    """A tea and a bag for 2.50: 300 + 100, 300 + 100 and 200 + 100 save 150, 150 and 50."""
    slots = Slot(1, Compare("line.category", "==", "tea")), Slot(1, Compare("line.category", "==", "bags"))
    promotion = Promotion("set", (Benefit(FixedPrice(250), Selector(slots=slots), allocation="across"),))
    assert Engine([promotion]).quote(SHELF, Facts()).discount == 350


def test_too_few_units_and_no_goods_are_told_apart() -> None:
    """Six units are there, and none of the brand."""
    assert quoted(Selector(min_units=7)).refusals == {"p": "too_few_units"}
    assert quoted(Selector(group_size=7)).refusals == {"p": "too_few_units"}
    assert quoted(Selector(Compare("line.brand", "==", "nobody"))).refusals == {"p": "no_matching_goods"}


@settings(max_examples=100)
@given(carts(), targets(local=False))
def test_no_selector_takes_a_unit_twice_or_more_than_it_may(cart: Cart, target: Selector) -> None:
    """With 100 % off without floors every taken unit is free, so that they can be counted."""
    from netlift.promotions import Policy

    engine = Engine([Promotion("p", (Benefit(FREE, target),))], policy=Policy(respect_floors=False))
    quote = engine.quote(cart, Facts())
    taken = {one.line: sum(off > 0 for off in one.units) for one in quote.adjustments}
    quantity = {line.id: line.quantity for line in cart.lines}
    assert len(taken) == len(quote.adjustments)
    assert all(taken[line] <= quantity[line] for line in taken)
    if target.max_units is not None:
        assert sum(taken.values()) <= target.max_units
    if target.max_units_per_line is not None:
        assert max(taken.values(), default=0) <= target.max_units_per_line
    if target.max_groups is not None and target.slots:
        assert sum(taken.values()) <= target.max_groups * sum(slot.quantity for slot in target.slots if slot.discounted)
    if target.max_groups is not None and target.group_size is not None:
        assert sum(taken.values()) <= target.max_groups * (len(target.positions) or target.group_size)
