"""Any so many of the goods for one price (N件任选)."""

from dataclasses import dataclass, field
from typing import ClassVar, Unpack

from netlift.promotions.cart import Cart, Line
from netlift.promotions.effects.price import FixedPrice
from netlift.promotions.form import EVERYTHING, WHICH, Goods, Words, entry
from netlift.promotions.mechanism import Common, Example, Mechanism
from netlift.promotions.promotion import Benefit, Promotion
from netlift.promotions.reasons import Why
from netlift.promotions.selector import Selector


@dataclass(frozen=True, slots=True, kw_only=True)
class MixAndMatch(Mechanism):
    """Every `units` units of `goods`, dearest first, cost `price` minor units together."""

    kind: ClassVar[str] = "mix_and_match"
    title: ClassVar[Words] = Words("Mix and match", "N件任选")
    text: ClassVar[Words] = Words(
        "Any so many of the chosen goods together cost one price.",
        "指定商品任选 N 件，一口价。",
    )

    units: int = field(metadata=entry("Units", "件数", "count"))
    price: int = field(metadata=entry("Price of the group", "组合价", "money"))
    goods: Goods = field(default=EVERYTHING, metadata=WHICH)

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title=Words("Any three for 20.00: 5.00 off, shared 18 to 7", "任选 3 件 20.00：减 5.00，按 18∶7 分摊"),
            form={"units": 3, "price": 2000},
            cart=Cart("EUR", (Line("tea", 900, 2), Line("biscuits", 700, 1))),
            discounts={"tea": 360, "biscuits": 140},
        ),
        Example(
            title=Words("Two are too few", "只有 2 件"),
            form={"units": 3, "price": 2000},
            cart=Cart("EUR", (Line("tea", 900, 2),)),
            refused=Why.TOO_FEW_UNITS,
        ),
    )

    def build(self, id_: str, /, **common: Unpack[Common]) -> tuple[Promotion, ...]:
        """Groups at a price for all of each."""
        target = Selector(self.goods.where(), order="dearest", group_size=self.units)
        return (Promotion(id_, (Benefit(FixedPrice(self.price), target, allocation="across"),), **common),)
