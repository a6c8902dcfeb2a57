"""Per cent off goods (打折)."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import ClassVar, Unpack

from netlift.promotions.cart import Cart, Line
from netlift.promotions.effects.percent import Percent
from netlift.promotions.form import EVERYTHING, WHICH, Goods, Words, entry
from netlift.promotions.mechanism import Common, Example, Mechanism
from netlift.promotions.promotion import Benefit, Caps, Promotion
from netlift.promotions.reasons import Why


@dataclass(frozen=True, slots=True, kw_only=True)
class PercentOff(Mechanism):
    """`off` per cent off every unit of `goods`, at most `most` minor units an order."""

    kind: ClassVar[str] = "percent_off"
    title: ClassVar[Words] = Words("Percent off", "打折")
    text: ClassVar[Words] = Words(
        "Takes a share off the price of the chosen goods, up to a maximum if there is one.",
        "指定商品按比例优惠，可设最高优惠金额。",
    )

    off: Decimal = field(metadata=entry("Discount", "优惠比例", "percent"))
    goods: Goods = field(default=EVERYTHING, metadata=WHICH)
    most: int | None = field(default=None, metadata=entry("At most", "最高优惠", "money"))

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title=Words(
                "20 % off tea: a fifth of 29.97 is 5.994, rounded to 5.99",
                "茶叶八折：29.97 的两成是 5.994，四舍五入为 5.99",
            ),
            form={"off": "20", "goods": {"categories": ["tea"]}},
            cart=Cart("EUR", (Line("green tea", 999, 3, category=("tea",)), Line("cup", 700, 1, category=("cups",)))),
            discounts={"green tea": 599},
        ),
        Example(
            title=Words(
                "20 % off but at most 7.00: 10.00 and 4.00 are scaled down by half",
                "八折最高优惠 7.00：10.00 与 4.00 各减半",
            ),
            form={"off": "20", "most": 700},
            cart=Cart("EUR", (Line("coffee", 5000, 1), Line("tea", 2000, 1))),
            discounts={"coffee": 500, "tea": 200},
        ),
        Example(
            title=Words("No tea in the cart", "购物车内没有茶叶"),
            form={"off": "20", "goods": {"categories": ["tea"]}},
            cart=Cart("EUR", (Line("cup", 700, 1, category=("cups",)),)),
            refused=Why.NO_MATCHING_GOODS,
        ),
    )

    def build(self, id_: str, /, **common: Unpack[Common]) -> tuple[Promotion, ...]:
        """One benefit on all units of the goods."""
        benefit = Benefit(Percent(self.off), self.goods.all_units(), caps=Caps(self.most))
        return (Promotion(id_, (benefit,), **common),)
