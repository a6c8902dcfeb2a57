"""Free or cheaper delivery (包邮)."""

from dataclasses import dataclass, field
from typing import ClassVar, Unpack

from netlift.promotions.cart import Cart, Line, Shipping
from netlift.promotions.effects.shipping import ShippingOff
from netlift.promotions.form import EVERYTHING, WHICH, Goods, Words, entry
from netlift.promotions.mechanism import Common, Example, Layer, Mechanism
from netlift.promotions.promotion import Benefit, Promotion
from netlift.promotions.reasons import Why


@dataclass(frozen=True, slots=True, kw_only=True)
class CheapShipping(Mechanism):
    """Delivery by `methods` costs `price` minor units where `goods` cost at least `spend`."""

    kind: ClassVar[str] = "cheap_shipping"
    title: ClassVar[Words] = Words("Shipping", "包邮")
    text: ClassVar[Words] = Words(
        "Delivery is free, or costs a lower price, once the chosen goods cost enough.",
        "指定商品满额包邮或享优惠运费。",
    )
    layer: ClassVar[Layer] = "extras"

    spend: int = field(default=0, metadata=entry("From an amount of", "消费满", "money"))
    price: int = field(default=0, metadata=entry("Price of delivery", "运费", "money"))
    methods: tuple[str, ...] = field(default=(), metadata=entry("Ways of delivery", "配送方式", "text"))
    goods: Goods = field(default=EVERYTHING, metadata=WHICH)

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title=Words("Standard delivery is free from 49.00 on, express is not", "满 49.00 标准配送包邮，快递除外"),
            form={"spend": 4900, "methods": ["standard"]},
            cart=Cart("EUR", (Line("book", 2500, 2),), (Shipping("standard", 490), Shipping("express", 990))),
            shipping={"standard": 490},
        ),
        Example(
            title=Words("For 1.00 instead of 4.90", "运费 1.00，原 4.90"),
            form={"price": 100},
            cart=Cart("EUR", (Line("book", 2500, 1),), (Shipping("standard", 490),)),
            shipping={"standard": 390},
        ),
        Example(
            title=Words("24.00 short", "还差 24.00"),
            form={"spend": 4900},
            cart=Cart("EUR", (Line("book", 2500, 1),), (Shipping("standard", 490),)),
            refused=Why.BELOW_THRESHOLD,
        ),
    )

    def build(self, id_: str, /, **common: Unpack[Common]) -> tuple[Promotion, ...]:
        """A price of delivery, on condition of what the goods are worth."""
        when = self.goods.worth(self.spend) if self.spend else None
        benefit = Benefit(ShippingOff(price=self.price, methods=self.methods), self.goods.all_units(), when)
        return (Promotion(id_, (benefit,), **common),)
