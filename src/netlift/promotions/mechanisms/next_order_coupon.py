"""A coupon for the next order (返券)."""

from dataclasses import dataclass, field
from typing import ClassVar, Unpack

from netlift.promotions.cart import Cart, Line
from netlift.promotions.effects.credit import NextOrderCoupon
from netlift.promotions.form import EVERYTHING, WHICH, Goods, Words, entry
from netlift.promotions.mechanism import Common, Example, Layer, Mechanism
from netlift.promotions.promotion import Benefit, Promotion
from netlift.promotions.reasons import Why


@dataclass(frozen=True, slots=True, kw_only=True)
class CouponForNextOrder(Mechanism):
    """A coupon of `amount` minor units for an order of at least `minimum`, where `goods` cost at least `spend`."""

    kind: ClassVar[str] = "next_order_coupon"
    title: ClassVar[Words] = Words("Next-order coupon", "返券")
    text: ClassVar[Words] = Words(
        "Gives a coupon for the next order once the chosen goods cost enough.",
        "指定商品满额返券，下单可用。",
    )
    layer: ClassVar[Layer] = "extras"

    spend: int = field(metadata=entry("From an amount of", "消费满", "money"))
    amount: int = field(metadata=entry("Face value", "券面额", "money"))
    minimum: int = field(default=0, metadata=entry("Usable from an order of", "用券门槛", "money"))
    valid_days: int | None = field(default=None, metadata=entry("Valid for days", "有效天数", "days"))
    goods: Goods = field(default=EVERYTHING, metadata=WHICH)

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title=Words("250.00 earns a coupon of 30.00", "满 200.00 返 30.00 券"),
            form={"spend": 20000, "amount": 3000, "minimum": 15000, "valid_days": 30},
            cart=Cart("CNY", (Line("coat", 25000, 1),)),
            credits=(3000,),
        ),
        Example(
            title=Words("Too little was bought", "消费未满"),
            form={"spend": 20000, "amount": 3000},
            cart=Cart("CNY", (Line("scarf", 15000, 1),)),
            refused=Why.BELOW_THRESHOLD,
        ),
    )

    def build(self, id_: str, /, **common: Unpack[Common]) -> tuple[Promotion, ...]:
        """A coupon on condition of what the goods are worth."""
        effect = NextOrderCoupon(self.amount, self.minimum, self.valid_days)
        return (Promotion(id_, (Benefit(effect, self.goods.all_units(), self.goods.worth(self.spend)),), **common),)
