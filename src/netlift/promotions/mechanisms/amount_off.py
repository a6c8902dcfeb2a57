"""An amount off goods (立减)."""

from dataclasses import dataclass, field
from typing import ClassVar, Literal, Unpack

from netlift.promotions.cart import Cart, Line
from netlift.promotions.effects.amount import AmountOff
from netlift.promotions.form import EVERYTHING, WHICH, Goods, Words, entry
from netlift.promotions.mechanism import Common, Example, Mechanism
from netlift.promotions.promotion import Benefit, Promotion
from netlift.promotions.reasons import Why


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountOffGoods(Mechanism):
    """`off` minor units off each unit, each line, or the goods of the order together."""

    kind: ClassVar[str] = "amount_off"
    title: ClassVar[Words] = Words("Amount off", "立减")
    text: ClassVar[Words] = Words(
        "Takes a fixed amount off each unit, each line, or the chosen goods together; never more than they cost.",
        "每件、每行或整单立减固定金额，不超过商品金额。",
    )

    off: int = field(metadata=entry("Amount off", "优惠金额", "money"))
    per: Literal["unit", "line", "order"] = field(default="unit", metadata=entry("For each", "优惠方式", "choice"))
    goods: Goods = field(default=EVERYTHING, metadata=WHICH)

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title=Words(
                "1.50 off each unit; a sample for 1.00 becomes free, not cheaper",
                "每件减 1.50；售价 1.00 的小样减到 0 为止",
            ),
            form={"off": 150},
            cart=Cart("EUR", (Line("tea", 1000, 3), Line("sample", 100, 1))),
            discounts={"tea": 450, "sample": 100},
        ),
        Example(
            title=Words("4.00 off the order, shared 1 to 3 by price", "整单减 4.00，按价格 1∶3 分摊"),
            form={"off": 400, "per": "order"},
            cart=Cart("EUR", (Line("tea", 1000, 1), Line("coffee", 3000, 1))),
            discounts={"tea": 100, "coffee": 300},
        ),
        Example(
            title=Words("Goods on sale are left out", "特价商品不参加"),
            form={"off": 150, "goods": {"regular_price_only": True}},
            cart=Cart("EUR", (Line("tea", 1000, 1, list_price=1200),)),
            refused=Why.NO_MATCHING_GOODS,
        ),
    )

    def build(self, id_: str, /, **common: Unpack[Common]) -> tuple[Promotion, ...]:
        """One benefit whose allocation is `per`."""
        allocation: Literal["unit", "line", "across"] = "across" if self.per == "order" else self.per
        benefit = Benefit(AmountOff(self.off), self.goods.all_units(), allocation=allocation)
        return (Promotion(id_, (benefit,), **common),)
