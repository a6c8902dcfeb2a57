"""Per cent off a customer's first order, or any later one (首单优惠)."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import ClassVar, Unpack

from netlift.promotions.cart import Cart, Facts, Line
from netlift.promotions.effects.percent import Percent
from netlift.promotions.form import EVERYTHING, WHICH, Goods, Words, entry
from netlift.promotions.mechanism import Common, Example, Mechanism, only_for
from netlift.promotions.predicate import Test
from netlift.promotions.promotion import Benefit, Caps, Promotion
from netlift.promotions.reasons import Why


@dataclass(frozen=True, slots=True, kw_only=True)
class NthOrder(Mechanism):
    """`off` per cent off `goods` in the customer's order number `number`."""

    kind: ClassVar[str] = "nth_order"
    title: ClassVar[Words] = Words("First order", "首单优惠")
    text: ClassVar[Words] = Words(
        "For new customers, or for the Nth order of everybody: takes a share off that one order.",
        "新客首单或第 N 单专享折扣。",
    )

    off: Decimal = field(metadata=entry("Discount", "优惠比例", "percent"))
    number: int = field(default=1, metadata=entry("Order number", "第几单", "count"))
    most: int | None = field(default=None, metadata=entry("At most", "最高优惠", "money"))
    goods: Goods = field(default=EVERYTHING, metadata=WHICH)

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title=Words("The first order", "首单"),
            form={"off": "10"},
            cart=Cart("EUR", (Line("tea", 5000, 1),)),
            facts=Facts(orders_placed=0),
            discounts={"tea": 500},
        ),
        Example(
            title=Words("The third order, when the second is meant", "第 3 单，活动限第 2 单"),
            form={"off": "10", "number": 2},
            cart=Cart("EUR", (Line("tea", 5000, 1),)),
            facts=Facts(orders_placed=2),
            refused=Why.WRONG_CUSTOMER,
        ),
        Example(
            title=Words("Nobody knows how many orders there were", "历史订单数未知"),
            form={"off": "10"},
            cart=Cart("EUR", (Line("tea", 5000, 1),)),
            refused=Why.FACT_UNKNOWN,
        ),
    )

    def build(self, id_: str, /, **common: Unpack[Common]) -> tuple[Promotion, ...]:
        """The audience is those at that order."""
        benefit = Benefit(Percent(self.off), self.goods.all_units(), caps=Caps(self.most))
        audience = Test("customer.order_number", "==", self.number)
        return (Promotion(id_, (benefit,), **only_for(common, audience)),)
