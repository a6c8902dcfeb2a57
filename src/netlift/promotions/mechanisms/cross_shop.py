"""Money off across the shops of a platform (跨店满减)."""

from dataclasses import dataclass, field
from typing import ClassVar, Unpack

from netlift.promotions.cart import Cart, Line
from netlift.promotions.effects.amount import AmountOff
from netlift.promotions.form import EVERYTHING, WHICH, Goods, Words, entry
from netlift.promotions.mechanism import Common, Example, Layer, Mechanism
from netlift.promotions.mechanisms import marketplace
from netlift.promotions.promotion import Benefit, Promotion
from netlift.promotions.reasons import Why
from netlift.promotions.value import Steps


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossShop(Mechanism):
    """`off` minor units for every full `step` of what `goods` of all shops cost at shelf prices."""

    kind: ClassVar[str] = "cross_shop"
    title: ClassVar[Words] = Words("Cross-shop threshold", "跨店满减")
    text: ClassVar[Words] = Words(
        "Goods of several shops count together, before shop coupons; each bears its share of the discount.",
        "多家店铺商品合并计算满减，按金额分摊；门槛按活动价、不扣店铺券。",
    )
    layer: ClassVar[Layer] = "platform"

    step: int = field(metadata=entry("For every", "每满", "money"))
    off: int = field(metadata=entry("Amount off", "优惠金额", "money"))
    at_most: int | None = field(default=None, metadata=entry("At most times", "最多次数", "count"))
    goods: Goods = field(default=EVERYTHING, metadata=WHICH)

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title=Words("360.00 in two shops: 50.00 off, shared 20 to 16", "两店合计 360.00：减 50.00，按 20∶16 分摊"),
            form={"step": 30000, "off": 5000},
            cart=Cart("CNY", (Line("coat", 20000, 1, seller="A"), Line("shoes", 16000, 1, seller="B"))),
            discounts={"coat": 2778, "shoes": 2222},
        ),
        Example(
            title=Words(
                "A shop coupon left 20.00: the threshold still counts 400.00, the discount ends at zero",
                "店铺券后只剩 20.00：门槛仍按 400.00 计，减到 0 为止",
            ),
            form={"step": 30000, "off": 5000},
            cart=Cart("CNY", (Line("coat", 40000, 1, seller="A"),)),
            common={"group": "platform"},
            beside=(Promotion("coupon", (Benefit(AmountOff(38000)),), group="shop_coupon", seller="A"),),
            root=marketplace(),
            discounts={"coat": 2000},
        ),
        Example(
            title=Words("299.00 is 1.00 short", "299.00，还差 1.00"),
            form={"step": 30000, "off": 5000},
            cart=Cart("CNY", (Line("coat", 20000, 1, seller="A"), Line("shoes", 9900, 1, seller="B"))),
            refused=Why.BELOW_THRESHOLD,
        ),
    )

    def build(self, id_: str, /, **common: Unpack[Common]) -> tuple[Promotion, ...]:
        """One amount off across the goods, by steps of their shelf price."""
        steps = Steps(self.step, self.off, "selection.subtotal", self.at_most)
        return (Promotion(id_, (Benefit(AmountOff(steps), self.goods.all_units(), allocation="across"),), **common),)
