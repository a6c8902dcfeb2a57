"""Goods at a special price that the shopper may add (加价购): offered, put into the cart only when chosen."""

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from netlift.errors import ConfigError
from netlift.promotions.effect import Effect, Gift, Grant, Reduction, Seen
from netlift.promotions.reasons import Why


@dataclass(frozen=True, slots=True)
class AddOn(Effect):
    """`product` for `price` instead of `unit_price` minor units, once per order, if the shopper chooses it."""

    kind: ClassVar[str] = "add_on"
    needs_goods: ClassVar[bool] = False
    competes: ClassVar[bool] = False
    cuts: ClassVar[bool] = False

    product: str
    unit_price: int
    price: int
    tax_rate: Decimal = Decimal(0)
    """Per cent."""

    def __post_init__(self) -> None:
        if self.price > self.unit_price:
            raise ConfigError(
                f"an add-on costs at most what it costs otherwise: {self.price} is above {self.unit_price}"
            )

    def resolve(self, seen: Seen) -> tuple[Reduction | None, Grant | None] | Why:
        """In the cart where chosen, else among what is offered."""
        if seen.promotion in seen.facts.declined:
            return Why.DECLINED
        goods = (Gift(self.product, 1, self.unit_price, max(0, self.unit_price - self.price), self.tax_rate),)
        chosen = self.product in seen.facts.chosen.get(seen.promotion, ())
        return None, Grant(gifts=goods) if chosen else Grant(offered=goods)
