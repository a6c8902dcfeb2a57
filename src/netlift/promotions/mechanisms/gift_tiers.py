"""Better gifts for higher spending (阶梯满赠)."""

from dataclasses import dataclass, field
from typing import ClassVar, Unpack

from netlift.errors import ConfigError
from netlift.promotions.cart import Cart, Line
from netlift.promotions.effects.gift import FreeGift
from netlift.promotions.form import EVERYTHING, WHICH, Goods, Words, entry
from netlift.promotions.mechanism import Common, Example, Layer, Mechanism
from netlift.promotions.predicate import Not, everything
from netlift.promotions.promotion import Benefit, Promotion
from netlift.promotions.reasons import Why


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftTier:
    """From `spend` minor units on, `quantity` units of `product`, which costs `value` otherwise."""

    spend: int = field(metadata=entry("From an amount of", "消费满", "money"))
    product: str = field(metadata=entry("Gift", "赠品", "product"))
    value: int = field(metadata=entry("Its usual price", "赠品原价", "money"))
    quantity: int = field(default=1, metadata=entry("Units of the gift", "赠送件数", "count"))


_TIERS = [{"spend": 10000, "product": "sample", "value": 500}, {"spend": 30000, "product": "mug", "value": 2500}]


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftTiers(Mechanism):
    """The gift of the highest tier that the goods reach at shelf prices, and no other."""

    kind: ClassVar[str] = "gift_tiers"
    title: ClassVar[Words] = Words("Gifts by amount", "阶梯满赠")
    text: ClassVar[Words] = Words(
        "The more is spent on the chosen goods, the better the gift; only that of the highest tier is given.",
        "指定商品消费越多赠品越好，只送达到的最高一档赠品。",
    )
    layer: ClassVar[Layer] = "extras"

    tiers: tuple[GiftTier, ...] = field(metadata=entry("Tiers", "赠品档位", "rows"))
    goods: Goods = field(default=EVERYTHING, metadata=WHICH)

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title=Words("320.00 earns the mug, and not the sample too", "320.00 送杯子，不再送小样"),
            form={"tiers": _TIERS},
            cart=Cart("CNY", (Line("tea", 16000, 2),)),
            gifts={"mug": 1},
            payable=32000,
        ),
        Example(
            title=Words("299.99 earns the sample", "299.99 送小样"),
            form={"tiers": _TIERS},
            cart=Cart("CNY", (Line("tea", 29999, 1),)),
            gifts={"sample": 1},
        ),
        Example(
            title=Words("Too little for any gift", "未达到任何一档"),
            form={"tiers": _TIERS},
            cart=Cart("CNY", (Line("tea", 9999, 1),)),
            refused=Why.BELOW_THRESHOLD,
        ),
    )

    def __post_init__(self) -> None:
        starts = [tier.spend for tier in self.tiers]
        if not starts or starts != sorted(set(starts)):
            raise ConfigError(f"the tiers start at {starts}: give at least one, each from a higher amount on")

    def build(self, id_: str, /, **common: Unpack[Common]) -> tuple[Promotion, ...]:
        """A benefit for each tier, on condition that the next is not reached."""
        nexts = [*(self.goods.worth(tier.spend) for tier in self.tiers[1:]), None]
        benefits = tuple(
            Benefit(
                FreeGift(tier.product, tier.value, tier.quantity),
                self.goods.all_units(),
                everything(self.goods.worth(tier.spend), None if above is None else Not(above)),
            )
            for tier, above in zip(self.tiers, nexts, strict=True)
        )
        return (Promotion(id_, benefits, **common),)
