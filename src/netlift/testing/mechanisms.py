"""What every mechanism promises, as tests: subclass `MechanismContract`, name the mechanism, and let pytest find it.

class TestMyMechanism(MechanismContract):
    mechanism = MyMechanism
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar, get_args

from netlift.errors import DefinitionError
from netlift.promotions import codec
from netlift.promotions.cart import Cart
from netlift.promotions.engine import evaluate
from netlift.promotions.form import Words, form_of
from netlift.promotions.mechanism import Common, Example, Layer, Mechanism, promotions_of
from netlift.promotions.predicate import All, Predicate, Test
from netlift.promotions.promotion import Limits, Promotion
from netlift.promotions.quote import Quote
from netlift.promotions.refund import Returned, refund

_SHOPPERS = Test("context.channel", "==", "app")
_SETTINGS: Common = {
    "version": 3,
    "name": "November",
    "audience": _SHOPPERS,
    "limits": Limits(total=250, per_customer=2, budget=90_000),
    "group": "lane",
    "priority": 7,
    "exclusive": True,
    "currency": "EUR",
    "tags": ("autumn",),
}


class MechanismContract:
    """The tests of one mechanism; failures say the example and the figure that differs."""

    mechanism: ClassVar[type[Mechanism]]

    def test_it_is_described_in_both_languages(self) -> None:
        """Title and text, the title of every field, of tables too, and of every example."""
        kind = self.mechanism
        titles = [kind.title, kind.text, *(example.title for example in kind.examples), *_titles(kind)]
        _agree([words for words in titles if not (words.en.strip() and words.zh.strip())], [], "texts without words")
        _agree(kind.kind.replace("_", "a").isalnum() and kind.kind.islower(), True, f"{kind.kind!r} is snake_case")
        _agree(kind.layer in get_args(Layer), True, f"layer {kind.layer!r} is one of a marketplace")

    def test_it_shows_when_it_gives_something_and_when_not(self) -> None:
        """Half of a promotion is its limits, so the examples show both sides."""
        refused = {example.refused is not None for example in self.mechanism.examples}
        _agree(refused, {True, False}, "examples that are refused and that are not")
        empty = [
            example.title.en for example in self.mechanism.examples if (example.refused is None) != _gives(example)
        ]
        _agree(empty, [], "examples that give nothing without a reason, or something with one")

    def test_the_worked_examples_hold(self) -> None:
        """Discount by line, delivery, gifts, points, coupons, funding and the reason of a refusal, each as written."""
        for example in self.mechanism.examples:
            said = f"{self.mechanism.kind}, {example.title.en!r}"
            found = outcome(self.mechanism.kind, example, _quote(self.mechanism, example))
            for name, value in found.items():
                _agree(value, _expected(example)[name], f"{said}: {name}")

    def test_sums_are_exact_and_no_price_falls_below_zero_or_its_floor(self) -> None:
        """In the examples and in carts near them: other quantities, odd prices."""
        for example in self.mechanism.examples:
            for cart in nearby(example.cart):
                near = replace(example, cart=cart)
                check_sums(cart, _quote(self.mechanism, near), f"{self.mechanism.kind}, {cart}")

    def test_returning_everything_pays_back_everything(self) -> None:
        """At once, or one unit of each line and then the rest, also in carts near the examples."""
        for example in self.mechanism.examples:
            for cart in nearby(example.cart):
                near = replace(example, cart=cart)
                quote = _quote(self.mechanism, near)
                ordered = {line.id: line.quantity for line in cart.lines}
                paid = sum(line.gross for line in quote.lines if line.id in ordered)
                paid += sum(way.gross for way in quote.shipping)
                first, rest = dict.fromkeys(ordered, 1), {name: many - 1 for name, many in ordered.items()}
                back = _paid_back(self.mechanism, near, first) + _paid_back(self.mechanism, near, rest, first)
                _agree(back, paid, f"{self.mechanism.kind}, {cart}: paid back in two parts")
                _agree(_paid_back(self.mechanism, near, ordered), paid, f"{self.mechanism.kind}, {cart}: paid back")

    def test_the_order_of_the_lines_does_not_matter(self) -> None:
        """The same discounts for the lines in reverse."""
        for example in self.mechanism.examples:
            reverse = replace(example, cart=replace(example.cart, lines=example.cart.lines[::-1]))
            there, back = (_quote(self.mechanism, one).discounts(self.mechanism.kind) for one in (example, reverse))
            _agree(back, there, f"{self.mechanism.kind}, {example.title.en!r}, lines in reverse")

    def test_form_and_promotions_survive_json(self) -> None:
        """A filled form and its promotions are written to JSON text and read back equal."""
        for example in self.mechanism.examples:
            form = self.mechanism.read(dict(example.form))
            _agree(self.mechanism.read(_through_json(form.written())), form, "form read back")
            for promotion in form.build("p", **example.common):
                _agree(codec.read(Promotion, _through_json(codec.write(promotion))), promotion, "promotion read back")

    def test_a_form_with_an_unknown_field_is_refused_with_its_place(self) -> None:
        """A slip of the pen is an error, not a default."""
        for example in self.mechanism.examples:
            try:
                self.mechanism.read({**example.form, "unheard_of": 1})
            except DefinitionError as error:
                _agree("form.unheard_of" in str(error), True, f"the message {str(error)!r} names the place")
            else:
                raise AssertionError(f"{self.mechanism.kind} reads a form with an unknown field")

    def test_the_schema_names_every_field_and_those_that_are_needed(self) -> None:
        """What an example fills in is what the schema describes."""
        schema = self.mechanism.schema()
        needed = [one.name for one in self.mechanism.form() if one.required]
        _agree(
            (schema["type"], schema["required"], schema["additionalProperties"]), ("object", needed, False), "schema"
        )
        for example in self.mechanism.examples:
            unknown = set(example.form) - set(_properties(schema))
            _agree((unknown, set(needed) - set(example.form)), (set(), set()), f"{example.title.en!r}, fields")

    def test_what_is_common_to_all_promotions_is_kept(self) -> None:
        """Version, group, priority and the like reach the promotions; audience and limits are only narrowed."""
        built = self.mechanism.read(dict(self.mechanism.examples[0].form)).build("p", **_SETTINGS)
        _agree(built[0].id, "p", "id of the first promotion")
        for promotion in built:
            _agree(promotion.id.startswith("p"), True, f"the id {promotion.id!r} begins with the first one's")
            for name in ("version", "name", "group", "priority", "exclusive", "currency", "tags"):
                _agree(getattr(promotion, name), dict(_SETTINGS)[name], name)
            _agree(_within(promotion.limits, _SETTINGS["limits"]), True, f"{promotion.limits} are not wider")
            _agree(
                _SHOPPERS in _parts(promotion.audience), True, f"audience {promotion.audience} still has the given one"
            )


def outcome(promotion: str, example: Example, quote: Quote) -> dict[str, object]:
    """What a promotion gives in a quote, by the names of `Example`."""
    lines = {line.id for line in example.cart.lines}
    gifts = Counter[str]()
    for given in quote.gifts:
        gifts[given.gift.product] += given.gift.quantity
    return {
        "discounts": {line: off for line, off in quote.discounts(promotion).items() if line in lines and off},
        "shipping": {one.shipping: one.amount for one in quote.shipping_adjustments if one.promotion == promotion},
        "gifts": dict(gifts),
        "offered": tuple(given.gift.product for given in quote.offered),
        "points": quote.points,
        "points_burned": quote.points_burned,
        "credits": tuple(credit.amount for credit in quote.credits),
        "funding": {} if set(quote.funding) <= {""} else dict(quote.funding),
        "payable": None if example.payable is None else quote.payable,
        "refused": quote.refusals.get(promotion),
    }


def check_sums(cart: Cart, quote: Quote, said: str) -> None:
    """Raise AssertionError where units, lines and totals of a quote do not add up or leave their bounds."""
    for line in quote.lines:
        adjusted = [one for one in quote.adjustments if one.line == line.id]
        _agree(sum(one.amount for one in adjusted), line.discount, f"{said}: discount of {line.id}")
        _agree(all(sum(one.units) == one.amount for one in adjusted), True, f"{said}: units of {line.id} add up")
        _agree(all(min(one.units) >= 0 for one in adjusted), True, f"{said}: units of {line.id} are not below 0")
        _agree(0 <= line.discount <= line.total, True, f"{said}: {line.discount} off {line.total} for {line.id}")
    quoted = {line.id: line for line in quote.lines}
    for given in cart.lines:
        enough = min(given.floor * given.quantity, quoted[given.id].total)
        _agree(quoted[given.id].payable >= enough, True, f"{said}: {given.id} is not below its floor")
    for way in quote.shipping:
        _agree(0 <= way.discount <= way.price, True, f"{said}: {way.discount} off {way.price} for {way.id}")
    _agree(sum(line.discount for line in quote.lines), quote.discount, f"{said}: discount")
    _agree(sum(way.discount for way in quote.shipping), quote.shipping_discount, f"{said}: discount on delivery")
    _agree(sum(quote.funding.values()), quote.discount + quote.shipping_discount, f"{said}: funding")
    total = sum(line.total for line in quote.lines) + sum(way.price for way in quote.shipping)
    _agree(total, quote.total, f"{said}: total")


def nearby(cart: Cart) -> Iterator[Cart]:
    """The cart itself, and carts like it: more units, prices that divide badly, prices of almost nothing."""
    yield cart
    for times in (2, 3, 7):
        yield replace(cart, lines=tuple(replace(line, quantity=times * line.quantity) for line in cart.lines))
    for add, part in ((1, 1), (0, 3), (1, 100_000), (0, 100_000)):
        prices = [line.unit_price // part + add for line in cart.lines]
        yield replace(
            cart, lines=tuple(replace(line, unit_price=price) for line, price in zip(cart.lines, prices, strict=True))
        )


def _quote(mechanism: type[Mechanism], example: Example) -> Quote:
    return evaluate(example.cart, example.facts, promotions_of(mechanism, example), example.policy, root=example.root)


def _paid_back(mechanism: type[Mechanism], example: Example, units: Returned, *earlier: Returned) -> int:
    promotions = promotions_of(mechanism, example)
    facts, policy, root = example.facts, example.policy, example.root
    return refund(example.cart, facts, promotions, units, policy, root=root, already=earlier).amount


def _expected(example: Example) -> dict[str, object]:
    return {
        "discounts": dict(example.discounts),
        "shipping": dict(example.shipping),
        "gifts": dict(example.gifts),
        "offered": example.offered,
        "points": example.points,
        "points_burned": example.points_burned,
        "credits": example.credits,
        "funding": dict(example.funding),
        "payable": example.payable,
        "refused": example.refused,
    }


def _gives(example: Example) -> bool:
    benefits = (example.discounts, example.shipping, example.gifts, example.points, example.credits)
    return any(benefits)


def _titles(form: type) -> Iterator[Words]:
    """Titles of the fields of a form and of the forms inside it."""
    for one in form_of(form):
        yield one.entry.title
        for inner in (one.type, *get_args(one.type)):
            if isinstance(inner, type) and hasattr(inner, "__dataclass_fields__"):
                yield from _titles(inner)


def _within(limits: Limits, given: Limits) -> bool:
    pairs = ((limits.total, given.total), (limits.per_customer, given.per_customer), (limits.budget, given.budget))
    return all(one is not None and other is not None and one <= other for one, other in pairs)


def _parts(predicate: Predicate | None) -> tuple[Predicate | None, ...]:
    return predicate.parts if isinstance(predicate, All) else (predicate,)


def _properties(schema: dict[str, object]) -> dict[str, object]:
    found = schema["properties"]
    return found if isinstance(found, dict) else {}


def _through_json(data: object) -> object:
    return json.loads(json.dumps(data, allow_nan=False))


def _agree(found: object, wanted: object, said: str) -> None:
    if found != wanted:
        raise AssertionError(f"{said}: got {found!r}, expected {wanted!r}")
