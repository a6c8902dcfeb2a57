"""A coupon of the platform (平台券)."""

from dataclasses import dataclass, field
from typing import ClassVar, Unpack

from netlift.promotions.cart import Cart, Facts, Line
from netlift.promotions.effects.amount import AmountOff
from netlift.promotions.form import EVERYTHING, WHICH, Goods, Words, entry
from netlift.promotions.mechanism import Common, Example, Layer, Mechanism, held
from netlift.promotions.mechanisms import marketplace
from netlift.promotions.predicate import Test
from netlift.promotions.promotion import Benefit, Promotion
from netlift.promotions.reasons import Why


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformCoupon(Mechanism):
    """`off` minor units off `goods` of all shops that cost at least `spend` after earlier discounts."""

    kind: ClassVar[str] = "platform_coupon"
    title: ClassVar[Words] = Words("Platform coupon", "平台券")
    text: ClassVar[Words] = Words(
        "A coupon that the shopper holds, for goods of all shops, from an amount on after the shops' discounts.",
        "顾客领取的平台优惠券，跨店可用，门槛按店铺优惠后的金额计算。",
    )
    layer: ClassVar[Layer] = "platform_coupon"

    spend: int = field(metadata=entry("From an amount of", "消费满", "money"))
    off: int = field(metadata=entry("Amount off", "优惠金额", "money"))
    goods: Goods = field(default=EVERYTHING, metadata=WHICH)

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title=Words("500.00 in two shops: 40.00 off, shared 3 to 2", "两店合计 500.00：减 40.00，按 3∶2 分摊"),
            form={"spend": 50000, "off": 4000},
            cart=Cart("CNY", (Line("coat", 30000, 1, seller="A"), Line("shoes", 20000, 1, seller="B"))),
            facts=Facts(tokens=frozenset({"platform_coupon"})),
            discounts={"coat": 2400, "shoes": 1600},
        ),
        Example(
            title=Words(
                "After the shop's discount 480.00 are left, too few for 500.00", "店铺优惠后剩 480.00，不足 500.00"
            ),
            form={"spend": 50000, "off": 4000},
            cart=Cart("CNY", (Line("coat", 50000, 1, seller="A"),)),
            facts=Facts(tokens=frozenset({"platform_coupon"})),
            common={"group": "platform_coupon"},
            beside=(Promotion("reduction", (Benefit(AmountOff(2000)),), group="shop", seller="A"),),
            root=marketplace(),
            refused=Why.BELOW_THRESHOLD,
        ),
    )

    def build(self, id_: str, /, **common: Unpack[Common]) -> tuple[Promotion, ...]:
        """An amount off across the goods, on condition of what is left to pay for them."""
        when = Test("cart.running_subtotal", ">=", self.spend, self.goods.where())
        benefit = Benefit(AmountOff(self.off), self.goods.all_units(), when, "across")
        return (Promotion(id_, (benefit,), **held(common)),)
