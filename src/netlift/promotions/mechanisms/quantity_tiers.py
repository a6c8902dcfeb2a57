"""Per cent off by the number of units (N件M折)."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import ClassVar, Unpack

from netlift.promotions.cart import Cart, Line
from netlift.promotions.effects.percent import Percent
from netlift.promotions.form import EVERYTHING, WHICH, Goods, Words, entry
from netlift.promotions.mechanism import Common, Example, Mechanism
from netlift.promotions.promotion import Benefit, Promotion
from netlift.promotions.reasons import Why
from netlift.promotions.value import Tier, Tiers


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantityTier:
    """From `units` units on, `off` per cent."""

    units: int = field(metadata=entry("From units", "购买满件数", "count"))
    off: Decimal = field(metadata=entry("Discount", "优惠比例", "percent"))


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantityTiers(Mechanism):
    """The rate of the highest tier that the number of units reaches, off every unit."""

    kind: ClassVar[str] = "quantity_tiers"
    title: ClassVar[Words] = Words("Tiers by quantity", "N件M折")
    text: ClassVar[Words] = Words(
        "The more units of the chosen goods, the higher the percentage off all of them.",
        "指定商品买得越多折扣越大，按达到的最高一档对全部件数打折。",
    )

    tiers: tuple[QuantityTier, ...] = field(metadata=entry("Tiers", "优惠档位", "rows"))
    goods: Goods = field(default=EVERYTHING, metadata=WHICH)

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title=Words("Three units: 20 % off all of them", "3 件八折"),
            form={"tiers": [{"units": 2, "off": "10"}, {"units": 3, "off": "20"}]},
            cart=Cart("CNY", (Line("shirt", 9900, 2), Line("socks", 2000, 1))),
            discounts={"shirt": 3960, "socks": 400},
        ),
        Example(
            title=Words("One unit is too few", "只有 1 件"),
            form={"tiers": [{"units": 2, "off": "10"}, {"units": 3, "off": "20"}]},
            cart=Cart("CNY", (Line("shirt", 9900, 1),)),
            refused=Why.BELOW_THRESHOLD,
        ),
    )

    def build(self, id_: str, /, **common: Unpack[Common]) -> tuple[Promotion, ...]:
        """One percentage by tiers of the number of units."""
        tiers = Tiers(tuple(Tier(tier.units, tier.off) for tier in self.tiers), "selection.quantity")
        return (Promotion(id_, (Benefit(Percent(tiers), self.goods.all_units()),), **common),)
