"""JSON of the promotion language: what is written is read back equal, and what is wrong is refused with its place."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netlift.errors import CartError, DefinitionError, NetliftError
from netlift.promotions import codec
from netlift.promotions.cart import Cart, Facts, Line
from netlift.promotions.documents import (
    Document,
    Request,
    dumps,
    loads,
    parse_cart,
    read_cart,
    read_document,
    read_facts,
    read_policy,
    read_quote,
    read_request,
    to_json,
    write_document,
)
from netlift.promotions.effect import EFFECTS
from netlift.promotions.effects.amount import AmountOff
from netlift.promotions.effects.percent import Percent
from netlift.promotions.explain import Trace
from netlift.promotions.hints import shape_of
from netlift.promotions.place import Place
from netlift.promotions.policy import Policy
from netlift.promotions.predicate import All, Not, Predicate
from netlift.promotions.predicate import Test as Compare
from netlift.promotions.promotion import LANGUAGE, Benefit, Caps, Group, Hours, Promotion, Trigger, Window
from netlift.promotions.quote import Quote
from netlift.promotions.records import DEEPEST
from netlift.promotions.refund import Refund
from netlift.promotions.selector import Selector
from netlift.promotions.value import Steps, Tier, Tiers

from .random_objects import JSON, objects

OWNERS = (Promotion, Group, Policy, Cart, Facts, Quote, Refund, Request, Trace)


def through_text(value: object) -> Any:
    """JSON data as another program would hand it over."""
    return json.loads(json.dumps(value))


@pytest.mark.parametrize("owner", OWNERS, ids=lambda owner: owner.__name__)
@given(data=st.data())
def test_what_is_written_is_read_back_equal(owner: type, data: st.DataObject) -> None:
    """For random objects of every class; and writing again gives the same JSON."""
    value = data.draw(objects(owner))
    codec.check(value)
    written = codec.write(value)
    again: object = codec.read(owner, through_text(written))
    assert again == value
    assert codec.write(again) == written


@pytest.mark.parametrize("kind", EFFECTS)
@given(data=st.data())
def test_every_effect_is_told_by_its_kind(kind: str, data: st.DataObject) -> None:
    """Any effect of the registry comes back as its own class, whether or not this test knows it."""
    benefit = Benefit(data.draw(objects(EFFECTS[kind])))
    written = codec.write(benefit)
    assert written["effect"]["kind"] == kind
    assert codec.read(Benefit, through_text(written)) == benefit


def promotion(**changes: Any) -> dict[str, Any]:
    """JSON of a sound promotion, changed."""
    return {"id": "p", "benefits": [{"effect": {"kind": "percent", "off": "10"}}]} | changes


def benefit(**changes: Any) -> dict[str, Any]:
    """JSON of a sound promotion whose one benefit is changed."""
    return promotion(benefits=[{"effect": {"kind": "percent", "off": "10"}} | changes])


def amount(off: Any) -> dict[str, Any]:
    return benefit(effect={"kind": "amount", "off": off})


def document(*promotions: Any, **others: Any) -> dict[str, Any]:
    return {"language": LANGUAGE, "promotions": list(promotions)} | others


def test_a_document_reads_as_one_would_write_it() -> None:
    """The forms that the reference documents: tiers, steps, conditions, times, selectors."""
    tiers = {"tiers": [[9900, 1000], [19900, 3000]], "of": "cart.subtotal"}
    when = {"all": [{"fact": "cart.subtotal", "op": ">=", "value": 9900, "where": {"not": {"any": []}}}]}
    window = {
        "start": "2026-11-11T00:00:00+08:00",
        "hours": [{"start": "18:00", "end": "20:30"}],
        "dates": ["2026-11-11"],
    }
    read = read_document(
        document(
            amount(tiers) | {"group": "shop", "window": window},
            amount({"every": 30000, "value": 5000, "at_most": 3})
            | {"id": "q", "trigger": {"kind": "code", "codes": ["A"]}},
            benefit(when=when, target={"group_size": 2, "positions": [2], "order": "dearest"}) | {"id": "r"},
            root={"children": [{"id": "shop", "mode": "best"}]},
        )
    )
    first, second, third = read.promotions
    assert first.benefits[0].effect == AmountOff(Tiers((Tier(9900, 1000), Tier(19900, 3000)), "cart.subtotal"))
    assert first.window.hours == (Hours(time(18), time(20, 30)),)
    assert first.window.dates == (date(2026, 11, 11),)
    assert first.window.start == datetime(2026, 11, 10, 16, tzinfo=UTC)
    assert second.benefits[0].effect == AmountOff(Steps(30000, 5000, at_most=3))
    assert second.trigger == Trigger("code", ("A",))
    assert third.benefits[0].target == Selector(order="dearest", group_size=2, positions=(2,))
    assert third.benefits[0].when is not None
    assert read.root == Group(children=(Group("shop", mode="best"),))
    assert loads(dumps(read)) == read


def test_defaults_are_left_out() -> None:
    """A promotion that says little is a short document."""
    least = Document((Promotion("p", (Benefit(Percent(Decimal(10)), Selector(), caps=Caps()),), window=Window()),))
    assert write_document(least) == document(promotion())


def test_decimals_and_dates_among_text_carry_their_name() -> None:
    """An attribute "17.5" is text; the number 17.5 is another value, and a birthday is a day."""
    line = Line("a", 100, 1, attributes={"size": Decimal("17.5"), "text": "17.5", "both": ("a", Decimal(2), True)})
    written = codec.write(line)
    assert written["attributes"] == {
        "both": ["a", {"decimal": "2"}, True],
        "size": {"decimal": "17.5"},
        "text": "17.5",
    }
    assert codec.read(Line, written) == line
    facts = Facts(extra={"since": date(2026, 11, 11)})
    assert codec.write(facts) == {"extra": {"since": {"date": "2026-11-11"}}}
    assert read_facts(codec.write(facts)) == facts


def test_sets_among_lists_carry_their_name() -> None:
    """What is a tuple or a set comes back as what it was; `{"set": [...]}` tells them apart."""
    shape = shape_of(tuple[str, ...] | frozenset[str] | None)
    for value in (("b", "a"), frozenset({"b", "a"}), (), frozenset(), None):
        assert shape.read(through_text(shape.write(value)), Place()) == value
    assert shape.write(frozenset({"b", "a"})) == {"set": ["a", "b"]}


def test_integers_do_for_decimals() -> None:
    read = codec.read(Benefit, {"effect": {"kind": "percent", "off": 20}})
    assert read == Benefit(Percent(Decimal(20)))
    assert isinstance(read.effect, Percent)
    assert type(read.effect.off) is Decimal


TEST = {"fact": "cart.subtotal", "op": ">=", "value": 100}
WRONG = [
    # kinds, keys and names
    ([], 'expected an object with "language" and "promotions", not []'),
    ({"promotions": []}, 'lacks "language"'),
    (document(promotion()) | {"promotion": []}, 'promotion: unknown key; did you mean "promotions"?'),
    (document(promotion(benfits=[])), 'promotions[0].benfits: unknown key; did you mean "benefits"?'),
    (document({"id": "p"}), 'promotions[0]: lacks "benefits"'),
    (document(promotion(), 7), "promotions[1]: expected an object, not 7"),
    (
        document(benefit(effect={"kind": "percnt", "off": 1})),
        'promotions[0].benefits[0].effect.kind: unknown kind "percnt"; did you mean "percent"?',
    ),
    (document(benefit(effect={"off": 1})), 'effect: lacks "kind"'),
    (document(benefit(effect={"kind": "price"})), "effect: a price effect has either `price` or `price_list`"),
    (document(benefit(allocation="units")), 'allocation: unknown value "units"; did you mean "unit"?'),
    (
        document(
            *[promotion(id=str(number)) for number in range(3)],
            benefit(when={"all": [TEST, TEST | {"fact": "cart.subtotl"}]}),
        ),
        'promotions[3].benefits[0].when.all[1].fact: unknown fact "cart.subtotl"; did you mean "cart.subtotal"?',
    ),
    (document(benefit(when={"al": [TEST]})), 'when.al: unknown key; did you mean "all"?'),
    (document(benefit(when={})), "when: expected"),
    (document(benefit(when=TEST | {"op": "=>"})), 'when.op: unknown value "=>"'),
    # types
    (
        document(benefit(effect={"kind": "percent", "off": 17.5})),
        '17.5: floats are not exact, write a string such as "17.5"',
    ),
    (document(amount(5.0)), "effect.off: expected an integer"),
    (document(amount(True)), "effect.off: expected an integer"),
    (document(amount("5")), "effect.off: expected an integer"),
    (document(promotion(priority=1.5)), "priority: expected an integer, not 1.5: give a whole number"),
    (document(promotion(exclusive=1)), "exclusive: expected true or false, not 1"),
    (document(promotion(id=7)), "id: expected text, not 7"),
    (document(promotion(id="\ud800")), "id: text with half of a surrogate pair"),
    (document(amount(2**63)), "off: an integer of more than 64 bits"),
    (document(benefit(effect={"kind": "percent", "off": "1e999999999"})), "off: expected a decimal"),
    (document(benefit(effect={"kind": "percent", "off": "NaN"})), "off: expected a decimal"),
    (
        document(promotion(window={"start": "2026-11-11T00:00:00"})),
        "window.start: 2026-11-11T00:00:00 has no time zone",
    ),
    (
        document(promotion(window={"start": "soon"})),
        'window.start: expected a moment like "2026-11-11T00:00:00+08:00", not "soon"',
    ),
    (document(promotion(window={"dates": ["2026-02-30"]})), 'window.dates[0]: expected a date like "2026-11-11"'),
    (
        document(promotion(window={"hours": [{"start": "25:00", "end": "26:00"}]})),
        "hours[0].start: expected a time like",
    ),
    (document(promotion(tags="new")), 'tags: expected a list, not "new"'),
    (document(amount({"tiers": [[1, 2, 3]]})), "tiers[0]: expected a list of 2 values (start, value), not [1, 2, 3]"),
]


@pytest.mark.parametrize(("data", "message"), WRONG, ids=[message for _, message in WRONG])
def test_what_is_wrong_is_refused_with_its_place(data: Any, message: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        read_document(data)
    assert message in str(caught.value)


WRONG_CARTS = [
    ({"currency": "EUR"}, 'lacks "lines"'),
    ({"currency": "EUR", "lines": [{"id": "a", "unit_price": 1, "quantity": -1}]}, "lines[0].quantity: -1 is below 1"),
    (
        {"currency": "EUR", "lines": [{"id": "a", "unit_price": 1.5, "quantity": 1}]},
        "lines[0].unit_price: expected an integer",
    ),
    (
        {"currency": "EUR", "lines": [{"id": "a", "unit_price": 1, "quantity": 1, "tax_rate": "-1"}]},
        "lines[0].tax_rate: -1 is below 0",
    ),
    (
        {"currency": "EUR", "lines": [{"id": "a", "unit_price": 1, "quantity": 1, "price_lists": {"member": "9"}}]},
        "lines[0].price_lists.member: expected an integer",
    ),
]


@pytest.mark.parametrize(("data", "message"), WRONG_CARTS, ids=[message for _, message in WRONG_CARTS])
def test_a_wrong_cart_is_a_cart_error_with_its_place(data: Any, message: str) -> None:
    with pytest.raises(CartError) as caught:
        read_cart(data)
    assert message in str(caught.value)
    with pytest.raises(CartError, match=r"^cart"):
        read_request({"cart": data})


def test_facts_policies_and_quotes_are_refused_by_their_own_errors() -> None:
    with pytest.raises(CartError, match=r"^codes: the same value stands twice"):
        read_facts({"codes": ["A", "A"]})
    with pytest.raises(CartError, match=r"^now: .* has no time zone"):
        read_facts({"now": "2026-11-11T00:00:00"})
    with pytest.raises(DefinitionError, match=r'^roundng: unknown key; did you mean "rounding"'):
        read_policy({"roundng": "up"})
    with pytest.raises(CartError, match='lacks "currency"'):
        read_quote({})


def test_a_quote_is_plain_json() -> None:
    """No object of Python is left in it, and equal quotes give equal text."""
    quote = Quote("EUR", (), (), (), (), ("a",), {}, 0, 0, 0, 0, 0, 0, funding={"b": 1, "a": 2})
    assert read_quote(through_text(to_json(quote))) == quote
    assert list(to_json(quote)["funding"]) == ["a", "b"]


NOT_JSON = [
    ('{"language": 1, "promotions": [NaN]}', "NaN is not JSON"),
    ('{"language": 1, "language": 1}', 'the key "language" stands twice'),
    ('{"language": 1,\n oops}', "not JSON at line 2, column 2"),
    (b"\xff", "not UTF-8 at byte 0"),
    ("1" * 5000, "too many digits"),
    ("", "not JSON at line 1"),
]


@pytest.mark.parametrize(("text", "message"), NOT_JSON, ids=[message for _, message in NOT_JSON])
def test_what_is_no_json_is_refused(text: str | bytes, message: str) -> None:
    with pytest.raises(DefinitionError, match=message):
        loads(text)
    with pytest.raises(CartError, match=message):
        parse_cart(text)


def test_a_byte_order_mark_is_no_error() -> None:
    assert loads(b"\xef\xbb\xbf" + dumps(Document(())).encode()) == Document(())


def nested(levels: int) -> Predicate:
    """A condition of so many levels."""
    found: Predicate = Compare("cart.subtotal", ">=", 100)
    for _ in range(levels - 1):
        found = Not(found)
    return found


def test_the_deepest_condition_is_read_and_one_deeper_is_refused() -> None:
    """64 levels are the documented limit, in JSON and in Python."""
    deepest = Promotion("p", (Benefit(Percent(Decimal(1)), when=nested(DEEPEST)),))
    assert loads(dumps(Document((deepest,)))).promotions == (deepest,)
    deeper = replace(deepest, benefits=(replace(deepest.benefits[0], when=Not(nested(DEEPEST))),))
    with pytest.raises(DefinitionError, match="nested deeper than 64"):
        codec.check(deeper)
    with pytest.raises(DefinitionError, match="nested deeper than 64"):
        loads(dumps(Document((deeper,))))


@pytest.mark.parametrize("levels", [100, 1_000, 100_000])
@pytest.mark.parametrize(("opened", "closed"), [('{"not":', "}"), ('{"all":[', "]}"), ("[", "]")])
def test_no_depth_overflows_the_stack(levels: int, opened: str, closed: str) -> None:
    """Also where the JSON parser itself would give up, and where the brackets are never closed."""
    start = '{"language": 1, "promotions": [{"id": "p", "benefits": [], "audience": '
    with pytest.raises(DefinitionError):
        loads(start + opened * levels + "{}" + closed * levels + "}]}")
    with pytest.raises(DefinitionError):
        loads(start + opened * levels)


@given(data=JSON)
def test_random_json_raises_nothing_but_netlift_errors(data: Any) -> None:
    for read in (read_document, read_request, read_cart, read_facts, read_policy, read_quote):
        try:
            read(data)
        except NetliftError as error:
            str(error).encode()  # and can be printed


def replaced(data: Any, steps: list[int], value: Any) -> Any:
    """The data with what lies at the end of a path exchanged."""
    if not steps or not isinstance(data, dict | list) or not data:
        return value
    if isinstance(data, list):
        place = steps[0] % len(data)
        return [replaced(part, steps[1:], value) if number == place else part for number, part in enumerate(data)]
    name = sorted(data)[steps[0] % len(data)]
    return data | {name: replaced(data[name], steps[1:], value)}


@given(promotions=st.lists(objects(Promotion), max_size=2), steps=st.lists(st.integers(0, 50), max_size=9), value=JSON)
def test_a_document_damaged_anywhere_is_read_or_refused(
    promotions: list[Promotion], steps: list[int], value: Any
) -> None:
    """Whatever a hand or a program did to one place: a netlift error, or a document that is written and read back."""
    damaged = replaced(write_document(Document(tuple(promotions))), steps, value)
    try:
        read = read_document(damaged)
    except NetliftError as error:
        str(error).encode()
        return
    assert loads(dumps(read)) == read


@given(request=objects(Request), steps=st.lists(st.integers(0, 50), max_size=6), value=JSON)
def test_a_damaged_cart_is_read_or_refused(request: Request, steps: list[int], value: Any) -> None:
    damaged = replaced(codec.write(request), steps, value)
    try:
        read = read_request(damaged)
    except CartError as error:
        str(error).encode()
        return
    assert read_request(through_text(codec.write(read))) == read


FLAT = {
    "id": "ten",
    "name": "Ten off",
    "discount_percent": "10",
    "min_subtotal": 5000,
    "code": "TEN",
    "category": "shoes",
    "start": "2026-11-01T00:00:00+00:00",
    "end": "2026-12-01T00:00:00+00:00",
}


def test_a_flat_draft_of_version_0_is_upgraded() -> None:
    """Every key of the flat form finds its place."""
    read = read_document({"language": 0, "promotions": [FLAT]})
    assert read.promotions == (
        Promotion(
            "ten",
            (
                Benefit(
                    Percent(Decimal(10)),
                    Selector(Compare("line.category", "==", "shoes")),
                    Compare("cart.subtotal", ">=", 5000),
                ),
            ),
            name="Ten off",
            window=Window(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)),
            trigger=Trigger("code", ("TEN",)),
        ),
    )
    assert write_document(read)["language"] == LANGUAGE


def test_a_flat_amount_is_off_all_goods_together() -> None:
    flat = {"id": "five", "discount_amount": 500, "category": "shoes", "product": "boot"}
    [read] = read_document({"language": 0, "promotions": [flat]}).promotions
    assert read.benefits == (
        Benefit(
            AmountOff(500),
            Selector(All((Compare("line.category", "==", "shoes"), Compare("line.product", "==", "boot")))),
            allocation="across",
        ),
    )


OTHER_VERSIONS = [
    ({"language": LANGUAGE + 1, "promotions": []}, "language: 2 is newer than this netlift.*update netlift"),
    ({"language": -1, "promotions": []}, "language: expected an integer from 0 to 1, not -1"),
    ({"language": "1", "promotions": []}, 'language: expected an integer from 0 to 1, not "1"'),
    ({"language": True, "promotions": []}, "language: expected an integer from 0 to 1, not true"),
    ({"language": 0, "promotions": {}}, "promotions: expected a list"),
    ({"language": 0, "promotions": [7]}, r"promotions\[0\]: expected an object, not 7"),
    ({"language": 0, "promotions": [{"id": "a"}]}, "needs one of `discount_percent` and `discount_amount`"),
    ({"language": 0, "promotions": [FLAT | {"discount_amount": 1}]}, "needs one of"),
    ({"language": 0, "promotions": [FLAT | {"discount": 1}]}, r"promotions\[0\]\.discount: unknown key of version 0"),
    ({"language": 0, "promotions": [FLAT | {"discount_percent": 101}]}, "101 is outside 0 to 100 .*after the upgrade"),
]


@pytest.mark.parametrize(("data", "message"), OTHER_VERSIONS, ids=[message for _, message in OTHER_VERSIONS])
def test_a_version_that_cannot_be_read_is_refused(data: Any, message: str) -> None:
    with pytest.raises(DefinitionError, match=message):
        read_document(data)
