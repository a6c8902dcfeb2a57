"""Goods that come for nothing, put into the cart by the engine, which the shopper may refuse."""

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from netlift.promotions.effect import Effect, Gift, Grant, Reduction, Seen, value_of
from netlift.promotions.reasons import Why
from netlift.promotions.value import Amount


@dataclass(frozen=True, slots=True)
class FreeGift(Effect):
    """`quantity` units of `product`; so many for every step reached where it is `Steps`."""

    kind: ClassVar[str] = "gift"
    needs_goods: ClassVar[bool] = False
    competes: ClassVar[bool] = False
    cuts: ClassVar[bool] = False

    product: str
    unit_price: int
    """What a unit costs otherwise, in minor units; the gift's value in the quote."""
    quantity: Amount = 1
    tax_rate: Decimal = Decimal(0)
    """Per cent."""

    def resolve(self, seen: Seen) -> tuple[Reduction | None, Grant | None] | Why:
        """The gift, unless it was declined."""
        if seen.promotion in seen.facts.declined:
            return Why.DECLINED
        quantity = value_of(self.quantity, seen)
        if quantity is None:
            return Why.BELOW_THRESHOLD
        return None, Grant(gifts=(Gift(self.product, int(quantity), self.unit_price, self.unit_price, self.tax_rate),))
