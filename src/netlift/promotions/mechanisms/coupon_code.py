"""Per cent off for a code that the shopper types (优惠码)."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import ClassVar, Unpack

from netlift.promotions.cart import Cart, Facts, Line
from netlift.promotions.effects.percent import Percent
from netlift.promotions.form import EVERYTHING, WHICH, Goods, Words, entry
from netlift.promotions.mechanism import Common, Example, Mechanism, narrowed
from netlift.promotions.promotion import Benefit, Caps, Promotion, Trigger
from netlift.promotions.reasons import Why


@dataclass(frozen=True, slots=True, kw_only=True)
class CouponCode(Mechanism):
    """`off` per cent off `goods` that cost at least `spend`, for who enters one of `codes`, so often a customer."""

    kind: ClassVar[str] = "coupon_code"
    title: ClassVar[Words] = Words("Coupon code", "优惠码")
    text: ClassVar[Words] = Words(
        "A share off for everybody who types the code, so many times each; letter case does not matter.",
        "输入优惠码享折扣，不分大小写，可限每人使用次数。",
    )

    codes: tuple[str, ...] = field(metadata=entry("Codes", "优惠码", "code"))
    off: Decimal = field(metadata=entry("Discount", "优惠比例", "percent"))
    spend: int = field(default=0, metadata=entry("From an amount of", "消费满", "money"))
    most: int | None = field(default=None, metadata=entry("At most", "最高优惠", "money"))
    times: int | None = field(default=1, metadata=entry("Times a customer", "每人次数", "count"))
    goods: Goods = field(default=EVERYTHING, metadata=WHICH)

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title=Words("Typed in small letters", "小写输入也有效"),
            form={"codes": ["SPRING15"], "off": "15", "spend": 4000},
            cart=Cart("EUR", (Line("lamp", 5000, 1),)),
            facts=Facts(codes=frozenset({"spring15"}), customer="c1"),
            discounts={"lamp": 750},
        ),
        Example(
            title=Words("Used once already", "已用过一次"),
            form={"codes": ["SPRING15"], "off": "15"},
            cart=Cart("EUR", (Line("lamp", 5000, 1),)),
            facts=Facts(codes=frozenset({"SPRING15"}), customer="c1", customer_uses={"coupon_code": 1}),
            refused=Why.CUSTOMER_LIMIT_REACHED,
        ),
        Example(
            title=Words("No code was typed", "未输入优惠码"),
            form={"codes": ["SPRING15"], "off": "15"},
            cart=Cart("EUR", (Line("lamp", 5000, 1),)),
            refused=Why.NEEDS_CODE,
        ),
    )

    def build(self, id_: str, /, **common: Unpack[Common]) -> tuple[Promotion, ...]:
        """One benefit behind a code; the limit is the narrower of the form and what is common."""
        common["trigger"] = Trigger("code", self.codes)
        common["limits"] = narrowed(common, per_customer=self.times)
        when = self.goods.worth(self.spend) if self.spend else None
        benefit = Benefit(Percent(self.off), self.goods.all_units(), when, caps=Caps(self.most))
        return (Promotion(id_, (benefit,), **common),)
