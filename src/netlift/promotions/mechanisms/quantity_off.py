"""An amount off by the number of units (满件减)."""

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
class QuantityOff:
    """From `units` units on, `off` minor units."""

    units: int = field(metadata=entry("From units", "购买满件数", "count"))
    off: int = field(metadata=entry("Amount off", "优惠金额", "money"))


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantityAmounts(Mechanism):
    """The amount of the highest tier that the number of units reaches, off the goods together."""

    kind: ClassVar[str] = "quantity_off"
    title: ClassVar[Words] = Words("Amount by quantity", "满件减")
    text: ClassVar[Words] = Words(
        "The more units of the chosen goods, the more is taken off; the highest tier reached counts.",
        "指定商品买得越多减得越多，按达到的最高一档计算。",
    )

    tiers: tuple[QuantityOff, ...] = field(metadata=entry("Tiers", "优惠档位", "rows"))
    goods: Goods = field(default=EVERYTHING, metadata=WHICH)

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title=Words(
                "Four units reach the tier of three: 30.00 are shared 2 to 1", "4 件达到满 3 件档：30.00 按 2∶1 分摊"
            ),
            form={"tiers": [{"units": 2, "off": 1500}, {"units": 3, "off": 3000}, {"units": 5, "off": 6000}]},
            cart=Cart("CNY", (Line("shirt", 8000, 2), Line("cap", 4000, 2))),
            discounts={"shirt": 2000, "cap": 1000},
        ),
        Example(
            title=Words("One unit is too few", "只有 1 件"),
            form={"tiers": [{"units": 2, "off": 1500}]},
            cart=Cart("CNY", (Line("shirt", 8000, 1),)),
            refused=Why.BELOW_THRESHOLD,
        ),
    )

    def build(self, id_: str, /, **common: Unpack[Common]) -> tuple[Promotion, ...]:
        """One amount off across the goods, by tiers of the number of units."""
        tiers = Tiers(tuple(Tier(tier.units, tier.off) for tier in self.tiers), "selection.quantity")
        return (Promotion(id_, (Benefit(AmountOff(tiers), self.goods.all_units(), allocation="across"),), **common),)
