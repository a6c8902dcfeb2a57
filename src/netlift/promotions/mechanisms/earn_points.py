"""Loyalty points for what is spent (送积分)."""

from dataclasses import dataclass, field
from typing import ClassVar, Unpack

from netlift.promotions.cart import Cart, Line
from netlift.promotions.effects.points import EarnPoints
from netlift.promotions.form import EVERYTHING, WHICH, Goods, Words, entry
from netlift.promotions.mechanism import Common, Example, Layer, Mechanism
from netlift.promotions.promotion import Benefit, Promotion
from netlift.promotions.reasons import Why
from netlift.promotions.value import Steps


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsForSpending(Mechanism):
    """`points` points for every full `per` minor units paid for `goods`, at most `at_most` times."""

    kind: ClassVar[str] = "earn_points"
    title: ClassVar[Words] = Words("Earn points", "送积分")
    text: ClassVar[Words] = Words(
        "Gives loyalty points for what is paid for the chosen goods after earlier discounts.",
        "按指定商品优惠后的金额赠送积分。",
    )
    layer: ClassVar[Layer] = "extras"

    points: int = field(default=1, metadata=entry("Points", "积分", "points"))
    per: int = field(default=100, metadata=entry("For every", "每消费", "money"))
    at_most: int | None = field(default=None, metadata=entry("At most times", "最多次数", "count"))
    goods: Goods = field(default=EVERYTHING, metadata=WHICH)

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title=Words("123.45 holds 123 full units", "123.45 得 123 分"),
            form={},
            cart=Cart("CNY", (Line("tea", 12345, 1),)),
            points=123,
        ),
        Example(
            title=Words("Ten points for every 20.00, at most 50", "每 20.00 得 10 分，最多 50 分"),
            form={"points": 10, "per": 2000, "at_most": 5},
            cart=Cart("CNY", (Line("tea", 6000, 3),)),
            points=50,
        ),
        Example(
            title=Words("Less than one step", "不足一档"),
            form={},
            cart=Cart("CNY", (Line("sample", 99, 1),)),
            refused=Why.BELOW_THRESHOLD,
        ),
    )

    def build(self, id_: str, /, **common: Unpack[Common]) -> tuple[Promotion, ...]:
        """Points by steps of what is paid."""
        steps = Steps(self.per, self.points, at_most=self.at_most)
        return (Promotion(id_, (Benefit(EarnPoints(steps), self.goods.all_units()),), **common),)
