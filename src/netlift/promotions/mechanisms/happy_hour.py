"""Per cent off on certain days and hours (欢乐时光)."""

from dataclasses import dataclass, field, replace
from datetime import datetime, time
from decimal import Decimal
from typing import ClassVar, Unpack

from netlift.promotions.cart import Cart, Facts, Line
from netlift.promotions.effects.percent import Percent
from netlift.promotions.form import EVERYTHING, WHICH, Goods, Words, entry
from netlift.promotions.mechanism import Common, Example, Mechanism
from netlift.promotions.promotion import Benefit, Hours, Promotion, Window
from netlift.promotions.reasons import Why

_AFTER_WORK = {
    "off": "25",
    "start": "16:00",
    "end": "18:00",
    "weekdays": [1, 2, 3, 4, 5],
    "time_zone": "Europe/Berlin",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HappyHour(Mechanism):
    """`off` per cent off `goods` from `start` to before `end` on `weekdays`, in `time_zone`."""

    kind: ClassVar[str] = "happy_hour"
    title: ClassVar[Words] = Words("Happy hour", "欢乐时光")
    text: ClassVar[Words] = Words(
        "Takes a share off on certain weekdays and hours; an end before the start runs past midnight.",
        "指定星期和时段内打折，可跨午夜。",
    )

    off: Decimal = field(metadata=entry("Discount", "优惠比例", "percent"))
    start: time = field(metadata=entry("From", "开始时间", "time"))
    end: time = field(metadata=entry("Until", "结束时间", "time"))
    weekdays: tuple[int, ...] = field(default=(), metadata=entry("Weekdays", "星期", "weekday"))
    time_zone: str = field(default="UTC", metadata=entry("Time zone", "时区", "zone"))
    goods: Goods = field(default=EVERYTHING, metadata=WHICH)

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title=Words("Wednesday at 16:30", "周三 16:30"),
            form=_AFTER_WORK,
            cart=Cart("EUR", (Line("beer", 400, 3),)),
            facts=Facts(now=datetime.fromisoformat("2026-03-04T16:30+01:00")),
            discounts={"beer": 300},
        ),
        Example(
            title=Words("18:00 is no longer part of it", "18:00 起不再参加"),
            form=_AFTER_WORK,
            cart=Cart("EUR", (Line("beer", 400, 3),)),
            facts=Facts(now=datetime.fromisoformat("2026-03-04T18:00+01:00")),
            refused=Why.OUTSIDE_HOURS,
        ),
        Example(
            title=Words("Not on Saturday", "周六不参加"),
            form=_AFTER_WORK,
            cart=Cart("EUR", (Line("beer", 400, 3),)),
            facts=Facts(now=datetime.fromisoformat("2026-03-07T16:30+01:00")),
            refused=Why.OUTSIDE_HOURS,
        ),
    )

    def build(self, id_: str, /, **common: Unpack[Common]) -> tuple[Promotion, ...]:
        """The window is narrowed to these days and hours."""
        common["window"] = replace(
            common.get("window", Window()),
            time_zone=self.time_zone,
            weekdays=self.weekdays or common.get("window", Window()).weekdays,
            hours=(Hours(self.start, self.end),),
        )
        return (Promotion(id_, (Benefit(Percent(self.off), self.goods.all_units()),), **common),)
