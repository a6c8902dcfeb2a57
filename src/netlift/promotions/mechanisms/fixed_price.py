"""A price for each unit (一口价)."""

from dataclasses import dataclass, field
from typing import ClassVar, Unpack

from netlift.promotions.cart import Cart, Line
from netlift.promotions.effects.price import FixedPrice
from netlift.promotions.form import EVERYTHING, WHICH, Goods, Words, entry
from netlift.promotions.mechanism import Common, Example, Mechanism
from netlift.promotions.promotion import Benefit, Promotion
from netlift.promotions.reasons import Why


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitPrice(Mechanism):
    """Every unit of `goods` costs `price` minor units."""

    kind: ClassVar[str] = "fixed_price"
    title: ClassVar[Words] = Words("Fixed price", "一口价")
    text: ClassVar[Words] = Words(
        "Each of the chosen goods costs this price; goods that are cheaper already stay as they are.",
        "指定商品每件按此价格出售，本来更便宜的商品保持原价。",
    )

    price: int = field(metadata=entry("Price", "价格", "money"))
    goods: Goods = field(default=EVERYTHING, metadata=WHICH)

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title=Words(
                "Everything of the shelf for 8.00: 9.99 falls by 1.99 a unit, 7.00 stays",
                "全场 8.00：9.99 每件减 1.99，7.00 不变",
            ),
            form={"price": 800},
            cart=Cart("EUR", (Line("tea", 999, 2), Line("cup", 700, 1))),
            discounts={"tea": 398},
        ),
        Example(
            title=Words("Another brand", "其他品牌"),
            form={"price": 800, "goods": {"brands": ["Alpen"]}},
            cart=Cart("EUR", (Line("tea", 999, 1, brand="Inselhaus"),)),
            refused=Why.NO_MATCHING_GOODS,
        ),
    )

    def build(self, id_: str, /, **common: Unpack[Common]) -> tuple[Promotion, ...]:
        """One benefit that sets the unit price."""
        return (Promotion(id_, (Benefit(FixedPrice(self.price), self.goods.all_units()),), **common),)
