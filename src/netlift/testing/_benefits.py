"""Benefits of a vector by scope and type; each becomes one or more of netlift's own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, NamedTuple

from netlift.promotions.cart import Cart, Facts
from netlift.promotions.conditions import line_test
from netlift.promotions.effects.gift import FreeGift
from netlift.promotions.effects.shipping import ShippingOff
from netlift.promotions.policy import Granularity
from netlift.promotions.predicate import All, Not, Predicate, Test, everything
from netlift.promotions.promotion import Benefit, Caps
from netlift.promotions.rounding import ROUNDERS
from netlift.promotions.selector import Selector, Slot
from netlift.promotions.state import State
from netlift.promotions.value import Steps
from netlift.testing._conditions import Attributes, condition, target_predicate
from netlift.testing._effects import Allocation, Given, effect_of, per_line_tiers
from netlift.testing._fields import Fields, Json, VectorError, decimal, listed, money, whole
from netlift.testing._policies import House


@dataclass(frozen=True, slots=True)
class Setting:
    """What a benefit is read against."""

    house: House
    cart: Cart
    attributes: Attributes

    def lines_of(self, where: Predicate | None) -> list[int]:
        """Places of the lines that a target names."""
        places = range(len(self.cart.lines))
        if where is None:
            return list(places)
        state, test = State(self.cart, Facts(), self.house.policy), line_test(where)
        return [i for i in places if test(state, i)]

    def without_tax(self, amount: int | None, where: Predicate | None) -> int | None:
        """An amount that the source counts with tax, in the tax mode of the cart's prices."""
        if amount is None or not self.house.amounts_with_tax or self.house.policy.prices_include_tax:
            return amount
        lines = [self.cart.lines[i] for i in self.lines_of(where)]
        net = sum(line.unit_price * line.quantity for line in lines)
        gross = sum(line.unit_price * line.quantity * (100 + line.tax_rate) / 100 for line in lines)
        if not gross:
            return amount
        numerator, denominator = (Decimal(amount * net) / Decimal(gross)).as_integer_ratio()
        return ROUNDERS["half_up"](numerator, denominator)


class Wanted(NamedTuple):
    """A benefit, and how many units one application uses up."""

    benefit: Benefit
    uses: int | None = None
    """Units of one set; None where there are no sets."""


class Common(NamedTuple):
    """What benefits of every scope may say."""

    where: Predicate | None
    when: Predicate | None
    target: Json


Scope = Callable[[Fields, Setting, Common], "list[tuple[Wanted, ...]]"]
"""Reads the rest of a benefit's fields; answers the ways in which it may be applied, of which the best counts."""


def benefits_of(fields: Fields, setting: Setting, outer: Predicate | None) -> tuple[str, list[tuple[Wanted, ...]]]:
    """Scope of a benefit, and the ways to apply it (one, save for tiers of unlike kinds)."""
    scope = fields.take("scope")
    if scope not in SCOPES:
        raise VectorError(f"unknown text {scope!r} of {fields.where('scope')}; known: {', '.join(SCOPES)}")
    target = fields.take("target")
    where = None if scope == "shipping" else target_predicate(target, fields.where("target"), setting.attributes)
    include, exclude = fields.take("include_sale_items", default=True), fields.take("exclude_sale_items", default=False)
    if include is False or exclude is True:
        where = everything(where, Not(Test("line.on_sale", "==", True)))
    own = condition(fields.take("when", "conditions"), fields.where("when"), where, setting.attributes)
    found = SCOPES[scope](fields, setting, Common(where, everything(outer, own), target))
    fields.close()
    return scope, found


def _caps(fields: Fields, setting: Setting, where: Predicate | None) -> Caps:
    """Bounds of a benefit; a budget is one that leaves units out where `partial` is false."""
    most = setting.without_tax(fields.money("max_discount"), where)
    budget = fields.money("budget_amount")
    spent = fields.money("budget_used", "budget_spent", default=0) or 0
    partial = fields.take("partial", default=setting.house.partial)
    if budget is None:
        return Caps(max_discount=most)
    rest = max(0, budget - spent)
    return Caps(rest if most is None else min(most, rest), all_or_nothing=partial is False)


def _granularity(given: Given, house: House, scope: str) -> Granularity | None:
    if given.kind != "percent":
        return None
    if scope in {"order", "shop", "platform"}:
        return house.order_granularity
    if scope == "sets":
        return house.set_granularity
    return "unit" if scope == "catalog" else house.item_granularity


def _goods(scope: str) -> Scope:
    """Scopes that discount all goods of their target, or so many units of them."""
    whole_cart = scope in {"order", "shop", "platform"}

    def read(fields: Fields, setting: Setting, common: Common) -> list[tuple[Wanted, ...]]:
        house = setting.house
        where = common.where
        seller = fields.take("seller", "shop") if scope in {"shop", "platform"} else None
        if seller is not None:
            where = everything(where, Test("line.seller", "==", seller))
        default: Allocation = "across" if whole_cart else "unit" if scope == "catalog" else house.fixed
        units = _limit(fields, house)
        per_line = fields.count("max_quantity", "max_units_per_line")
        caps = _caps(fields, setting, where)
        given = effect_of(fields, default)
        if given.kind == "amount" and isinstance(given.value, int):
            given = given.worth(setting.without_tax(given.value, where) or 0)
        granularity = _granularity(given, house, scope)
        target = Selector(
            where,
            order=house.spread if units is None else house.limited,
            max_units=units,
            max_units_per_line=per_line,
        )
        if given.by_line is not None:
            lines = [setting.cart.lines[i].id for i in setting.lines_of(where)]
            return [tuple(map(Wanted, per_line_tiers(given, target, common.when, lines, granularity)))]
        if given.first is not None:
            return [_first_then(given, target, common.when)]
        return [(Wanted(Benefit(given.effect, target, common.when, given.allocation, caps, granularity)),)]

    return read


def _limit(fields: Fields, house: House) -> int | None:
    """Units that may be discounted: the smallest of the limits given.

    An application is of all goods, or of so many affected items; where units are claimed it is of one unit.
    """
    applications = fields.count("max_applications")
    affected = fields.count("max_affected_items")
    if affected is not None:
        affected *= max(1, applications or 1)
    elif house.combine == "layers":
        affected = applications
    budget = fields.count("budget_units", "budget_count", "budget_applications")
    limits = [one for one in (fields.count("max_units"), affected, budget) if one is not None]
    return min(limits) if limits else None


def _first_then(given: Given, target: Selector, when: Predicate | None) -> tuple[Wanted, ...]:
    """So much for the first unit of a line, so much for each further one, up to a number of units."""
    from netlift.promotions.effects.amount import AmountOff

    first, further, most = given.first or (0, 0, 0)
    where = target.where
    parts = [Benefit(AmountOff(first), Selector(where, max_units_per_line=1), when)] if first else []
    if further and most != 1:
        rest = most - 1 if most else None
        parts.append(
            Benefit(AmountOff(further), Selector(where, skip_units=1, same_line=True, max_units_per_line=rest), when)
        )
    return tuple(Wanted(part) for part in parts)


def _cheapest(fields: Fields, setting: Setting, common: Common) -> list[tuple[Wanted, ...]]:
    """The cheapest units; for every so many goods that the condition counts where applications are counted."""
    units = fields.count("units", "quantity", default=1) or 1
    repeats = fields.has("max_applications") or setting.house.repeats
    applications = fields.count("max_applications")
    caps = _caps(fields, setting, common.where)
    given = effect_of(fields, "unit")
    needed = counted(common.when)
    granularity = _granularity(given, setting.house, "items")
    if repeats and needed is not None and needed > units:
        slots = (
            Slot(needed - units, order="dearest", discounted=False),
            Slot(units, order="cheapest"),
        )
        target = Selector(common.where, slots=slots, max_groups=applications)
        benefit = Benefit(given.effect, target, common.when, given.allocation, caps, granularity)
        return [(Wanted(benefit, needed),)]
    target = Selector(common.where, order="cheapest", max_units=units * (applications or 1))
    return [(Wanted(Benefit(given.effect, target, common.when, given.allocation, caps, granularity)),)]


def counted(when: Predicate | None) -> int | None:
    """How many goods a condition on the cart's units asks for."""
    tests = when.parts if isinstance(when, All) else (when,)
    for test in tests:
        if isinstance(test, Test) and test.fact == "cart.quantity" and test.op == ">=" and isinstance(test.value, int):
            return test.value
    return None


def _bundle(fields: Fields, setting: Setting, common: Common) -> list[tuple[Wanted, ...]]:
    """A set of so many units, or of slots, with a price or a reduction of its own."""
    house = setting.house
    groups = _groups_limit(fields)
    caps = _caps(fields, setting, common.where)
    slots = _slots(fields, setting)
    units = fields.count("units", "size", "group_size", "quantity", "qty")
    given = effect_of(fields, "across")
    if slots:
        size = sum(slot.quantity for slot in slots)
        target = Selector(common.where, slots=slots, max_groups=groups)
    elif units is not None:
        size = units
        target = Selector(common.where, order=house.bundle, group_size=units, max_groups=groups)
    else:
        raise VectorError(f"{fields.place}: a bundle needs `units` or `slots`")
    granularity = _granularity(given, house, "items")
    return [(Wanted(Benefit(given.effect, target, common.when, given.allocation, caps, granularity), size),)]


def _slots(fields: Fields, setting: Setting) -> tuple[Slot, ...]:
    found = []
    given = fields.take("slots", "items", "components", "parts", default=[])
    for number, one in enumerate(listed(given, fields.where("slots"))):
        place = f"{fields.where('slots')}[{number}]"
        slot = Fields(one, place)
        least = slot.count("qty", "units", "quantity", "min")
        most = slot.count("max")
        discounted = slot.take("discounted", default=True)
        slot.take("name", "id")
        target = slot.take("target")
        goods = target if target is not None else slot.rest()
        slot.close()
        where = target_predicate(goods, place, setting.attributes)
        quantity = least or most or 1
        found.append(Slot(quantity, where, order=setting.house.bundle, discounted=discounted))
    return tuple(found)


def _groups_limit(fields: Fields) -> int | None:
    limits = [
        fields.count(name) for name in (
            "max_applications", "max_groups", "budget_applications", "budget_count", "budget_units",
        )
    ]  # fmt: skip
    given = [one for one in limits if one is not None]
    return min(given) if given else None


def _buy_get(fields: Fields, setting: Setting, common: Common) -> list[tuple[Wanted, ...]]:
    """Buy so many, get so many cheaper: within a line, or goods of one kind for goods of another."""
    buy = fields.count("buy_quantity", "buy_qty", default=1) or 1
    get = fields.count("get_quantity", "get_qty", default=1) or 1
    same_line = fields.take("same_line", default=False)
    sides = [
        everything(common.where, target_predicate(fields.take(name), fields.where(name), setting.attributes))
        for name in ("buy", "get")
    ]
    groups = _groups_limit(fields)
    caps = _caps(fields, setting, common.where)
    given = effect_of(fields, "unit")
    granularity = _granularity(given, setting.house, "sets")
    if same_line:
        target = Selector(
            sides[1],
            group_size=buy + get,
            positions=tuple(range(buy + 1, buy + get + 1)),
            complete=False,
            same_line=True,
            max_groups=groups,
        )
    else:
        slots = (
            Slot(buy, sides[0], order="dearest", discounted=False),
            Slot(get, sides[1], order=setting.house.get),
        )
        target = Selector(slots=slots, max_groups=groups)
    benefit = Benefit(given.effect, target, common.when, given.allocation, caps, granularity)
    return [(Wanted(benefit, buy + get),)]


def _gift(fields: Fields, setting: Setting, common: Common) -> list[tuple[Wanted, ...]]:
    """Goods put into the cart for nothing: once, or for every so many units or so much spent."""
    gift = Fields(fields.take("gift"), fields.where("gift"))
    product = str(gift.take("sku", "product", "id", default="gift"))
    price = gift.money("unit_price", "price", default=0) or 0
    each = gift.count("qty", "quantity", default=1) or 1
    gift.close()
    most = _groups_limit(fields)
    per = fields.take("per")
    if per is None:
        return [(Wanted(Benefit(FreeGift(product, price, each), Selector(common.where), common.when)),)]
    place = fields.where("per")
    if not isinstance(per, Mapping):
        raise VectorError(f"{place} must be an object; got {per!r}")
    rest = dict(per)
    for name in ("amount", "subtotal", "spend"):
        if name in rest:
            steps = Steps(money(rest.pop(name), place), each, "selection.subtotal", most)
            break
    else:
        steps = Steps(whole(rest.pop("qty", rest.pop("quantity", 1)), place), each, "selection.quantity", most)
    where = everything(common.where, target_predicate(rest, place, setting.attributes))
    return [(Wanted(Benefit(FreeGift(product, price, steps), Selector(where), common.when)),)]


def _quantity_groups(fields: Fields, setting: Setting, common: Common) -> list[tuple[Wanted, ...]]:
    """Complete groups of so many units, lines of more units first."""
    size = fields.count("group_size", "size", "units", default=1)
    groups = _groups_limit(fields)
    caps = _caps(fields, setting, common.where)
    given = effect_of(fields, "line")
    target = Selector(common.where, order="largest_line", group_size=size, max_groups=groups)
    granularity = _granularity(given, setting.house, "items")
    return [(Wanted(Benefit(given.effect, target, common.when, given.allocation, caps, granularity), size),)]


def _positional(fields: Fields, setting: Setting, common: Common) -> list[tuple[Wanted, ...]]:
    """Places, counted from 0, of groups of units sorted dearest first."""
    size = fields.count("size", "group_size", default=1) or 1
    places = [whole(one, "positions") for one in listed(fields.take("positions", default=[]), "positions")]
    groups = _groups_limit(fields)
    caps = _caps(fields, setting, common.where)
    given = effect_of(fields, "unit")
    target = Selector(
        common.where,
        order="dearest",
        group_size=size,
        positions=tuple(place + 1 for place in places),
        max_groups=groups,
    )
    granularity = _granularity(given, setting.house, "items")
    return [(Wanted(Benefit(given.effect, target, common.when, given.allocation, caps, granularity), size),)]


def _tiers(fields: Fields, setting: Setting, common: Common) -> list[tuple[Wanted, ...]]:
    """Thresholds with reductions of unlike kinds: one tier that is reached applies, the one that gives most."""
    ways: list[tuple[Wanted, ...]] = []
    caps = _caps(fields, setting, common.where)
    for number, one in enumerate(listed(fields.take("tiers"), fields.where("tiers"))):
        tier = Fields(one, f"{fields.where('tiers')}[{number}]")
        least, items = tier.money("min", "amount", "threshold"), tier.count("items", "qty", "count", "min_items")
        goods = target_predicate(tier.take("target"), tier.where("target"), setting.attributes)
        where = everything(common.where, goods)
        given = effect_of(tier, "unit")
        tier.close()
        conditions = [common.when]
        if least is not None:
            conditions.append(Test("cart.running_subtotal", ">=", least, where=where))
        if items is not None:
            conditions.append(Test("cart.quantity", ">=", items, where=where))
        granularity = _granularity(given, setting.house, "items")
        target = Selector(where)
        ways.append(
            (Wanted(Benefit(given.effect, target, everything(*conditions), given.allocation, caps, granularity)),)
        )
    return ways


def _shipping(fields: Fields, setting: Setting, common: Common) -> list[tuple[Wanted, ...]]:
    """Cheaper delivery, all ways of it or those that the target names."""
    ids = _ways(common.target, fields.where("target"), [way.id for way in setting.cart.shipping])
    kind = fields.take("type", default="percent")
    allocation = fields.take("allocation", default="each")
    value = fields.take("value", default="100")
    fields.take("max_quantity")
    place = fields.where("value")
    if kind in {"percent", "free"}:
        off = ShippingOff(percent=Decimal(100) if kind == "free" else decimal(value, place), methods=ids)
    elif kind in {"fixed", "amount"}:
        off = ShippingOff(amount=money(value, place), across=allocation == "across", methods=ids)
    elif kind == "fixed_price":
        off = ShippingOff(price=money(value, place), methods=ids)
    else:
        raise VectorError(f"unknown text {kind!r} of {fields.where('type')} for shipping")
    return [(Wanted(Benefit(off, when=common.when)),) if ids else ()]


def _ways(target: Json, place: str, known: list[str]) -> tuple[str, ...]:
    """Ids of the ways of delivery that a target names."""
    wanted: set[str]
    if target is None or target in ("all", "*"):
        wanted = set(known)
    elif isinstance(target, str):
        wanted = {target}
    elif isinstance(target, list):
        wanted = set(target)
    else:
        fields = Fields(target, place)
        ids = fields.take("id", "ids", "id_in", "method", "shipping_option", default=known)
        fields.close()
        wanted = {ids} if isinstance(ids, str) else set(ids)
    return tuple(id_ for id_ in known if id_ in wanted)


SCOPES: Mapping[str, Scope] = {
    "items": _goods("items"),
    "order": _goods("order"),
    "catalog": _goods("catalog"),
    "shop": _goods("shop"),
    "platform": _goods("platform"),
    "shipping": _shipping,
    "cheapest": _cheapest,
    "bundle": _bundle,
    "buy_get": _buy_get,
    "gift": _gift,
    "quantity_groups": _quantity_groups,
    "positional": _positional,
    "tiers": _tiers,
}
"""By the scope's name in a vector."""
Way = Literal["goods", "sets", "other"]


def way_of(scope: str) -> Way:
    """Whether promotions of a scope discount goods as they are, form sets of units, or do neither."""
    if scope in {"shipping", "gift"}:
        return "other"
    return "sets" if scope in {"buy_get", "bundle"} else "goods"
