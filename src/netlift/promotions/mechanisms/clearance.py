"""Per cent off goods that must go, never below their floor (清仓)."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import ClassVar, Unpack

from netlift.promotions.cart import Cart, Line
from netlift.promotions.effects.percent import Percent
from netlift.promotions.form import Words, entry
from netlift.promotions.mechanism import Common, Example, Layer, Mechanism
from netlift.promotions.predicate import Test
from netlift.promotions.promotion import Benefit, Promotion
from netlift.promotions.reasons import Why
from netlift.promotions.selector import Selector


@dataclass(frozen=True, slots=True, kw_only=True)
class Clearance(Mechanism):
    """`off` per cent off the goods tagged `tag`; no unit goes below its line's floor."""

    kind: ClassVar[str] = "clearance"
    title: ClassVar[Words] = Words("Clearance", "清仓")
    text: ClassVar[Words] = Words(
        "Takes a share off goods with the tag of the clearance, but never sells below the floor price of a line.",
        "带清仓标签的商品打折，但不低于保底价。",
    )
    layer: ClassVar[Layer] = "item"

    off: Decimal = field(metadata=entry("Discount", "优惠比例", "percent"))
    tag: str = field(default="clearance", metadata=entry("Tag", "标签", "text"))

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title=Words("Half price, but the coat has a floor of 60.00", "五折，但大衣保底价 60.00"),
            form={"off": "50"},
            cart=Cart(
                "EUR",
                (
                    Line("coat", 10000, 1, tags=("clearance",), floor=6000),
                    Line("hat", 2000, 1, tags=("clearance",)),
                    Line("tea", 500, 1),
                ),
            ),
            discounts={"coat": 4000, "hat": 1000},
        ),
        Example(
            title=Words("Already at its floor", "已是保底价"),
            form={"off": "50"},
            cart=Cart("EUR", (Line("coat", 6000, 1, tags=("clearance",), floor=6000),)),
            refused=Why.AT_FLOOR,
        ),
        Example(
            title=Words("Nothing of the clearance", "没有清仓商品"),
            form={"off": "50"},
            cart=Cart("EUR", (Line("tea", 500, 1),)),
            refused=Why.NO_MATCHING_GOODS,
        ),
    )

    def build(self, id_: str, /, **common: Unpack[Common]) -> tuple[Promotion, ...]:
        """A shelf price for the tagged goods; the policy guards the floors."""
        target = Selector(Test("line.tags", "==", self.tag))
        return (Promotion(id_, (Benefit(Percent(self.off), target),), level="catalog", **common),)
