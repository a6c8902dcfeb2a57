"""The limits of every number in a definition or a cart: one table, read by the check and by the JSON Schema."""

import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from netlift.promotions.cart import Line, Shipping
from netlift.promotions.effects.burn import BurnPoints
from netlift.promotions.effects.deposit import Deposit
from netlift.promotions.effects.gift import FreeGift
from netlift.promotions.effects.percent import Percent
from netlift.promotions.effects.shipping import ShippingOff
from netlift.promotions.place import Place
from netlift.promotions.policy import Policy
from netlift.promotions.promotion import Group, Promotion, Share, Window
from netlift.promotions.selector import Selector, Slot
from netlift.promotions.value import Steps, Tiers


@dataclass(frozen=True, slots=True)
class Bound:
    """Limits of a number, both included; of each number in a list, a map, a tier table or steps."""

    low: int | None = 0
    high: int | None = None
    whole: bool = True
    """Whether it must be an integer, also as the value of a tier."""

    def check(self, value: Any, at: Place) -> None:
        """Raise where a number lies outside."""
        match value:
            case int() | Decimal():
                self._check_number(value, at)
            case Tiers():
                for row, tier in enumerate(value.rows):
                    self._check_number(tier.value, at / "tiers" / row / 1)
            case Steps():
                self._check_number(value.value, at / "value")
            case tuple():
                for place, part in enumerate(value):
                    self._check_number(part, at / place)
            case Mapping():
                for name, part in value.items():
                    self._check_number(part, at / name)
            case _:
                pass

    def _check_number(self, number: int | Decimal, at: Place) -> None:
        if self.whole and not isinstance(number, int):
            raise at.wrong(f"{number} is not a whole number")
        if (self.low is not None and number < self.low) or (self.high is not None and number > self.high):
            raise at.wrong(f"{number} is {self}")

    def __str__(self) -> str:
        if self.low is not None and self.high is not None:
            return f"outside {self.low} to {self.high}"
        return f"below {self.low}" if self.low is not None else f"above {self.high}"


NATURAL, POSITIVE = Bound(0), Bound(1)
PER_CENT = Bound(0, 100, whole=False)
ANY: Bound | None = None

BOUNDS: Mapping[tuple[type, str], Bound | None] = MappingProxyType(
    {
        (Percent, "off"): PER_CENT,
        (ShippingOff, "percent"): PER_CENT,
        (BurnPoints, "most"): PER_CENT,
        (BurnPoints, "points"): POSITIVE,
        (BurnPoints, "worth"): POSITIVE,
        (Deposit, "times"): Bound(1, whole=False),
        (FreeGift, "quantity"): POSITIVE,
        (Share, "percent"): PER_CENT,
        (Window, "weekdays"): Bound(1, 7),
        (Window, "days_of_month"): Bound(1, 31),
        (Promotion, "version"): POSITIVE,
        (Promotion, "priority"): ANY,
        (Group, "priority"): ANY,
        (Selector, "group_size"): POSITIVE,
        (Selector, "positions"): POSITIVE,
        (Slot, "quantity"): POSITIVE,
        (Steps, "step"): POSITIVE,
        (Steps, "value"): ANY,  # what its field allows
        (Steps, "at_most"): POSITIVE,
        (Policy, "node_budget"): POSITIVE,
        (Policy, "max_lines"): POSITIVE,
        (Policy, "max_units"): POSITIVE,
        (Line, "quantity"): POSITIVE,
        (Line, "tax_rate"): Bound(0, whole=False),
        (Shipping, "tax_rate"): Bound(0, whole=False),
    }
)
"""Fields that differ from the rule that counts and amounts are at least 0."""

RESULTS = frozenset(f"netlift.promotions.{name}" for name in ("quote", "effect", "explain", "refund"))
"""Modules of what the engine answers, which is bounded by its arithmetic and not by definition."""


def bound_of(owner: type, name: str, hint: Any) -> Bound | None:
    """The limits of a field: those of the table, else at least 0 where its hint is a count or an amount."""
    if (owner, name) in BOUNDS:
        return BOUNDS[owner, name]
    return NATURAL if owner.__module__ not in RESULTS and _counts(hint) else None


def _counts(hint: Any) -> bool:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return int in arguments and set(arguments) <= {int, type(None), Tiers, Steps}
    if origin in (tuple, Mapping) or origin is typing.get_origin(Mapping[str, int]):
        return arguments in ((int, ...), (str, int))
    return hint is int
