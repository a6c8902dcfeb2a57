"""Per cent off for customers who stayed away (老客召回)."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import ClassVar, Unpack

from netlift.promotions.cart import Cart, Facts, Line
from netlift.promotions.effects.percent import Percent
from netlift.promotions.form import EVERYTHING, WHICH, Goods, Words, entry
from netlift.promotions.mechanism import Common, Example, Mechanism, only_for
from netlift.promotions.predicate import Test
from netlift.promotions.promotion import Benefit, Promotion
from netlift.promotions.reasons import Why


@dataclass(frozen=True, slots=True, kw_only=True)
class WinBack(Mechanism):
    """`off` per cent off `goods` where the last order is `days` days ago or longer."""

    kind: ClassVar[str] = "win_back"
    title: ClassVar[Words] = Words("Win-back", "老客召回")
    text: ClassVar[Words] = Words(
        "For customers who have not ordered for a while.",
        "久未下单的老客专享折扣。",
    )

    days: int = field(metadata=entry("Days since the last order", "距上次下单天数", "days"))
    off: Decimal = field(metadata=entry("Discount", "优惠比例", "percent"))
    goods: Goods = field(default=EVERYTHING, metadata=WHICH)

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title=Words("120 days away", "120 天未下单"),
            form={"days": 90, "off": "15"},
            cart=Cart("EUR", (Line("tea", 2000, 2),)),
            facts=Facts(days_since_order=120),
            discounts={"tea": 600},
        ),
        Example(
            title=Words("Ordered a month ago", "一个月前下过单"),
            form={"days": 90, "off": "15"},
            cart=Cart("EUR", (Line("tea", 2000, 2),)),
            facts=Facts(days_since_order=30),
            refused=Why.WRONG_CUSTOMER,
        ),
    )

    def build(self, id_: str, /, **common: Unpack[Common]) -> tuple[Promotion, ...]:
        """The audience is those who stayed away."""
        audience = Test("customer.days_since_order", ">=", self.days)
        return (Promotion(id_, (Benefit(Percent(self.off), self.goods.all_units()),), **only_for(common, audience)),)
