"""A pre-sale deposit that grows (预售定金膨胀)."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import ClassVar, Unpack

from netlift.promotions.cart import Cart, Facts, Line
from netlift.promotions.effects.deposit import Deposit
from netlift.promotions.form import EVERYTHING, WHICH, Goods, Words, entry
from netlift.promotions.mechanism import Common, Example, Layer, Mechanism
from netlift.promotions.promotion import Benefit, Promotion
from netlift.promotions.reasons import Why


@dataclass(frozen=True, slots=True, kw_only=True)
class PresaleDeposit(Mechanism):
    """A deposit counts `times` its amount against the price of `goods`."""

    kind: ClassVar[str] = "presale_deposit"
    title: ClassVar[Words] = Words("Pre-sale deposit", "预售定金膨胀")
    text: ClassVar[Words] = Words(
        "A deposit paid earlier counts for more than was paid. What goes beyond it is the discount.",
        "预付定金按倍数抵扣货款，超出定金的部分为优惠，定金本身是已付款。",
    )
    layer: ClassVar[Layer] = "points"

    times: Decimal = field(default=Decimal(2), metadata=entry("Counts times", "膨胀倍数", "multiple"))
    goods: Goods = field(default=EVERYTHING, metadata=WHICH)

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title=Words("A deposit of 100.00 counts as 200.00", "定金 100.00 抵 200.00"),
            form={},
            cart=Cart("CNY", (Line("phone", 89900, 1),)),
            facts=Facts(deposits={"presale_deposit": 10000}),
            discounts={"phone": 10000},
        ),
        Example(
            title=Words("No deposit was paid", "未付定金"),
            form={},
            cart=Cart("CNY", (Line("phone", 89900, 1),)),
            refused=Why.NOT_CHOSEN,
        ),
    )

    def build(self, id_: str, /, **common: Unpack[Common]) -> tuple[Promotion, ...]:
        """One benefit that lets the deposit grow."""
        return (Promotion(id_, (Benefit(Deposit(self.times), self.goods.all_units()),), **common),)
