"""The cheapest item is free (最低价免单)."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import ClassVar, Unpack

from netlift.errors import ConfigError
from netlift.promotions.cart import Cart, Line
from netlift.promotions.effects.percent import Percent
from netlift.promotions.form import EVERYTHING, WHICH, Goods, Words, entry
from netlift.promotions.mechanism import Common, Example, Mechanism
from netlift.promotions.promotion import Benefit, Promotion
from netlift.promotions.reasons import Why
from netlift.promotions.selector import Selector


@dataclass(frozen=True, slots=True, kw_only=True)
class CheapestFree(Mechanism):
    """From `units` units of `goods` on, the `free` cheapest of them cost nothing."""

    kind: ClassVar[str] = "cheapest_free"
    title: ClassVar[Words] = Words("Cheapest free", "最低价免单")
    text: ClassVar[Words] = Words(
        "Whoever buys enough of the chosen goods gets the cheapest of them for nothing, once an order.",
        "指定商品买满件数，其中最便宜的免单，每单一次。",
    )

    units: int = field(metadata=entry("From units", "购买满件数", "count"))
    free: int = field(default=1, metadata=entry("Free units", "免单件数", "count"))
    goods: Goods = field(default=EVERYTHING, metadata=WHICH)

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title=Words("Of four items the cheapest is free", "4 件中最便宜的免单"),
            form={"units": 3},
            cart=Cart("EUR", (Line("soap", 600, 2), Line("cream", 1000, 1), Line("oil", 800, 1))),
            discounts={"soap": 600},
        ),
        Example(
            title=Words("Two items are too few", "只有 2 件"),
            form={"units": 3},
            cart=Cart("EUR", (Line("soap", 600, 2),)),
            refused=Why.TOO_FEW_UNITS,
        ),
    )

    def __post_init__(self) -> None:
        if self.free >= self.units:
            raise ConfigError(f"{self.free} of {self.units} units are free: `free` must be less than `units`")

    def build(self, id_: str, /, **common: Unpack[Common]) -> tuple[Promotion, ...]:
        """The first units in ascending order of price."""
        target = Selector(self.goods.where(), order="cheapest", max_units=self.free, min_units=self.units)
        return (Promotion(id_, (Benefit(Percent(Decimal(100)), target),), **common),)
