"""An amount off for every amount spent (每满减)."""

from dataclasses import dataclass, field
from typing import ClassVar, Unpack

from netlift.promotions.cart import Cart, Line
from netlift.promotions.effects.amount import AmountOff
from netlift.promotions.form import EVERYTHING, WHICH, Goods, Words, entry
from netlift.promotions.mechanism import Common, Example, Mechanism
from netlift.promotions.promotion import Benefit, Promotion
from netlift.promotions.reasons import Why
from netlift.promotions.value import Steps


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendSteps(Mechanism):
    """`off` minor units for every full `step` of what the goods cost, at most `at_most` times."""

    kind: ClassVar[str] = "spend_steps"
    title: ClassVar[Words] = Words("For every amount", "每满减")
    text: ClassVar[Words] = Words(
        "Takes the amount off again for every full step that is spent on the chosen goods.",
        "指定商品每满一档减一次，可设最多次数。",
    )

    step: int = field(metadata=entry("For every", "每满", "money"))
    off: int = field(metadata=entry("Amount off", "优惠金额", "money"))
    at_most: int | None = field(default=None, metadata=entry("At most times", "最多次数", "count"))
    goods: Goods = field(default=EVERYTHING, metadata=WHICH)

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title=Words("700.00 holds 300.00 twice", "700.00 含两个 300.00"),
            form={"step": 30000, "off": 5000},
            cart=Cart("CNY", (Line("coat", 70000, 1),)),
            discounts={"coat": 10000},
        ),
        Example(
            title=Words("Five times, but at most three", "可减五次，上限三次"),
            form={"step": 30000, "off": 5000, "at_most": 3},
            cart=Cart("CNY", (Line("coat", 75000, 2),)),
            discounts={"coat": 15000},
        ),
        Example(
            title=Words("299.99 holds no full step", "299.99 不足一档"),
            form={"step": 30000, "off": 5000},
            cart=Cart("CNY", (Line("coat", 29999, 1),)),
            refused=Why.BELOW_THRESHOLD,
        ),
    )

    def build(self, id_: str, /, **common: Unpack[Common]) -> tuple[Promotion, ...]:
        """One amount off across the goods, by steps."""
        steps = Steps(self.step, self.off, at_most=self.at_most)
        return (Promotion(id_, (Benefit(AmountOff(steps), self.goods.all_units(), allocation="across"),), **common),)
