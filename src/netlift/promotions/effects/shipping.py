"""Cheaper or free delivery."""

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from netlift.errors import ConfigError
from netlift.promotions.effect import Effect, Grant, Reduction, Seen, per_cent
from netlift.promotions.reasons import Why


@dataclass(frozen=True, slots=True)
class ShippingOff(Effect):
    """Per cent or an amount off delivery, or a price for it; free without any of them."""

    kind: ClassVar[str] = "shipping"
    needs_goods: ClassVar[bool] = False
    competes: ClassVar[bool] = False

    percent: Decimal | None = None
    amount: int | None = None
    """Minor units off each way of delivery."""
    price: int | None = None
    across: bool = False
    """Whether the amount or price is of all ways of delivery together, shared by what they cost."""
    methods: tuple[str, ...] = ()
    """Ids of the ways of delivery; all where empty."""

    def __post_init__(self) -> None:
        if sum(value is not None for value in (self.percent, self.amount, self.price)) > 1:
            raise ConfigError("a shipping effect has one of `percent`, `amount` and `price`")

    def resolve(self, seen: Seen) -> tuple[Reduction | None, Grant | None] | Why:  # noqa: ARG002
        """The cut, whatever the goods are."""
        if self.amount is not None:
            cut = Reduction("amount", self.amount, across=self.across)
        elif self.price is not None:
            cut = Reduction("price", self.price, across=self.across)
        else:
            cut = per_cent(Decimal(100) if self.percent is None else self.percent)
        return None, Grant(shipping=cut, shipping_methods=self.methods)
