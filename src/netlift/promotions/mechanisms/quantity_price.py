"""A lower unit price for larger quantities (批发价)."""

from dataclasses import dataclass, field
from typing import ClassVar, Unpack

from netlift.promotions.cart import Cart, Line
from netlift.promotions.effects.price import FixedPrice
from netlift.promotions.form import EVERYTHING, WHICH, Goods, Words, entry
from netlift.promotions.mechanism import Common, Example, Mechanism
from netlift.promotions.promotion import Benefit, Promotion
from netlift.promotions.reasons import Why
from netlift.promotions.value import Tier, Tiers


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantityPrice:
    """From `units` units on, each costs `price` minor units."""

    units: int = field(metadata=entry("From units", "购买满件数", "count"))
    price: int = field(metadata=entry("Unit price", "单价", "money"))


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantityPrices(Mechanism):
    """The unit price of the highest tier that the number of units reaches."""

    kind: ClassVar[str] = "quantity_price"
    title: ClassVar[Words] = Words("Quantity prices", "批发价")
    text: ClassVar[Words] = Words(
        "The more units of the chosen goods, the lower the price of each of them.",
        "指定商品买得越多单价越低，全部件数按达到的最高一档计价。",
    )

    tiers: tuple[QuantityPrice, ...] = field(metadata=entry("Tiers", "优惠档位", "rows"))
    goods: Goods = field(default=EVERYTHING, metadata=WHICH)

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title=Words("Twelve units reach the price of 8.00", "12 件达到单价 8.00 一档"),
            form={"tiers": [{"units": 5, "price": 900}, {"units": 10, "price": 800}]},
            cart=Cart("EUR", (Line("tile", 1000, 12),)),
            discounts={"tile": 2400},
        ),
        Example(
            title=Words("Four units are too few", "4 件不足一档"),
            form={"tiers": [{"units": 5, "price": 900}, {"units": 10, "price": 800}]},
            cart=Cart("EUR", (Line("tile", 1000, 4),)),
            refused=Why.BELOW_THRESHOLD,
        ),
    )

    def build(self, id_: str, /, **common: Unpack[Common]) -> tuple[Promotion, ...]:
        """One unit price by tiers of the number of units."""
        tiers = Tiers(tuple(Tier(tier.units, tier.price) for tier in self.tiers), "selection.quantity")
        return (Promotion(id_, (Benefit(FixedPrice(tiers), self.goods.all_units()),), **common),)
