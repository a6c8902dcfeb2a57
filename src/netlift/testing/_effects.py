"""Types and values of a vector's benefits: per cents, amounts, prices, tiers, first-then-additional."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Literal

from netlift.promotions.effect import Effect
from netlift.promotions.effects.amount import AmountOff
from netlift.promotions.effects.percent import Percent
from netlift.promotions.effects.price import FixedPrice
from netlift.promotions.policy import Granularity
from netlift.promotions.predicate import Predicate, Test, everything
from netlift.promotions.promotion import Benefit
from netlift.promotions.selector import Selector
from netlift.promotions.value import Measure, Steps, Tier, Tiers
from netlift.testing._fields import Fields, Json, VectorError, decimal, listed, money, whole

Kind = Literal["percent", "amount", "price"]
Allocation = Literal["unit", "line", "across"]

_ALLOCATIONS: Mapping[str, Allocation] = {
    "each": "line", "per_line": "line", "line": "line", "per_unit": "unit", "unit": "unit", "per_item": "unit",
    "across": "across", "order": "across",
}  # fmt: skip
_TYPES: Mapping[str, tuple[Kind, Allocation | None]] = {
    "percent": ("percent", None), "percentage": ("percent", None), "free": ("percent", None),
    "fixed": ("amount", None), "amount": ("amount", None), "flat": ("amount", None),
    "fixed_per_unit": ("amount", "unit"), "fixed_each": ("amount", "unit"), "fixed_per_item": ("amount", "unit"),
    "fixed_per_line": ("amount", "line"), "fixed_across": ("amount", "across"),
    "fixed_price": ("price", None), "fixed_price_each": ("price", "unit"), "fixed_price_per_unit": ("price", "unit"),
    "fixed_total": ("price", "across"),
    "tiered_percent": ("percent", None), "tiered_fixed": ("amount", None), "tiered_amount": ("amount", None),
    "tiered_fixed_per_unit": ("amount", "unit"), "tiered_fixed_price": ("price", None),
}  # fmt: skip
_MEASURES: Mapping[str, Measure] = {
    "order_item_total": "cart.subtotal", "order_total": "cart.subtotal", "item_total": "cart.subtotal",
    "subtotal": "cart.subtotal", "running_subtotal": "cart.running_subtotal",
    "eligible_quantity": "selection.quantity", "quantity": "selection.quantity", "qty": "selection.quantity",
    "item_quantity": "selection.quantity", "order_quantity": "cart.quantity", "count": "cart.quantity",
    "cart_quantity": "cart.quantity", "eligible_total": "selection.subtotal", "eligible_amount": "selection.subtotal",
    "eligible_subtotal": "selection.subtotal",
}  # fmt: skip
_BY_LINE: Mapping[str, Measure] = {
    "line_total": "selection.subtotal", "line_amount": "selection.subtotal", "amount": "selection.subtotal",
    "item_amount": "selection.subtotal",
    "line_quantity": "selection.quantity", "line_qty": "selection.quantity",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Given:
    """What a benefit gives, read from its type and value."""

    kind: Kind
    effect: Effect
    allocation: Allocation
    value: Any = None
    by_line: Tiers | None = None
    """Tiers that are measured for each line by itself."""
    first: tuple[int, int, int] | None = None
    """For the first unit, for each further one, and units at most (0 for all)."""

    def worth(self, amount: int) -> "Given":
        """The same with another amount."""
        return replace(self, effect=AmountOff(amount), value=amount)


def effect_of(fields: Fields, default: Allocation) -> Given:
    """Read `type`, `value` and `allocation`; amounts without an allocation are of the scope's `default`."""
    type_ = fields.take("type")
    place = fields.where("value")
    value = fields.take("value")
    given = fields.take("allocation")
    per = fields.take("per", "every")
    if given is not None and given not in _ALLOCATIONS:
        raise VectorError(f"unknown text {given!r} of {fields.where('allocation')}")
    if type_ == "first_then_additional":
        return Given("amount", AmountOff(0), "unit", first=_first(Fields(value, place)))
    if type_ not in _TYPES:
        known = ", ".join([*_TYPES, "first_then_additional"])
        raise VectorError(f"unknown text {type_!r} of {fields.where('type')}; known: {known}")
    kind, fixed = _TYPES[type_]
    allocation = fixed or (_ALLOCATIONS[given] if given is not None else _default(kind, default))
    if type_ == "free":
        value = "100"
    if isinstance(value, Mapping | list):
        return _tiered(kind, value, allocation, place)
    if per is not None:
        return _stepped(kind, value, per, allocation, fields)
    return _plain(kind, value, allocation, place)


def _default(kind: Kind, default: Allocation) -> Allocation:
    """A price without an allocation is of each unit where it is not of all goods together."""
    return "unit" if kind == "price" and default == "line" else default


def _plain(kind: Kind, value: Json, allocation: Allocation, place: str) -> Given:
    if kind == "percent":
        rate = decimal(value, place)
        return Given(kind, Percent(rate), allocation, rate)
    amount = money(value, place)
    return Given(kind, AmountOff(amount) if kind == "amount" else FixedPrice(amount), allocation, amount)


def _stepped(kind: Kind, value: Json, per: Json, allocation: Allocation, fields: Fields) -> Given:
    """An amount for every step of money or units reached."""
    place = fields.where("per")
    if kind != "amount":
        raise VectorError(f"{place}: only amounts are given for every step")
    steps = Fields({"amount": per} if isinstance(per, int) else per, place)
    at_most = steps.count("max", "at_most")
    spent, units = steps.money("amount", "subtotal", "spend"), steps.count("qty", "quantity", "units")
    steps.close()
    if (spent is None) == (units is None):
        raise VectorError(f"{place} must have either an amount or a quantity")
    of: Measure = "selection.subtotal" if spent is not None else "selection.quantity"
    found = Steps(spent if spent is not None else units or 1, money(value, fields.where("value")), of, at_most)
    return Given(kind, AmountOff(found), "across" if allocation == "line" else allocation, found)


def _tiered(kind: Kind, value: Json, allocation: Allocation, place: str) -> Given:
    fields = Fields({"tiers": value} if isinstance(value, list) else value, place)
    base = fields.take("base")
    rows = [] if base is None else [Tier(0, _row_value(kind, base, place))]
    on = fields.take("on", default="order_item_total")
    given = fields.take("tiers", default=[])
    if isinstance(given, Mapping):  # {"2000": "20"}: thresholds in minor units as keys
        given = [[int(start), one] for start, one in given.items()]
    for number, one in enumerate(listed(given, f"{place}.tiers")):
        rows.append(_row(kind, one, f"{place}.tiers[{number}]"))
    fields.close()
    rows.sort(key=lambda row: row.start)
    if on in _BY_LINE:
        tiers = Tiers(tuple(rows), _BY_LINE[on])
        return Given(kind, _of_tiers(kind, tiers), allocation, tiers, by_line=tiers)
    if on not in _MEASURES:
        raise VectorError(f"unknown text {on!r} of {place}.on; known: {', '.join([*_MEASURES, *_BY_LINE])}")
    tiers = Tiers(tuple(rows), _MEASURES[on])
    return Given(kind, _of_tiers(kind, tiers), allocation, tiers)


def _of_tiers(kind: Kind, tiers: Tiers) -> Effect:
    if kind == "percent":
        return Percent(tiers)
    return AmountOff(tiers) if kind == "amount" else FixedPrice(tiers)


def _row(kind: Kind, row: Json, place: str) -> Tier:
    if isinstance(row, list):
        if len(row) != 2:
            raise VectorError(f"{place} must be a threshold and a value; got {row!r}")
        return Tier(money(row[0], place), _row_value(kind, row[1], place))
    fields = Fields(row, place)
    start, value = fields.money("min", "from", "start", "threshold", default=0) or 0, fields.take("value")
    fields.close()
    return Tier(start, _row_value(kind, value, place))


def _row_value(kind: Kind, value: Json, place: str) -> int | Decimal:
    return decimal(value, place) if kind == "percent" else money(value, place)


def _first(fields: Fields) -> tuple[int, int, int]:
    first, further = fields.money("first", default=0) or 0, fields.money("additional", default=0) or 0
    most = whole(fields.take("max_items", "max", default=0), fields.where("max_items"))
    fields.close()
    return first, further, most


def per_line_tiers(
    given: Given, target: Selector, when: Predicate | None, lines: Sequence[str], granularity: Granularity | None
) -> list[Benefit]:
    """One benefit for each line, so that its tiers are measured on that line alone."""
    found = []
    for line in lines:
        goods = replace(target, where=everything(target.where, Test("line.id", "==", line)))
        found.append(Benefit(given.effect, goods, when, given.allocation, granularity=granularity))
    return found
