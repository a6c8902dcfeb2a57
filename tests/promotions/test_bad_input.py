"""What is wrong with a cart, a promotion or a group is said at once: one kind of error, with the place."""

import json
import time
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from netlift.errors import CartError, DefinitionError, NetliftError
from netlift.promotions import (
    All,
    AmountOff,
    Benefit,
    Cart,
    Engine,
    Facts,
    Group,
    Line,
    Not,
    Percent,
    Policy,
    Predicate,
    Promotion,
    Selector,
    Shipping,
    Tier,
    Tiers,
    Window,
)
from netlift.promotions import Test as Compare
from netlift.promotions.documents import loads, parse_cart, read_cart, read_document, read_policy, read_request

TENTH = Promotion("tenth", (Benefit(Percent(Decimal(10))),))
LINE = Line("a", 1000, 2)
CART = Cart("EUR", (LINE,))


def priced(cart: Cart, *promotions: Promotion, **how: Any) -> Any:
    return Engine(promotions or (TENTH,), **how).quote(cart, Facts())


@pytest.mark.parametrize(
    ("line", "place", "says"),
    [
        (replace(LINE, quantity=-1), "cart.lines[0]", "quantity"),
        (replace(LINE, quantity=0), "cart.lines[0]", "at least 1"),
        (replace(LINE, quantity=1.5), "cart.lines[0]", "whole number"),
        (replace(LINE, quantity=True), "cart.lines[0]", "quantity"),
        (replace(LINE, unit_price=19.99), "cart.lines[0]", "unit_price"),
        (replace(LINE, unit_price="1999"), "cart.lines[0]", "unit_price"),
        (replace(LINE, unit_price=-5), "cart.lines[0]", "below 0"),
        (replace(LINE, unit_price=None), "cart.lines[0]", "unit_price"),
        (replace(LINE, total=-1), "cart.lines[0]", "total"),
        (replace(LINE, total=10.0), "cart.lines[0]", "total"),
        (replace(LINE, floor=-1), "cart.lines[0]", "floor"),
        (replace(LINE, floor=0.5), "cart.lines[0]", "floor"),
        (replace(LINE, cost=2.5), "cart.lines[0]", "cost"),
        (replace(LINE, list_price=-1), "cart.lines[0]", "list_price"),
        (replace(LINE, price_lists={"member": 1.5}), "cart.lines[0]", "price_lists"),
        (replace(LINE, price_lists={"member": -1}), "cart.lines[0]", "price_lists"),
        (replace(LINE, tax_rate=Decimal(-1)), "cart.lines[0]", "tax_rate"),
        (replace(LINE, tax_rate=0.19), "cart.lines[0]", "tax_rate"),
        (replace(LINE, tax_rate=Decimal("NaN")), "cart.lines[0]", "tax_rate"),
    ],
)
def test_a_line_that_cannot_be_priced_is_refused_with_its_place(line: Line, place: str, says: str) -> None:
    with pytest.raises(CartError) as error:
        priced(Cart("EUR", (line,)))
    assert place in str(error.value)
    assert says in str(error.value)


@pytest.mark.parametrize("currency", ["", "XYZ", "eur", "EURO", "€", None, 978])
def test_an_unknown_currency_is_refused(currency: Any) -> None:
    with pytest.raises(CartError, match=r"cart\.currency"):
        priced(Cart(currency, (LINE,)))


def test_two_currencies_in_one_cart_cannot_even_be_written() -> None:
    """A cart has one currency; a line that brings its own is told so, at its place."""
    line = {"id": "a", "unit_price": 100, "quantity": 1}
    with pytest.raises(CartError, match=r"lines\[1\]\.currency: a cart is in one currency"):
        read_cart({"currency": "EUR", "lines": [line, {**line, "id": "b", "currency": "USD"}]})


def test_a_promotion_of_another_currency_is_refused_with_a_reason_not_an_error() -> None:
    dollars = replace(TENTH, currency="USD")
    assert priced(CART, dollars).refusals == {"tenth": "other_currency"}


def test_two_lines_of_one_id_are_refused() -> None:
    with pytest.raises(CartError, match=r"cart\.lines\[1\].*two lines 'a'"):
        priced(Cart("EUR", (LINE, LINE)))


def test_two_deliveries_of_one_id_are_refused() -> None:
    with pytest.raises(CartError, match=r"cart\.shipping\[1\]"):
        priced(replace(CART, shipping=(Shipping("van", 1), Shipping("van", 2))))


@pytest.mark.parametrize("price", [-1, 4.5, None])
def test_a_delivery_without_a_price_in_minor_units_is_refused(price: Any) -> None:
    with pytest.raises(CartError, match=r"cart\.shipping\[0\]"):
        priced(replace(CART, shipping=(Shipping("van", price),)))


def test_an_empty_cart_costs_nothing() -> None:
    quote = priced(Cart("EUR", ()))
    assert (quote.total, quote.discount, quote.applied) == (0, 0, ())
    assert set(quote.refusals) == {"tenth"}


def test_ten_thousand_lines_are_priced_where_the_policy_allows_them_and_refused_where_not() -> None:
    """10,000 lines of 3 at 10 % off: 10,000 x 30; the default policy allows 5,000 lines."""
    cart = Cart("EUR", tuple(Line(f"l{place}", 100, 3) for place in range(10_000)))
    with pytest.raises(CartError, match=r"cart\.lines: 10,000 lines.*max_lines"):
        priced(cart)
    started = time.perf_counter()
    assert priced(cart, policy=Policy(max_lines=10_000)).discount == 10_000 * 30
    assert time.perf_counter() - started < 20  # a second here; a square of the lines would take minutes


@pytest.mark.parametrize("quantity", [1_000_001, 10**12, 10**30])
def test_a_huge_quantity_is_refused_before_anything_is_counted_unit_by_unit(quantity: int) -> None:
    with pytest.raises(CartError, match="max_units"):
        priced(Cart("EUR", (replace(LINE, quantity=quantity),)))


def test_a_million_units_are_priced_without_a_million_steps() -> None:
    started = time.perf_counter()
    quote = priced(Cart("EUR", (Line("a", 100, 1_000_000),)), policy=Policy(max_units=2_000_000))
    assert quote.discount == 10_000_000  # 10 % of 100,000,000
    assert time.perf_counter() - started < 10


@pytest.mark.parametrize("price", [2**63, 10**18])
def test_amounts_beyond_64_bits_are_exact_or_refused(price: int) -> None:
    try:
        quote = priced(Cart("EUR", (replace(LINE, unit_price=price),)))
    except CartError as error:
        assert "unit_price" in str(error)  # noqa: PT017
    else:
        assert quote.discount == (2 * price * 10 + 50) // 100


def nested(deep: int) -> Predicate:
    condition: Predicate = Compare("cart.quantity", ">=", 1)
    for level in range(deep):
        condition = Not(condition) if level % 2 else All((condition,))
    return condition


@pytest.mark.parametrize("where", ["when", "audience", "target", "nested_where"])
def test_a_condition_a_thousand_deep_is_refused_with_its_place(where: str) -> None:
    condition = nested(1000)
    promotion = {
        "when": Promotion("p", (Benefit(Percent(Decimal(1)), when=condition),)),
        "audience": replace(TENTH, audience=condition),
        "target": Promotion("p", (Benefit(Percent(Decimal(1)), Selector(where=condition)),)),
        "nested_where": replace(TENTH, audience=Compare("cart.quantity", ">=", 1, where=condition)),
    }[where]
    with pytest.raises(DefinitionError, match=r"promotions\[0\].*deep"):
        priced(CART, promotion)


def test_json_a_thousand_and_a_million_deep_is_refused() -> None:
    condition: dict[str, Any] = {"fact": "cart.quantity", "op": ">=", "value": 1}
    for _ in range(400):
        condition = {"not": condition}
    promotion = {"id": "p", "benefits": [{"effect": {"kind": "percent", "off": "1"}, "when": condition}]}
    with pytest.raises(DefinitionError, match="deep"):
        read_document({"language": 1, "promotions": [promotion]})
    with pytest.raises(DefinitionError, match="deep"):
        loads("[" * 1_000_000)
    with pytest.raises(CartError, match="deep"):
        parse_cart('{"lines":' + "[" * 1_000_000)


def test_a_condition_sixty_deep_works() -> None:
    condition: Predicate = Compare("cart.quantity", ">=", 1)
    for _ in range(60):
        condition = All((condition,))
    assert priced(CART, Promotion("p", (Benefit(Percent(Decimal(10)), when=condition),))).discount == 200


def test_a_group_inside_itself_is_refused() -> None:
    root = Group(children=(Group("g"),))
    object.__setattr__(root.children[0], "children", (root.children[0],))  # frozen: only by force, or by JSON anchors
    with pytest.raises(DefinitionError, match=r"root\.children\[0\].*'?g'?.*contains itself"):
        priced(CART, root=root)


@pytest.mark.parametrize(
    ("root", "place"),
    [
        (Group(children=(Group("g"), Group("g"))), r"root\.children\[1\]\.id"),
        (Group(children=(Group(""),)), r"root\.children\[0\]\.id"),
        (Group(mode="lowest_cost", scope="unit"), r"root\.scope|root\.mode"),
        (Group(mode="sideways"), r"root\.mode"),  # type: ignore[arg-type]
        (Group(scope="planet"), r"root\.scope"),  # type: ignore[arg-type]
        (Group(priority="high"), r"root\.priority"),  # type: ignore[arg-type]
    ],
)
def test_a_tree_that_makes_no_sense_is_refused_with_its_place(root: Group, place: str) -> None:
    with pytest.raises(DefinitionError, match=place):
        priced(CART, root=root)


def benefit(**changes: Any) -> Promotion:
    return Promotion("p", (replace(TENTH.benefits[0], **changes),))


@pytest.mark.parametrize(
    ("promotion", "place"),
    [
        (replace(TENTH, id=""), r"promotions\[0\]\.id"),
        (replace(TENTH, benefits=()), r"promotions\[0\]\.benefits"),
        (replace(TENTH, group="nowhere"), r"promotions\[0\]\.group.*nowhere"),
        (replace(TENTH, window=Window(time_zone="Mars/Olympus")), r"promotions\[0\]\.window\.time_zone"),
        (replace(TENTH, currency="euro"), r"promotions\[0\]\.currency"),
        (benefit(effect=Percent(Decimal(101))), r"promotions\[0\]\.benefits\[0\]\.effect\.off"),
        (benefit(effect=Percent(Decimal(-1))), r"promotions\[0\]\.benefits\[0\]\.effect\.off"),
        (benefit(effect=Percent(Decimal("NaN"))), r"promotions\[0\]\.benefits\[0\]\.effect\.off"),
        (benefit(effect=Percent(Decimal("Infinity"))), r"promotions\[0\]\.benefits\[0\]\.effect\.off"),
        (benefit(effect=Percent(10.0)), r"promotions\[0\]\.benefits\[0\]\.effect\.off"),  # type: ignore[arg-type]
        (benefit(effect=AmountOff(9.99)), r"promotions\[0\]\.benefits\[0\]\.effect\.off"),  # type: ignore[arg-type]
        (benefit(effect=AmountOff(-1)), r"promotions\[0\]\.benefits\[0\]\.effect\.off"),
        (benefit(effect=AmountOff(Tiers(()))), r"promotions\[0\]\.benefits\[0\]\.effect\.off"),
        (benefit(effect=AmountOff(Tiers((Tier(5, 1), Tier(5, 2))))), r"promotions\[0\]\.benefits\[0\]\.effect\.off"),
        (benefit(target=Selector(group_size=0)), r"promotions\[0\]\.benefits\[0\]\.target\.group_size"),
        (benefit(target=Selector(positions=(1,))), r"promotions\[0\]\.benefits\[0\]\.target\.positions"),
        (benefit(target=Selector(group_size=2, positions=(3,))), r"target\.positions\[0\]"),
        (benefit(target=Selector(max_units=-1)), r"target\.max_units"),
        (benefit(when=Compare("cart.subtotl", ">=", 1)), r"benefits\[0\]\.when\.fact.*cart\.subtotal"),
        (benefit(when=Compare("line.price", ">=", 1)), r"benefits\[0\]\.when\.fact"),
        (benefit(when=Compare("cart.subtotal", ">=", "99")), r"benefits\[0\]\.when\.value"),
        (benefit(when=Compare("cart.subtotal", ">=", 99.0)), r"benefits\[0\]\.when\.value"),  # type: ignore[arg-type]
        (benefit(when=Compare("cart.subtotal", "=>", 1)), r"benefits\[0\]\.when\.op"),  # type: ignore[arg-type]
        (benefit(when=Compare("cart.subtotal", "between", (5, 1))), r"benefits\[0\]\.when\.value"),
        (benefit(target=Selector(Compare("cart.quantity", ">=", 1))), r"benefits\[0\]\.target\.where\.fact"),
    ],
)
def test_a_wrong_definition_is_refused_with_its_place(promotion: Promotion, place: str) -> None:
    with pytest.raises(DefinitionError, match=place):
        priced(CART, promotion)


def test_two_promotions_of_one_id_are_refused() -> None:
    with pytest.raises(DefinitionError, match=r"promotions\[1\]\.id"):
        priced(CART, TENTH, TENTH)


@pytest.mark.parametrize(
    ("name", "value"), [("node_budget", 0), ("max_lines", -1), ("rounding", "nearest"), ("granularity", "cart")]
)
def test_a_wrong_policy_is_refused(name: str, value: Any) -> None:
    with pytest.raises(DefinitionError, match=name):
        read_policy({name: value})
    with pytest.raises(DefinitionError, match=name):
        priced(CART, policy=replace(Policy(), **{name: value}))


@pytest.mark.parametrize(
    "facts",
    [
        Facts(points=-1),
        Facts(points=1.5),  # type: ignore[arg-type]
        Facts(spent={"tenth": -1}),
        Facts(deposits={"tenth": 1.5}),  # type: ignore[dict-item]
        Facts(now="2026-11-11"),  # type: ignore[arg-type]
    ],
)
def test_facts_that_cannot_be_are_refused(facts: Facts) -> None:
    with pytest.raises(CartError, match="facts"):
        Engine([TENTH]).quote(CART, facts)


def test_a_moment_without_a_time_zone_is_refused() -> None:
    from datetime import datetime

    timed = replace(TENTH, window=Window(end=datetime.fromisoformat("2027-01-01T00:00:00+00:00")))
    with pytest.raises(NetliftError, match=r"now|zone"):
        Engine([timed]).quote(CART, Facts(now=datetime.fromisoformat("2026-11-11T12:00:00")))
    with pytest.raises(DefinitionError, match=r"promotions\[0\]\.window"):
        Engine([replace(TENTH, window=Window(end=datetime.fromisoformat("2027-01-01T00:00:00")))])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[]",
        '{"language": 1}',
        '{"language": 99, "promotions": []}',
        '{"language": "1", "promotions": []}',
        '{"language": 1, "promotions": [], "promotions": []}',
        '{"language": 1, "promotions": [NaN]}',
        '{"language": 1, "promotions": [{"id": "p"}]}',
        '{"language": 1, "promotions": [{"id": "p", "benefits": [{"effect": {"kind": "magic"}}]}]}',
        '{"language": 1, "promotions": [{"id": "p", "benefits": [{"effect": {"kind": "percent", "off": 10.5}}]}]}',
        '{"language": 1, "promotions": [], "extra": 1}',
    ],
)
def test_a_document_that_is_none_is_a_definition_error(text: str) -> None:
    with pytest.raises(DefinitionError):
        loads(text)


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {},
        {"cart": {}},
        {"cart": {"currency": "EUR", "lines": [{"id": "a", "unit_price": 1.5, "quantity": 1}]}},
        {"cart": {"currency": "EUR", "lines": [{"id": "a", "unit_price": 1, "quantity": "1"}]}},
        {"cart": {"currency": "EUR", "lines": {}}},
        {"cart": {"currency": "EUR", "lines": []}, "facts": {"now": "yesterday"}},
        {"cart": {"currency": "EUR", "lines": []}, "facts": {"points": -1}},
    ],
)
def test_a_request_that_is_none_is_a_cart_error(data: Any) -> None:
    with pytest.raises(CartError):
        read_request(json.loads(json.dumps(data)))
