"""Loyalty points spent as money (积分抵现)."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import ClassVar, Unpack

from netlift.promotions.cart import Cart, Facts, Line
from netlift.promotions.effects.burn import BurnPoints
from netlift.promotions.form import EVERYTHING, WHICH, Goods, Words, entry
from netlift.promotions.mechanism import Common, Example, Layer, Mechanism
from netlift.promotions.promotion import Benefit, Promotion
from netlift.promotions.reasons import Why


@dataclass(frozen=True, slots=True, kw_only=True)
class PayWithPoints(Mechanism):
    """Every `points` points pay `worth` minor units, up to `most` per cent of `goods`."""

    kind: ClassVar[str] = "burn_points"
    title: ClassVar[Words] = Words("Pay with points", "积分抵现")
    text: ClassVar[Words] = Words(
        "The shopper may pay a part of the chosen goods with loyalty points.",
        "顾客可用积分抵扣部分金额，可设抵扣上限比例。",
    )
    layer: ClassVar[Layer] = "points"

    points: int = field(default=100, metadata=entry("Points of a step", "每份积分", "points"))
    worth: int = field(default=100, metadata=entry("Worth", "抵扣金额", "money"))
    most: Decimal = field(default=Decimal(100), metadata=entry("At most of the price", "最高抵扣比例", "percent"))
    goods: Goods = field(default=EVERYTHING, metadata=WHICH)

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title=Words("5,000 points, but at most 30 % of 100.00", "5000 积分，最多抵 100.00 的 30%"),
            form={"most": "30"},
            cart=Cart("CNY", (Line("tea", 10000, 1),)),
            facts=Facts(points=5000),
            discounts={"tea": 3000},
            points_burned=3000,
        ),
        Example(
            title=Words("Only full steps: 250 points pay 2.00", "只计整份：250 积分抵 2.00"),
            form={},
            cart=Cart("CNY", (Line("tea", 10000, 1),)),
            facts=Facts(points=250),
            discounts={"tea": 200},
            points_burned=200,
        ),
        Example(
            title=Words("The shopper spends no points", "顾客未使用积分"),
            form={},
            cart=Cart("CNY", (Line("tea", 10000, 1),)),
            refused=Why.NOT_CHOSEN,
        ),
    )

    def build(self, id_: str, /, **common: Unpack[Common]) -> tuple[Promotion, ...]:
        """One benefit that burns what the shopper offered."""
        effect = BurnPoints(self.points, self.worth, self.most)
        return (Promotion(id_, (Benefit(effect, self.goods.all_units()),), **common),)
