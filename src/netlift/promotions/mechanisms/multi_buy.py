"""Take some, pay for fewer (买N付M)."""

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
class MultiBuy(Mechanism):
    """Of every `take` units of `goods` the cheapest are free, so that `pay` are paid."""

    kind: ClassVar[str] = "multi_buy"
    title: ClassVar[Words] = Words("Multi-buy", "买N付M")
    text: ClassVar[Words] = Words(
        "Three for two and the like: of every group the cheapest units are free.",
        "如买三付二：每组中最便宜的几件免费。",
    )

    take: int = field(default=3, metadata=entry("Take", "拿几件", "count"))
    pay: int = field(default=2, metadata=entry("Pay", "付几件", "count"))
    goods: Goods = field(default=EVERYTHING, metadata=WHICH)

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title=Words("Three for two: of seven units two are free", "买三付二：7 件中 2 件免费"),
            form={},
            cart=Cart("EUR", (Line("beer", 100, 7),)),
            discounts={"beer": 200},
        ),
        Example(
            title=Words("Three for two: the cheapest of three is free", "买三付二：三件中最便宜的免费"),
            form={},
            cart=Cart("EUR", (Line("book", 1000, 2), Line("card", 400, 1))),
            discounts={"card": 400},
        ),
        Example(
            title=Words("Two are too few", "只有 2 件"),
            form={},
            cart=Cart("EUR", (Line("book", 1000, 2),)),
            refused=Why.TOO_FEW_UNITS,
        ),
    )

    def __post_init__(self) -> None:
        if self.pay >= self.take:
            raise ConfigError(f"who takes {self.take} pays for {self.pay}: `pay` must be less than `take`")

    def build(self, id_: str, /, **common: Unpack[Common]) -> tuple[Promotion, ...]:
        """Groups in order of price, of which the last places are free."""
        free = tuple(range(self.pay + 1, self.take + 1))
        target = Selector(self.goods.where(), order="dearest", group_size=self.take, positions=free)
        return (Promotion(id_, (Benefit(Percent(Decimal(100)), target),), **common),)
