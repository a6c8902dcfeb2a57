"""The second at half price (第二件半价)."""

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
class SecondHalfPrice(Mechanism):
    """Of every two units of `goods` the cheaper one costs half."""

    kind: ClassVar[str] = "second_half_price"
    title: ClassVar[Words] = Words("Second at half price", "第二件半价")
    text: ClassVar[Words] = Words(
        "Of every two of the chosen goods the cheaper one costs half.",
        "指定商品每两件中较便宜的一件半价。",
    )

    same_product: bool = field(default=False, metadata=entry("Of one product only", "仅限同款", "yes_no"))
    goods: Goods = field(default=EVERYTHING, metadata=WHICH)

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title=Words("Of five milks two are at half price", "5 盒牛奶，两盒半价"),
            form={},
            cart=Cart("CNY", (Line("milk", 5990, 5),)),
            discounts={"milk": 5990},
        ),
        Example(
            title=Words("The cheaper of two is at half price", "两件中较便宜的一件半价"),
            form={},
            cart=Cart("CNY", (Line("milk", 5990, 1), Line("yoghurt", 3900, 1))),
            discounts={"yoghurt": 1950},
        ),
        Example(
            title=Words(
                "Two different products do not count where one product is asked for", "限同款时，两款不同商品不算"
            ),
            form={"same_product": True},
            cart=Cart("CNY", (Line("milk", 5990, 1), Line("yoghurt", 3900, 1))),
            refused=Why.TOO_FEW_UNITS,
        ),
    )

    def build(self, id_: str, /, **common: Unpack[Common]) -> tuple[Promotion, ...]:
        """Pairs in order of price, of which the second place is reduced."""
        target = Selector(
            self.goods.where(), order="dearest", group_size=2, positions=(2,), same_line=self.same_product
        )
        return (Promotion(id_, (Benefit(Percent(Decimal(50)), target),), **common),)
