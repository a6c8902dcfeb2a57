"""A coupon of one shop (店铺券)."""

from dataclasses import dataclass, field
from typing import ClassVar, Unpack

from netlift.promotions.cart import Cart, Facts, Line
from netlift.promotions.effects.amount import AmountOff
from netlift.promotions.form import EVERYTHING, WHICH, Goods, Words, entry
from netlift.promotions.mechanism import Common, Example, Layer, Mechanism, held
from netlift.promotions.mechanisms import marketplace
from netlift.promotions.promotion import Benefit, Promotion
from netlift.promotions.reasons import Why


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopCoupon(Mechanism):
    """`off` minor units off `goods` of `seller` that cost at least `spend`, for who holds the coupon."""

    kind: ClassVar[str] = "shop_coupon"
    title: ClassVar[Words] = Words("Shop coupon", "店铺券")
    text: ClassVar[Words] = Words(
        "A coupon that the shopper holds, for the goods of one shop, from an amount on.",
        "顾客领取的店铺优惠券，限本店商品，满额可用。",
    )
    layer: ClassVar[Layer] = "shop_coupon"

    seller: str = field(metadata=entry("Shop", "店铺", "text"))
    spend: int = field(metadata=entry("From an amount of", "消费满", "money"))
    off: int = field(metadata=entry("Amount off", "优惠金额", "money"))
    goods: Goods = field(default=EVERYTHING, metadata=WHICH)

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title=Words(
                "Only the goods of shop A count: 20.00 off 250.00, shared 2 to 3",
                "只计 A 店商品：250.00 减 20.00，按 2∶3 分摊",
            ),
            form={"seller": "A", "spend": 20000, "off": 2000},
            cart=Cart(
                "CNY",
                (
                    Line("coat", 15000, 1, seller="A"),
                    Line("scarf", 10000, 1, seller="A"),
                    Line("shoes", 40000, 1, seller="B"),
                ),
            ),
            facts=Facts(tokens=frozenset({"shop_coupon"})),
            common={"group": "shop_coupon"},
            root=marketplace(),
            discounts={"coat": 1200, "scarf": 800},
        ),
        Example(
            title=Words("The shop's goods cost too little", "本店商品未满额"),
            form={"seller": "A", "spend": 20000, "off": 2000},
            cart=Cart("CNY", (Line("scarf", 10000, 1, seller="A"), Line("shoes", 40000, 1, seller="B"))),
            facts=Facts(tokens=frozenset({"shop_coupon"})),
            refused=Why.BELOW_THRESHOLD,
        ),
        Example(
            title=Words("The shopper does not hold it", "顾客未领券"),
            form={"seller": "A", "spend": 20000, "off": 2000},
            cart=Cart("CNY", (Line("coat", 25000, 1, seller="A"),)),
            refused=Why.NEEDS_TOKEN,
        ),
    )

    def build(self, id_: str, /, **common: Unpack[Common]) -> tuple[Promotion, ...]:
        """An amount off across the goods of the shop."""
        common["seller"] = self.seller
        benefit = Benefit(AmountOff(self.off), self.goods.all_units(), self.goods.worth(self.spend), "across")
        return (Promotion(id_, (benefit,), **held(common)),)
