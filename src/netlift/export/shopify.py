"""A promotion in Shopify's words: an amount off, per cent off or free delivery, or the reasons why it has none.

The fields are those of the Admin GraphQL inputs `DiscountCodeBasicInput`, `DiscountAutomaticBasicInput`,
`DiscountCodeFreeShippingInput` and `DiscountAutomaticFreeShippingInput` (version 2026-01). What they cannot say is
refused, as a discount that gives more or less than the plan reckons with would cost what nobody planned.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from netlift.money import Money
from netlift.promotions.effects.amount import AmountOff
from netlift.promotions.effects.percent import Percent
from netlift.promotions.effects.shipping import ShippingOff
from netlift.promotions.predicate import All, Predicate, Test
from netlift.promotions.promotion import Benefit, Promotion, Window
from netlift.promotions.selector import Selector

IDS = "give Shopify's id of it with --ids FILE, columns name,id: name is product:NAME, category:NAME, ..."
_FACTS = {"line.product": "product", "line.category": "category", "line.brand": "brand", "line.tags": "tag"}


@dataclass(frozen=True, slots=True)
class Discount:
    """What Shopify is told."""

    mutation: str
    """GraphQL mutation that makes it."""
    argument: str
    """Name of the mutation's argument."""
    input: Mapping[str, Any]
    """Its value, without a code."""
    row: Mapping[str, str]
    """The same in the columns of Shopify's own discount export, without `Name`."""

    @property
    def automatic(self) -> bool:
        """Whether it applies without a code."""
        return "Automatic" in self.mutation


class _Unsayable(Exception):  # noqa: N818  it never leaves this module
    """Something that Shopify has no word for."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for a promotion beside its definition."""

    title: str
    start: datetime
    end: datetime
    currency: str
    coded: bool
    """Whether it needs a code: a personal offer, or one with codes of its own."""
    uses: int | None
    """How often each code may be used; None: without limit."""
    once: bool
    """Whether a customer may use it once only."""
    ids: Mapping[str, str]


def discount(promotion: Promotion, terms: Terms) -> tuple[Discount | None, tuple[str, ...]]:
    """The promotion as a Shopify discount; without one, every reason why not."""
    faults = [*_faults(promotion, terms)]
    made: Discount | None = None
    if len(promotion.benefits) == 1:
        try:
            made = _made(promotion, promotion.benefits[0], terms)
        except _Unsayable as error:
            faults.append(str(error))
    return (None, tuple(faults)) if faults else (made, ())


def _faults(promotion: Promotion, terms: Terms) -> Iterator[str]:
    """What a promotion asks for around its benefit that Shopify cannot."""
    limits, window = promotion.limits, promotion.window
    if len(promotion.benefits) != 1:
        yield f"gives {len(promotion.benefits)} benefits at once; a Shopify discount gives one"
    if promotion.audience is not None:
        yield "asks for facts of the shopper (audience); Shopify knows customers and segments by its own ids only"
    if window != Window(window.start, window.end, window.time_zone):
        yield "runs on certain days or hours; a Shopify discount runs from start to end"
    if limits.budget is not None:
        yield "has a budget; Shopify counts uses, not money"
    if limits.per_customer not in {None, 1}:
        yield f"may be used {limits.per_customer} times by a customer; Shopify knows once or any number of times"
    if not terms.coded and (limits.total is not None or limits.per_customer is not None):
        yield "limits the uses of a discount that needs no code; Shopify limits codes only"
    if promotion.seller is not None:
        yield "is for the goods of one seller; a Shopify shop has none"
    if promotion.level == "catalog":
        yield "makes shelf prices; set the products' own prices instead"


def _made(promotion: Promotion, benefit: Benefit, terms: Terms) -> Discount:
    if benefit.caps.max_discount is not None:
        raise _Unsayable("takes off at most an amount; Shopify has no such limit")
    effect = benefit.effect
    minimum, least = _minimum(benefit, terms)
    if isinstance(effect, ShippingOff):
        _free_delivery(effect, benefit.target)
        what: dict[str, Any] = {"destination": {"all": True}}
        row = {"Value": "", "Value Type": "", "Type": "Free shipping", "Discount Class": "shipping"}
        kind = "FreeShipping"
    else:
        value, size, type_ = _value(benefit, terms.currency)
        items = _items(benefit.target, terms.ids)
        what = {"customerGets": {"value": value, "items": items}}
        of = "order" if "all" in items else "product"
        row = {
            "Value": f"-{size}", "Value Type": type_, "Type": f"Amount off {of}{'s' if of == 'product' else ''}",
            "Discount Class": of,
        }  # fmt: skip
        kind = "Basic"
    stacks = not promotion.exclusive
    said: dict[str, Any] = {
        "title": terms.title, "startsAt": _moment(terms.start), "endsAt": _moment(terms.end), "context": {"all": "ALL"},
        "combinesWith": {f"{of}Discounts": stacks for of in ("order", "product", "shipping")}, **what,
    }  # fmt: skip
    if minimum:
        said["minimumRequirement"] = minimum
    if terms.coded:
        said |= {"appliesOncePerCustomer": terms.once} | ({} if terms.uses is None else {"usageLimit": terms.uses})
    row |= {
        "Minimum Purchase Requirements": least, "Customer Selection": "All customers", "Context": "all",
        "Times Used In Total": "0", "Applies Once Per Customer": _yes(terms.coded and terms.once),
        "Usage Limit Per Code": "" if terms.uses is None or not terms.coded else str(terms.uses),
        "Status": "Scheduled", "Start": _stamp(terms.start), "End": _stamp(terms.end),
    } | {f"Combines with {of} Discounts": _yes(stacks) for of in ("Order", "Product", "Shipping")}  # fmt: skip
    return Discount(*_mutation(kind, coded=terms.coded), said, row)


def _mutation(kind: str, *, coded: bool) -> tuple[str, str]:
    """Name of a mutation and of its argument."""
    how = "Code" if coded else "Automatic"
    if kind == "Basic":
        argument = "basicCodeDiscount" if coded else "automaticBasicDiscount"
    else:
        argument = f"freeShipping{how}Discount"
    return f"discount{how}{kind}Create", argument


def _value(benefit: Benefit, currency: str) -> tuple[dict[str, Any], str, str]:
    """GraphQL value, size as text and type of it."""
    effect = benefit.effect
    if isinstance(effect, Percent) and isinstance(effect.off, Decimal):
        if not effect.off:
            raise _Unsayable("takes nothing off: it is a letter, which needs no discount")
        return {"percentage": float(effect.off / 100)}, _plain(effect.off), "percentage"
    if isinstance(effect, AmountOff) and isinstance(effect.off, int):
        if benefit.allocation == "line":
            raise _Unsayable("takes an amount off each line; Shopify takes it off each item or the order")
        size = str(Money(effect.off, currency).major)
        each = benefit.allocation == "unit"
        if each and benefit.target.where is None:
            raise _Unsayable(
                "takes an amount off each item of the whole shop; Shopify asks for products or collections"
            )
        return {"discountAmount": {"amount": size, "appliesOnEachItem": each}}, size, "fixed_amount"
    if isinstance(effect, Percent | AmountOff):
        raise _Unsayable("rises in steps or tiers; a Shopify discount has one value: make one discount per tier")
    raise _Unsayable(f"its benefit is {effect.kind!r}; only per cent, amounts off and free delivery are translated")


def _free_delivery(effect: ShippingOff, target: Selector) -> None:
    free = effect.amount is None and not effect.price and effect.percent in {None, Decimal(100)}
    if not free:
        raise _Unsayable("makes delivery cheaper; Shopify knows free delivery only")
    if effect.methods:
        raise _Unsayable("is for some ways of delivery; Shopify's is for all of a country")
    if target != Selector():
        raise _Unsayable("gives delivery for certain goods; Shopify's asks for a minimum of the whole order")


def _minimum(benefit: Benefit, terms: Terms) -> tuple[dict[str, Any], str]:
    """Minimum requirement for GraphQL, and in the words of the export."""
    match benefit.when:
        case None:
            return {}, ""
        case Test("cart.subtotal", ">=", int(least), where) if where == benefit.target.where:
            size = str(Money(least, terms.currency).major)
            return {"subtotal": {"greaterThanOrEqualToSubtotal": size}}, f"Minimum purchase of {size}"
        case Test("cart.quantity", ">=", int(least), where) if where == benefit.target.where:
            return {"quantity": {"greaterThanOrEqualToQuantity": str(least)}}, f"Minimum quantity of {least}"
    raise _Unsayable("has a condition other than a least amount or number of the goods on offer")


def _items(target: Selector, ids: Mapping[str, str]) -> dict[str, Any]:
    """Which goods, by Shopify's ids."""
    if target != Selector(target.where):
        raise _Unsayable("takes something off some units only (the cheapest, every second, sets); set it up by hand")
    if target.where is None:
        return {"all": True}
    products: list[str] = []
    variants: list[str] = []
    collections: list[str] = []
    for name in _names(target.where):
        id_ = ids.get(name)
        if id_ is None:
            raise _Unsayable(f"is for {name}; {IDS}")
        for sort, found in (("Product", products), ("ProductVariant", variants), ("Collection", collections)):
            if id_.startswith(f"gid://shopify/{sort}/"):
                found.append(id_)
                break
        else:
            raise _Unsayable(f"is for {name}, whose id {id_!r} is no product, variant or collection of Shopify's")
    if collections and (products or variants):
        raise _Unsayable("is for products and collections together; Shopify takes either")
    if collections:
        return {"collections": {"add": collections}}
    named = {"productsToAdd": products, "productVariantsToAdd": variants}
    return {"products": {key: listed for key, listed in named.items() if listed}}


def _names(where: Predicate) -> list[str]:
    """Goods that a condition names, each as `product:NAME`; what else it says cannot be said."""
    if isinstance(where, Test) and where.fact in _FACTS and where.op in {"in", "=="}:
        values = where.value if isinstance(where.value, tuple) else (where.value,)
        return [f"{_FACTS[where.fact]}:{value}" for value in values]
    what = "several conditions" if isinstance(where, All) else "a condition"
    raise _Unsayable(f"chooses its goods by {what} that Shopify cannot ask for; make a collection and name it")


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S +0000")


def _plain(number: Decimal) -> str:
    """As Shopify writes per cents: 10 is 10.0.

    >>> _plain(Decimal("10")), _plain(Decimal("17.25"))
    ('10.0', '17.25')
    """
    text = f"{number.normalize():f}"
    return text if "." in text else f"{text}.0"


def _yes(holds: bool) -> str:
    return "true" if holds else "false"
