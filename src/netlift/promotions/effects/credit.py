"""A coupon for the next order (返券)."""

from dataclasses import dataclass
from typing import ClassVar

from netlift.promotions.effect import Credit, Effect, Grant, Reduction, Seen, value_of
from netlift.promotions.reasons import Why
from netlift.promotions.value import Amount


@dataclass(frozen=True, slots=True)
class NextOrderCoupon(Effect):
    """`amount` minor units off an order of at least `minimum`, within `valid_days` days."""

    kind: ClassVar[str] = "next_order_coupon"
    competes: ClassVar[bool] = False
    cuts: ClassVar[bool] = False

    amount: Amount
    minimum: int = 0
    valid_days: int | None = None

    def resolve(self, seen: Seen) -> tuple[Reduction | None, Grant | None] | Why:
        """The coupon of the tier or the steps reached."""
        amount = value_of(self.amount, seen)
        if amount is None:
            return Why.BELOW_THRESHOLD
        return None, Grant(credits=(Credit(int(amount), self.minimum, self.valid_days, seen.promotion),))
