"""A price that somebody earned (拼团价, 砍价)."""

from dataclasses import dataclass, field
from typing import ClassVar, Unpack

from netlift.promotions.cart import Cart, Facts, Line
from netlift.promotions.effects.price import FixedPrice
from netlift.promotions.form import EVERYTHING, WHICH, Goods, Words, entry
from netlift.promotions.mechanism import Common, Example, Layer, Mechanism, held
from netlift.promotions.promotion import Benefit, Promotion
from netlift.promotions.reasons import Why
from netlift.promotions.selector import Selector


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalPrice(Mechanism):
    """`goods` cost `price` minor units for who holds the token of this promotion."""

    kind: ClassVar[str] = "personal_price"
    title: ClassVar[Words] = Words("Personal price", "拼团价")
    text: ClassVar[Words] = Words(
        "A group purchase or a bargaining game outside the checkout grants a token; its holder pays this price.",
        "拼团、砍价等玩法成功后发放资格，持有者按此价格购买。",
    )
    layer: ClassVar[Layer] = "item"

    price: int = field(metadata=entry("Price", "价格", "money"))
    units_per_order: int | None = field(default=1, metadata=entry("Units per order", "每单限购", "count"))
    goods: Goods = field(default=EVERYTHING, metadata=WHICH)

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title=Words("One of two boxes at the price of the group", "两盒中一盒按拼团价"),
            form={"price": 5900},
            cart=Cart("CNY", (Line("mangoes", 7900, 2),)),
            facts=Facts(tokens=frozenset({"personal_price"})),
            discounts={"mangoes": 2000},
        ),
        Example(
            title=Words("The group is not complete yet", "尚未成团"),
            form={"price": 5900},
            cart=Cart("CNY", (Line("mangoes", 7900, 1),)),
            refused=Why.NEEDS_TOKEN,
        ),
    )

    def build(self, id_: str, /, **common: Unpack[Common]) -> tuple[Promotion, ...]:
        """A shelf price for the holder of the token."""
        target = Selector(self.goods.where(), max_units=self.units_per_order)
        return (Promotion(id_, (Benefit(FixedPrice(self.price), target),), level="catalog", **held(common)),)
