"""Per cent off around the birthday (生日优惠)."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar, Literal, Unpack

from netlift.promotions.cart import Cart, Facts, Line
from netlift.promotions.effects.percent import Percent
from netlift.promotions.form import EVERYTHING, WHICH, Goods, Words, entry
from netlift.promotions.mechanism import Common, Example, Mechanism, only_for
from netlift.promotions.predicate import Test
from netlift.promotions.promotion import Benefit, Promotion
from netlift.promotions.reasons import Why


@dataclass(frozen=True, slots=True, kw_only=True)
class Birthday(Mechanism):
    """`off` per cent off `goods` on the birthday, or in its month."""

    kind: ClassVar[str] = "birthday"
    title: ClassVar[Words] = Words("Birthday", "生日优惠")
    text: ClassVar[Words] = Words(
        "A present on the day or in the month of the customer's birthday; 29 February is kept on the 28th.",
        "生日当天或当月专享折扣，2 月 29 日生日平年按 28 日。",
    )

    off: Decimal = field(metadata=entry("Discount", "优惠比例", "percent"))
    when: Literal["day", "month"] = field(default="day", metadata=entry("When", "生效时间", "choice"))
    goods: Goods = field(default=EVERYTHING, metadata=WHICH)

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title=Words("Born on 29 February, in a common year", "2 月 29 日生日，平年"),
            form={"off": "20"},
            cart=Cart("EUR", (Line("tea", 2000, 1),)),
            facts=Facts(now=datetime.fromisoformat("2026-02-28T12:00+01:00"), birthday=date(1992, 2, 29)),
            discounts={"tea": 400},
        ),
        Example(
            title=Words("Any day of the month", "生日当月"),
            form={"off": "20", "when": "month"},
            cart=Cart("EUR", (Line("tea", 2000, 1),)),
            facts=Facts(now=datetime.fromisoformat("2026-05-03T12:00+02:00"), birthday=date(1990, 5, 30)),
            discounts={"tea": 400},
        ),
        Example(
            title=Words("The day before", "前一天"),
            form={"off": "20"},
            cart=Cart("EUR", (Line("tea", 2000, 1),)),
            facts=Facts(now=datetime.fromisoformat("2026-05-29T12:00+02:00"), birthday=date(1990, 5, 30)),
            refused=Why.WRONG_CUSTOMER,
        ),
    )

    def build(self, id_: str, /, **common: Unpack[Common]) -> tuple[Promotion, ...]:
        """The audience is those whose day or month it is."""
        audience = Test("customer.is_birthday" if self.when == "day" else "customer.is_birthday_month", "==", True)
        return (Promotion(id_, (Benefit(Percent(self.off), self.goods.all_units()),), **only_for(common, audience)),)
