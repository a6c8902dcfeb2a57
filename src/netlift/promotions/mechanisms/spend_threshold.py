"""An amount off from an amount on (满减)."""

from dataclasses import dataclass, field
from typing import ClassVar, Unpack

from netlift.promotions.cart import Cart, Line
from netlift.promotions.effects.amount import AmountOff
from netlift.promotions.form import EVERYTHING, WHICH, Goods, Words, entry
from netlift.promotions.mechanism import Common, Example, Mechanism
from netlift.promotions.promotion import Benefit, Promotion
from netlift.promotions.reasons import Why


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendThreshold(Mechanism):
    """`off` minor units off `goods` together where they cost at least `spend`."""

    kind: ClassVar[str] = "spend_threshold"
    title: ClassVar[Words] = Words("Spend threshold", "满减")
    text: ClassVar[Words] = Words(
        "Takes an amount off once the chosen goods cost enough at shelf prices.",
        "指定商品按活动价满额立减。",
    )

    spend: int = field(metadata=entry("From an amount of", "消费满", "money"))
    off: int = field(metadata=entry("Amount off", "优惠金额", "money"))
    goods: Goods = field(default=EVERYTHING, metadata=WHICH)

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title=Words(
                "100.00 is more than 99.00: 10.00 off, shared 6 to 4", "100.00 满 99.00：减 10.00，按 6∶4 分摊"
            ),
            form={"spend": 9900, "off": 1000},
            cart=Cart("CNY", (Line("tea", 6000, 1), Line("cup", 2000, 2))),
            discounts={"tea": 600, "cup": 400},
        ),
        Example(
            title=Words("1.00 short of 99.00", "距 99.00 还差 1.00"),
            form={"spend": 9900, "off": 1000},
            cart=Cart("CNY", (Line("tea", 9800, 1),)),
            refused=Why.BELOW_THRESHOLD,
        ),
    )

    def build(self, id_: str, /, **common: Unpack[Common]) -> tuple[Promotion, ...]:
        """One amount off across the goods, on condition of their worth."""
        benefit = Benefit(AmountOff(self.off), self.goods.all_units(), self.goods.worth(self.spend), "across")
        return (Promotion(id_, (benefit,), **common),)
