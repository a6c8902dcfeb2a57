"""A gift from an amount on (满赠)."""

from dataclasses import dataclass, field
from typing import ClassVar, Unpack

from netlift.promotions.cart import Cart, Facts, Line
from netlift.promotions.effects.gift import FreeGift
from netlift.promotions.form import EVERYTHING, WHICH, Goods, Words, entry
from netlift.promotions.mechanism import Common, Example, Layer, Mechanism
from netlift.promotions.promotion import Benefit, Promotion
from netlift.promotions.reasons import Why


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftWithSpend(Mechanism):
    """`quantity` units of `product` for nothing where `goods` cost at least `spend` minor units."""

    kind: ClassVar[str] = "gift_with_spend"
    title: ClassVar[Words] = Words("Gift with spend", "满赠")
    text: ClassVar[Words] = Words(
        "Puts a gift into the cart once the chosen goods cost enough; the shopper may refuse it.",
        "指定商品满额赠送礼品，顾客可以不要。",
    )
    layer: ClassVar[Layer] = "extras"

    spend: int = field(metadata=entry("From an amount of", "消费满", "money"))
    product: str = field(metadata=entry("Gift", "赠品", "product"))
    value: int = field(metadata=entry("Its usual price", "赠品原价", "money"))
    quantity: int = field(default=1, metadata=entry("Units of the gift", "赠送件数", "count"))
    goods: Goods = field(default=EVERYTHING, metadata=WHICH)

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title=Words("120.00 earns a mug", "满 100.00 送杯子"),
            form={"spend": 10000, "product": "mug", "value": 1200},
            cart=Cart("CNY", (Line("tea", 6000, 2),)),
            gifts={"mug": 1},
            payable=12000,
        ),
        Example(
            title=Words("20.00 short", "还差 20.00"),
            form={"spend": 10000, "product": "mug", "value": 1200},
            cart=Cart("CNY", (Line("tea", 8000, 1),)),
            refused=Why.BELOW_THRESHOLD,
        ),
        Example(
            title=Words("The shopper does not want it", "顾客不要赠品"),
            form={"spend": 10000, "product": "mug", "value": 1200},
            cart=Cart("CNY", (Line("tea", 6000, 2),)),
            facts=Facts(declined=frozenset({"gift_with_spend"})),
            refused=Why.DECLINED,
        ),
    )

    def build(self, id_: str, /, **common: Unpack[Common]) -> tuple[Promotion, ...]:
        """A gift on condition of what the goods are worth."""
        gift = FreeGift(self.product, self.value, self.quantity)
        return (Promotion(id_, (Benefit(gift, self.goods.all_units(), self.goods.worth(self.spend)),), **common),)
