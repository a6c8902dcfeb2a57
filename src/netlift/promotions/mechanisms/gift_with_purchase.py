"""A gift for every so many units (买赠)."""

from dataclasses import dataclass, field
from typing import ClassVar, Unpack

from netlift.promotions.cart import Cart, Line
from netlift.promotions.effects.gift import FreeGift
from netlift.promotions.form import EVERYTHING, WHICH, Goods, Words, entry
from netlift.promotions.mechanism import Common, Example, Layer, Mechanism
from netlift.promotions.promotion import Benefit, Promotion
from netlift.promotions.reasons import Why
from netlift.promotions.value import Steps


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftWithPurchase(Mechanism):
    """For every `buy` units of `goods`, `quantity` units of `product` for nothing, at most `at_most` times."""

    kind: ClassVar[str] = "gift_with_purchase"
    title: ClassVar[Words] = Words("Gift with purchase", "买赠")
    text: ClassVar[Words] = Words(
        "Puts gifts into the cart for every so many units of the chosen goods; the shopper may refuse them.",
        "指定商品每买 N 件赠送礼品，顾客可以不要。",
    )
    layer: ClassVar[Layer] = "extras"

    buy: int = field(default=1, metadata=entry("For every units", "每买件数", "count"))
    product: str = field(metadata=entry("Gift", "赠品", "product"))
    value: int = field(metadata=entry("Its usual price", "赠品原价", "money"))
    quantity: int = field(default=1, metadata=entry("Units of the gift", "赠送件数", "count"))
    at_most: int | None = field(default=None, metadata=entry("At most times", "最多次数", "count"))
    goods: Goods = field(default=EVERYTHING, metadata=WHICH)

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title=Words("Seven cans hold three twice: two toys", "7 罐含两个 3 罐：送 2 个玩具"),
            form={"buy": 3, "product": "toy", "value": 500, "goods": {"products": ["cat food"]}},
            cart=Cart("CNY", (Line("cat food", 1500, 7),)),
            gifts={"toy": 2},
        ),
        Example(
            title=Words("Two cans are too few", "只有 2 罐"),
            form={"buy": 3, "product": "toy", "value": 500, "goods": {"products": ["cat food"]}},
            cart=Cart("CNY", (Line("cat food", 1500, 2),)),
            refused=Why.BELOW_THRESHOLD,
        ),
    )

    def build(self, id_: str, /, **common: Unpack[Common]) -> tuple[Promotion, ...]:
        """A gift whose quantity goes by steps of the units bought."""
        steps = Steps(self.buy, self.quantity, "selection.quantity", self.at_most)
        return (
            Promotion(id_, (Benefit(FreeGift(self.product, self.value, steps), self.goods.all_units()),), **common),
        )
