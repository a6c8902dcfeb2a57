"""The reference page of the mechanisms, from the mechanisms themselves: forms, and examples as small tables."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import get_args

from docs.build import _table
from netlift.money import Money
from netlift.promotions import codec
from netlift.promotions.cart import Line
from netlift.promotions.form import FormField, Goods, form_of
from netlift.promotions.mechanism import MECHANISMS, Example, Mechanism
from netlift.promotions.mechanisms import marketplace
from netlift.promotions.promotion import Promotion

INTRODUCTION = (
    "A mechanism is a form that a merchant fills in; the program turns it into promotions of the promotion language. "
    "Each example below is worked out by hand and run as a test. [How to add one](../howto/new-promotion-type.md)."
)
WRITTEN = (
    "Forms are JSON: money in whole minor units (cents, 分), per cents and multiples as text or whole numbers "
    '("17.5"), moments with their zone, times of day such as "18:00". Window, audience, codes, limits, group, '
    "priority, funding and the like are given beside the form, as for any promotion."
)
LAYERS = (
    "In a marketplace the price of an order is made in layers, each on what the one before left: "
    "{layers}. `netlift.promotions.mechanisms.marketplace()` is that tree of groups; the column *layer* says "
    "where a mechanism belongs in it."
)
GOODS = "A form's `goods` say which goods it is about. Every list that is not empty must name them; none is all goods."


def parts() -> Iterator[str]:
    """The parts of the page in order."""
    yield from ("# Mechanisms", INTRODUCTION, WRITTEN)
    yield LAYERS.format(layers=", ".join(f"`{layer.id}`" for layer in marketplace().children))
    rows = ((f"[`{kind}`](#{kind})", *one.title, f"`{one.layer}`") for kind, one in MECHANISMS.items())
    yield _table(("kind", "mechanism", "中文", "layer"), rows)
    yield from ("## goods", GOODS, _form(form_of(Goods)))
    for kind, mechanism in MECHANISMS.items():
        yield from _mechanism(kind, mechanism)


def _mechanism(kind: str, mechanism: type[Mechanism]) -> Iterator[str]:
    yield f"## {kind}"
    yield f"**{mechanism.title.en}** ({mechanism.title.zh}). {mechanism.text.en} {mechanism.text.zh}"
    yield _form(mechanism.form())
    for example in mechanism.examples:
        yield from _example(kind, example)


def _form(fields: Iterable[FormField]) -> str:
    rows = ((f"`{name}`", *one.entry.title, one.entry.unit, _default(one)) for name, one in _flat(fields))
    return _table(("field", "title", "中文", "unit", "default"), rows)


def _flat(fields: Iterable[FormField], above: str = "") -> Iterator[tuple[str, FormField]]:
    """Fields with those of their tables; goods have a table of their own."""
    for one in fields:
        yield f"{above}{one.name}", one
        if one.entry.unit == "rows":
            yield from _flat(form_of(get_args(one.type)[0]), f"{above}{one.name}[].")


def _default(one: FormField) -> str:
    if one.required:
        return "required"
    return "" if one.default in (None, [], {}, "") else f"`{json.dumps(one.default, ensure_ascii=False)}`"


def _example(kind: str, example: Example) -> Iterator[str]:
    yield f"*{example.title.en}* ({example.title.zh})"
    yield f"```json\n{_given(example)}\n```"
    money = Amounts(example.cart.currency)
    lines: list[tuple[object, ...]] = [
        (line.id, _known(line), line.quantity, money(line.unit_price), money.off(example.discounts.get(line.id)))
        for line in example.cart.lines
    ]
    lines += [
        (way.id, "", "", money(way.price), money.off(example.shipping.get(way.id))) for way in example.cart.shipping
    ]
    yield _table((f"line ({example.cart.currency})", "what it is", "units", "unit price", f"`{kind}`"), lines)
    if said := "; ".join(_outcome(example, money)):
        yield f"{said}."


def _given(example: Example) -> str:
    """Form, common settings, facts and the promotions beside it as one JSON object, a line each."""
    common = Promotion("", (), **example.common)
    parts = {
        "form": dict(example.form),
        "common": {name: part for name, part in codec.write(common).items() if name not in ("id", "benefits")},
        "facts": codec.write(example.facts),
        "beside": [codec.write(promotion) for promotion in example.beside],
    }
    shown = {name: part for name, part in parts.items() if part or name == "form"}
    return "{" + ",\n ".join(f'"{name}": {json.dumps(part, ensure_ascii=False)}' for name, part in shown.items()) + "}"


def _known(line: Line) -> str:
    """What a condition may ask of the line, beside its id, price and quantity."""
    facts = codec.write(replace(line, id="", unit_price=0, quantity=1))
    words = (f"{name} {_plain(value)}" for name, value in facts.items() if name not in ("id", "unit_price", "quantity"))
    return ", ".join(words)


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


class Amounts:
    """Writes minor units of a currency with its decimals."""

    def __init__(self, currency: str) -> None:
        self.currency = currency

    def __call__(self, minor: int) -> str:
        """An amount without its currency."""
        return str(Money(minor, self.currency)).rpartition(" ")[0]

    def off(self, minor: int | None) -> str:
        """A discount with its sign; nothing where there is none."""
        return self(-minor) if minor else ""


def _outcome(example: Example, money: Amounts) -> Iterator[str]:
    yield from (f"gift: {count} × {product}" for product, count in example.gifts.items())
    yield from (f"offered: {product}" for product in example.offered)
    if example.points:
        yield f"points earned: {example.points:,}"
    if example.points_burned:
        yield f"points spent: {example.points_burned:,}"
    yield from (f"coupon for the next order: {money(amount)}" for amount in example.credits)
    yield from (f"borne by {party or 'the shop'}: {money(part)}" for party, part in example.funding.items())
    if example.payable is not None:
        yield f"to be paid: {money(example.payable)}"
    if example.refused is not None:
        yield f"refused: `{example.refused}`"
