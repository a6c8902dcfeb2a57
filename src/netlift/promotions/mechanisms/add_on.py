"""Goods at a special price beside a purchase (加价购)."""

from dataclasses import dataclass, field
from typing import ClassVar, Unpack

from netlift.promotions.cart import Cart, Facts, Line
from netlift.promotions.effects.add_on import AddOn
from netlift.promotions.form import EVERYTHING, WHICH, Goods, Words, entry
from netlift.promotions.mechanism import Common, Example, Layer, Mechanism
from netlift.promotions.promotion import Benefit, Promotion
from netlift.promotions.reasons import Why


@dataclass(frozen=True, slots=True, kw_only=True)
class AddOnOffer(Mechanism):
    """`product` for `price` instead of `value` where `goods` cost at least `spend`, if the shopper chooses it."""

    kind: ClassVar[str] = "add_on"
    title: ClassVar[Words] = Words("Add-on", "加价购")
    text: ClassVar[Words] = Words(
        "Offers another product at a special price once the chosen goods cost enough; only who wants it gets it.",
        "指定商品满额后可加价换购另一商品，顾客选择后才加入。",
    )
    layer: ClassVar[Layer] = "extras"

    spend: int = field(metadata=entry("From an amount of", "消费满", "money"))
    product: str = field(metadata=entry("Add-on", "换购商品", "product"))
    value: int = field(metadata=entry("Its usual price", "原价", "money"))
    price: int = field(metadata=entry("Special price", "换购价", "money"))
    goods: Goods = field(default=EVERYTHING, metadata=WHICH)

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title=Words("The umbrella is offered, not forced", "可换购雨伞，不强加"),
            form={"spend": 9900, "product": "umbrella", "value": 5900, "price": 990},
            cart=Cart("CNY", (Line("bag", 12000, 1),)),
            offered=("umbrella",),
            refused=Why.NOT_CHOSEN,
        ),
        Example(
            title=Words("The shopper chose it", "顾客选择换购"),
            form={"spend": 9900, "product": "umbrella", "value": 5900, "price": 990},
            cart=Cart("CNY", (Line("bag", 12000, 1),)),
            facts=Facts(chosen={"add_on": ("umbrella",)}),
            gifts={"umbrella": 1},
            payable=12990,
        ),
        Example(
            title=Words("Too little was bought", "消费未满"),
            form={"spend": 9900, "product": "umbrella", "value": 5900, "price": 990},
            cart=Cart("CNY", (Line("bag", 9800, 1),)),
            refused=Why.BELOW_THRESHOLD,
        ),
    )

    def build(self, id_: str, /, **common: Unpack[Common]) -> tuple[Promotion, ...]:
        """An add-on on condition of what the goods are worth."""
        add_on = AddOn(self.product, self.value, self.price)
        return (Promotion(id_, (Benefit(add_on, self.goods.all_units(), self.goods.worth(self.spend)),), **common),)
