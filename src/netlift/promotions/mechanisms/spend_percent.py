"""Per cent off from an amount on (满额折)."""

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
class SpendRate:
    """From `spend` minor units on, `off` per cent."""

    spend: int = field(metadata=entry("From an amount of", "消费满", "money"))
    off: Decimal = field(metadata=entry("Discount", "优惠比例", "percent"))


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendPercent(Mechanism):
    """The rate of the highest tier that the goods reach, off every unit."""

    kind: ClassVar[str] = "spend_percent"
    title: ClassVar[Words] = Words("Percent by amount", "满额折")
    text: ClassVar[Words] = Words(
        "The more is spent on the chosen goods, the higher the percentage off; the highest tier reached counts.",
        "指定商品消费满额打折，按达到的最高一档计算。",
    )

    tiers: tuple[SpendRate, ...] = field(metadata=entry("Tiers", "优惠档位", "rows"))
    goods: Goods = field(default=EVERYTHING, metadata=WHICH)

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title=Words("120.00 reaches 10 %, not yet 15 %", "120.00 达到九折档，未到八五折档"),
            form={"tiers": [{"spend": 10000, "off": "10"}, {"spend": 20000, "off": "15"}]},
            cart=Cart("EUR", (Line("lamp", 8000, 1), Line("bulb", 1000, 4))),
            discounts={"lamp": 800, "bulb": 400},
        ),
        Example(
            title=Words("99.99 is a cent short", "99.99 差 0.01"),
            form={"tiers": [{"spend": 10000, "off": "10"}]},
            cart=Cart("EUR", (Line("lamp", 9999, 1),)),
            refused=Why.BELOW_THRESHOLD,
        ),
    )

    def build(self, id_: str, /, **common: Unpack[Common]) -> tuple[Promotion, ...]:
        """One percentage by tiers."""
        tiers = Tiers(tuple(Tier(tier.spend, tier.off) for tier in self.tiers))
        return (Promotion(id_, (Benefit(Percent(tiers), self.goods.all_units()),), **common),)
