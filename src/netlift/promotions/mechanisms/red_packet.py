"""Money that the platform gives away (红包)."""

from dataclasses import dataclass, field
from typing import ClassVar, Unpack

from netlift.promotions.cart import Cart, Facts, Line
from netlift.promotions.effects.amount import AmountOff
from netlift.promotions.form import Words, entry
from netlift.promotions.mechanism import Common, Example, Layer, Mechanism, held
from netlift.promotions.mechanisms import marketplace
from netlift.promotions.predicate import Test
from netlift.promotions.promotion import Benefit, Promotion
from netlift.promotions.reasons import Why


@dataclass(frozen=True, slots=True, kw_only=True)
class RedPacket(Mechanism):
    """`off` minor units off the order after all coupons, where at least `spend` is left to pay."""

    kind: ClassVar[str] = "red_packet"
    title: ClassVar[Words] = Words("Red packet", "红包")
    text: ClassVar[Words] = Words(
        "Cash from the platform that the shopper holds; it comes after all coupons and adds to them.",
        "平台发放的现金红包，在各类券之后抵扣，可叠加。",
    )
    layer: ClassVar[Layer] = "red_packet"

    off: int = field(metadata=entry("Amount off", "优惠金额", "money"))
    spend: int = field(default=0, metadata=entry("From an amount of", "消费满", "money"))

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title=Words(
                "8.88 after a coupon of 20.00, shared by what is left to pay", "用券 20.00 后再抵 8.88，按剩余金额分摊"
            ),
            form={"off": 888},
            cart=Cart("CNY", (Line("coat", 20000, 1, seller="A"), Line("shoes", 18000, 1, seller="B"))),
            facts=Facts(tokens=frozenset({"red_packet"})),
            common={"group": "red_packet"},
            beside=(Promotion("coupon", (Benefit(AmountOff(2000)),), group="shop_coupon", seller="A"),),
            root=marketplace(),
            discounts={"coat": 444, "shoes": 444},
        ),
        Example(
            title=Words("It ends at zero", "减到 0 为止"),
            form={"off": 888},
            cart=Cart("CNY", (Line("sticker", 500, 1),)),
            facts=Facts(tokens=frozenset({"red_packet"})),
            discounts={"sticker": 500},
        ),
        Example(
            title=Words("The shopper has none", "顾客没有红包"),
            form={"off": 888},
            cart=Cart("CNY", (Line("coat", 20000, 1),)),
            refused=Why.NEEDS_TOKEN,
        ),
    )

    def build(self, id_: str, /, **common: Unpack[Common]) -> tuple[Promotion, ...]:
        """An amount off across all goods."""
        when = Test("cart.running_subtotal", ">=", self.spend) if self.spend else None
        benefit = Benefit(AmountOff(self.off), when=when, allocation="across")
        return (Promotion(id_, (benefit,), **held(common)),)
