"""Higher amounts off for higher spending (阶梯满减)."""

from dataclasses import dataclass, field
from typing import ClassVar, Unpack

from netlift.promotions.cart import Cart, Line
from netlift.promotions.effects.amount import AmountOff
from netlift.promotions.form import EVERYTHING, WHICH, Goods, Words, entry
from netlift.promotions.mechanism import Common, Example, Mechanism
from netlift.promotions.promotion import Benefit, Promotion
from netlift.promotions.reasons import Why
from netlift.promotions.value import Tier, Tiers


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendTier:
    """From `spend` minor units on, `off` minor units."""

    spend: int = field(metadata=entry("From an amount of", "消费满", "money"))
    off: int = field(metadata=entry("Amount off", "优惠金额", "money"))


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendTiers(Mechanism):
    """The amount of the highest tier that the goods reach, off the goods together."""

    kind: ClassVar[str] = "spend_tiers"
    title: ClassVar[Words] = Words("Tiers by amount", "阶梯满减")
    text: ClassVar[Words] = Words(
        "The more is spent on the chosen goods, the more is taken off; the highest tier reached counts.",
        "指定商品消费越多减得越多，按达到的最高一档计算。",
    )

    tiers: tuple[SpendTier, ...] = field(metadata=entry("Tiers", "优惠档位", "rows"))
    goods: Goods = field(default=EVERYTHING, metadata=WHICH)

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title=Words(
                "350.00 reaches the tier of 300.00: 50.00 are shared 250 to 100",
                "350.00 达到满 300 档：50.00 按 250∶100 分摊",
            ),
            form={"tiers": [{"spend": 20000, "off": 2000}, {"spend": 30000, "off": 5000}]},
            cart=Cart("CNY", (Line("coat", 25000, 1), Line("scarf", 10000, 1))),
            discounts={"coat": 3571, "scarf": 1429},
        ),
        Example(
            title=Words("150.00 reaches no tier", "150.00 未达到任何一档"),
            form={"tiers": [{"spend": 20000, "off": 2000}, {"spend": 30000, "off": 5000}]},
            cart=Cart("CNY", (Line("coat", 15000, 1),)),
            refused=Why.BELOW_THRESHOLD,
        ),
    )

    def build(self, id_: str, /, **common: Unpack[Common]) -> tuple[Promotion, ...]:
        """One amount off across the goods, by tiers."""
        tiers = Tiers(tuple(Tier(tier.spend, tier.off) for tier in self.tiers))
        return (Promotion(id_, (Benefit(AmountOff(tiers), self.goods.all_units(), allocation="across"),), **common),)
