"""The documented default of every source engine, and the policy fields of a vector on top of it.

A vector is judged by what its source engine does: how it rounds, who gets the odd cent, which units a limit takes,
how promotions combine. Every default below says what that engine does; a field of the vector's own `policy` replaces
it. A policy text that is not listed is a failure.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from netlift.promotions.policy import Base, Granularity, Policy, Remainder, Rounding
from netlift.promotions.selector import Order
from netlift.testing._fields import Fields, Json, VectorError

Combination = Literal["stack", "claims", "lanes", "layers", "best rule"]


@dataclass(frozen=True, slots=True)
class House:
    """What a source engine does where a vector does not say."""

    policy: Policy
    text: str
    """The default in words."""
    item_granularity: Granularity = "line"
    """Where per cents on items are rounded."""
    set_granularity: Granularity = "unit"
    """Where per cents on the goods of a set are rounded: earlier discounts of other units do not matter there."""
    order_granularity: Granularity = "order"
    """Where per cents on the order are rounded."""
    combine: Combination = "stack"
    """`stack` one after the other; `claims` so that a unit counts once; `lanes` best per line within a lane; `layers`
    best of all deals on units within a layer; `best rule` the best of the promotions of one scope."""
    limited: Order = "dearest"
    """Which units a limit on units leaves."""
    get: Order = "cheapest"
    """Which goods of "buy X get Y" are given."""
    bundle: Order = "dearest"
    """Which goods make a set."""
    spread: Order = "given"
    """In which order the goods of a benefit share it, for the odd cents."""
    fixed: Literal["line", "unit"] = "line"
    """What an amount off items without an allocation is of."""
    partial: bool = True
    """Whether a unit may get what is left of a budget."""
    sets_first: bool = False
    """Whether "buy X get Y" comes before everything else."""
    repeats: bool = False
    """Whether a set repeats where the vector gives no number of applications."""
    amounts_with_tax: bool = False
    """Whether amounts and caps include tax even where prices do not."""


_PLAIN = Policy(catalog_rounds="price", ties="given")
"""Half up per line, largest remainder; price lists hold rounded prices."""


def _policy(name: str, **changes: Any) -> Policy:
    return replace(_PLAIN, name=name, **changes)


HOUSES: Mapping[str, House] = {
    "netlift": House(
        replace(_PLAIN, name="netlift"),
        "half up per line, order discounts once per order; largest remainder; price lists round the price",
    ),
    "Sylius": House(
        _policy("Sylius", remainder="first", share_rounding="half_down"),
        "half up: per unit on items, once on the order; shares half down, odd cents to the first; floors respected; "
        "price lists round the price",
        item_granularity="unit",
    ),
    "Vendure": House(
        _policy("Vendure", rounding="half_down", tax_granularity="unit", weights="with_tax"),
        "promotions one after the other on the running order; discounts half down (JavaScript rounds minus one half "
        "up); largest remainder of shares by prices with tax; tax of a unit at the line's average price, half up",
    ),
    "Solidus": House(
        _policy("Solidus", remainder="first", granularity="line"),
        "half up per line; odd cents of a split to the first line; lanes one after the other, within a lane the best "
        "promotion for each line",
        order_granularity="line",
        combine="lanes",
    ),
    "WooCommerce": House(
        _policy("WooCommerce", rounding="down", base="original", remainder="first"),
        "down per line, of the original price; a limit takes the dearest units first, and of equal ones those that "
        "no coupon has discounted yet; odd cents to the dearest",
        order_granularity="line",
        spread="dearest",
    ),
    "Medusa": House(
        _policy("Medusa", partial_base="line"),
        "half up per line; `max_quantity` is per line, and all earlier discounts of the line count against its units; "
        "buy-get first, dearest goods, each unit counts for one buy-get promotion",
        get="dearest",
        sets_first=True,
        partial=False,
    ),
    "django-oscar": House(
        _policy("django-oscar", rounding="down", remainder="last"),
        "down, once per order; cheapest units first, the rest of a split to the last; each unit counts for one offer",
        item_granularity="order",
        combine="claims",
        limited="cheapest",
        bundle="cheapest",
        spread="cheapest",
        repeats=True,
    ),
    "Saleor": House(
        _policy("Saleor", remainder="last", catalog_rounds="discount"),
        "half up per line, the rest of an order discount to the last line; of several rules of one scope without an "
        "order the best",
        combine="best rule",
    ),
    "Dante": House(
        _policy("Dante"),
        "half up per unit; within a layer every unit is claimed by one promotion and the lowest basket total is "
        "found; layers one after the other",
        item_granularity="unit",
        order_granularity="unit",
        combine="layers",
        fixed="unit",
        partial=False,
    ),
    "Odoo": House(
        _policy("Odoo"),
        "half up per line; gift units are not paid units; amounts and caps include tax",
        order_granularity="line",
        amounts_with_tax=True,
    ),
    "Magento": House(
        _policy("Magento", remainder="carry"),
        "half up per line; the rounding error of a split is carried on; a group that is not full gives what its "
        "places hold",
        order_granularity="line",
    ),
}  # fmt: skip
"""By `source.engine`; `issue`, `doc` and engines that are not listed are judged as `netlift`."""

_ROUNDINGS: Mapping[str, Rounding] = {
    "half up": "half_up", "half even": "half_even", "half down": "half_down", "down": "down", "up": "up",
    "bankers": "half_even", "floor": "down", "truncate": "down", "ceil": "up", "ceiling": "up",
}  # fmt: skip
_GRANULARITIES: Mapping[str, Granularity] = {
    "unit": "unit", "per unit": "unit", "line": "line", "per line": "line", "item": "line", "per item": "line",
    "order": "order", "per order": "order", "total": "order",
}  # fmt: skip
_REMAINDERS: Mapping[str, Remainder | None] = {
    **{one: one for one in get_args(Remainder)},
    "any": None, "largest_remainder": "largest", "largest_error": "largest", "first_line": "first",
    "first_lines": "first", "last_line": "last", "delta": "carry", "cumulative": "carry",
}  # fmt: skip
_BASES: Mapping[str, Base] = {"original": "original", "initial": "original", "sequential": "running",
                              "running": "running", "discounted": "running"}  # fmt: skip
_SELECTS: Mapping[str, Order] = {
    **{one: one for one in get_args(Order)},
    "most_expensive": "dearest", "least_expensive": "cheapest", "first": "given",
}  # fmt: skip
_TAX_GRANULARITIES: Mapping[str, str] = {
    "unit": "unit", "per unit": "unit", "line": "line", "per line": "line", "round_per_line": "line",
    "order": "order", "per order": "order", "global": "order", "round_globally": "order",
}  # fmt: skip
_CLAIMS = "each unit claimed by at most one promotion per layer"
_OBJECTIVE = "min_basket_total"
_UNIT_PRICE = "round(line_total/qty)"
_SWITCHES: Mapping[str, tuple[object, ...]] = {
    "prices_include_tax": (True, False),
    "tax_rounding": get_args(Rounding),
    "rounds": ("discount", "price"),
    "catalog_rounds": ("discount", "price"),
    "share_rounding": get_args(Rounding),
    "partial_base": ("units", "line"),
    "weights": ("price", "with_tax"),
    "ties": ("id", "given"),
    "respect_floors": (True, False),
    "reclaim_on_return": (True, False),
}
"""Switches of netlift's own policy that a vector may set by name."""


def house_of(engine: str) -> House:
    """Default of a source engine."""
    return HOUSES.get(engine, HOUSES["netlift"])


def house_with(house: House, given: Json) -> House:
    """The default with the policy fields of a vector in place of its own."""
    fields = Fields({} if given is None else given, "policy")
    changes: dict[str, Any] = {}
    wide: dict[str, Any] = {}
    rounding = fields.take("rounding")
    if rounding is not None:
        _rounding(rounding, changes, wide)
    granularity = fields.take("granularity")
    if granularity is not None:
        where = _one_of(_GRANULARITIES, granularity, "granularity")
        wide["item_granularity"] = wide["order_granularity"] = wide["set_granularity"] = where
    remainder = fields.take("remainder")
    if remainder is not None:
        changes["remainder"] = _one_of(_REMAINDERS, remainder, "remainder") or house.policy.remainder
    base = fields.take("stack_base", "base")
    if base is not None:
        changes["base"] = _one_of(_BASES, base, "stack_base")
    select = fields.take("select")
    if select is not None:
        wide["limited"] = wide["get"] = wide["bundle"] = _one_of(_SELECTS, select, "select")
    if _only(fields, "objective", _OBJECTIVE) or _only(fields, "claims", _CLAIMS):
        wide["combine"] = "layers"
    _only(fields, "claims", _CLAIMS)
    _only(fields, "unit_price", _UNIT_PRICE)
    tax = fields.take("tax_granularity")
    if tax is not None:
        changes["tax_granularity"] = _one_of(_TAX_GRANULARITIES, tax, "tax_granularity")
    for name, values in _SWITCHES.items():
        value = fields.take(name)
        if value is not None:
            changes[name] = _one_of({one: one for one in values}, value, name)
    fields.close()
    return replace(house, policy=replace(house.policy, **changes), **wide)


_ROUNDING = re.compile(
    r"(?P<how>[a-z ]+?)(?: on)?(?: (?P<what>price|discount))?(?: (?P<where>per [a-z]+|order|total))?"
)
"""How, what and where, as in `half up`, `half up on price`, `down per item`; brackets are left out before."""


def _rounding(text: Json, changes: dict[str, Any], wide: dict[str, Any]) -> None:
    """`half_up`, `half_up on price`, `down (per item)`: what is rounded and where may follow how."""
    found = _ROUNDING.fullmatch(" ".join(_plain(text).replace("(", " ").replace(")", " ").split()))
    if found is None or found["how"] not in _ROUNDINGS:
        raise VectorError(f"unknown text {text!r} of policy.rounding; known: {', '.join(_ROUNDINGS)}")
    changes["rounding"] = _ROUNDINGS[found["how"]]
    if found["what"] is not None:
        changes["rounds"] = found["what"]
    if found["where"] is not None:
        where = _one_of(_GRANULARITIES, found["where"], "rounding")
        wide["item_granularity"] = wide["order_granularity"] = wide["set_granularity"] = where


def _plain(text: Json) -> str:
    """Lower case, words apart."""
    return str(text).lower().replace("_", " ").replace("-", " ")


def _only(fields: Fields, name: str, text: str) -> bool:
    value = fields.take(name)
    if value is not None and value != text:
        raise VectorError(f"unknown text {value!r} of policy.{name}; known: {text}")
    return value is not None


def _one_of(known: Mapping[Any, Any], value: Json, name: str) -> Any:
    if isinstance(value, str):
        words = _plain(value)
        for one, meaning in known.items():
            if isinstance(one, str) and _plain(one) in {words, words.removesuffix(" first")}:
                return meaning
    elif isinstance(value, bool) and value in known:
        return known[value]
    raise VectorError(f"unknown text {value!r} of policy.{name}; known: {', '.join(map(str, known))}")


_SHOWN = (
    "rounding", "rounds", "remainder", "share_rounding", "base", "partial_base", "weights", "catalog_rounds",
    "prices_include_tax", "tax_rounding", "tax_granularity", "reclaim_on_return",
)  # fmt: skip


def described(house: House) -> str:
    """The policy in one line, for the report: every switch that differs from netlift's own default."""
    plain = Policy()
    parts = [house.policy.name]
    for name in _SHOWN:
        value = getattr(house.policy, name)
        if value != getattr(plain, name):
            parts.append(f"{name}={value}")
    parts.append(f"granularity={house.item_granularity}/{house.order_granularity}")
    parts.append(f"combine={house.combine}")
    return " ".join(parts)
