"""Every Nth item cheaper (第N件折扣)."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import ClassVar, Unpack

from netlift.promotions.cart import Cart, Line
from netlift.promotions.effects.percent import Percent
from netlift.promotions.form import EVERYTHING, WHICH, Goods, Words, entry
from netlift.promotions.mechanism import Common, Example, Mechanism
from netlift.promotions.promotion import Benefit, Promotion
from netlift.promotions.reasons import Why
from netlift.promotions.selector import Selector


@dataclass(frozen=True, slots=True, kw_only=True)
class NthItem(Mechanism):
    """In order of price, dearest first, every `number`th unit of `goods` is `off` per cent cheaper."""

    kind: ClassVar[str] = "nth_item"
    title: ClassVar[Words] = Words("Nth item", "第N件折扣")
    text: ClassVar[Words] = Words(
        "Every Nth of the chosen goods, counted from the dearest, is cheaper.",
        "指定商品按价格从高到低，每第 N 件打折。",
    )

    number: int = field(metadata=entry("Every so many units", "第几件", "count"))
    off: Decimal = field(metadata=entry("Discount", "优惠比例", "percent"))
    same_product: bool = field(default=False, metadata=entry("Of one product only", "仅限同款", "yes_no"))
    goods: Goods = field(default=EVERYTHING, metadata=WHICH)

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title=Words("The third item, the cheapest of three, is 30 % cheaper", "第 3 件（三件中最便宜的）七折"),
            form={"number": 3, "off": "30"},
            cart=Cart("EUR", (Line("soap", 600, 1), Line("cream", 1000, 1), Line("oil", 800, 1))),
            discounts={"soap": 180},
        ),
        Example(
            title=Words("Two items are too few", "只有 2 件"),
            form={"number": 3, "off": "30"},
            cart=Cart("EUR", (Line("cream", 1000, 2),)),
            refused=Why.TOO_FEW_UNITS,
        ),
    )

    def build(self, id_: str, /, **common: Unpack[Common]) -> tuple[Promotion, ...]:
        """Groups of that size, of which the last place is reduced."""
        target = Selector(
            self.goods.where(),
            order="dearest",
            group_size=self.number,
            positions=(self.number,),
            same_line=self.same_product,
        )
        return (Promotion(id_, (Benefit(Percent(self.off), target),), **common),)
