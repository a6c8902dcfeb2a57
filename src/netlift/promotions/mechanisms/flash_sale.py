"""A low price for a short time and few units (秒杀)."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import ClassVar, Unpack

from netlift.promotions.cart import Cart, Facts, Line
from netlift.promotions.effects.price import FixedPrice
from netlift.promotions.form import EVERYTHING, WHICH, Goods, Words, entry
from netlift.promotions.mechanism import Common, Example, Layer, Mechanism, narrowed
from netlift.promotions.promotion import Benefit, Promotion, Window
from netlift.promotions.reasons import Why
from netlift.promotions.selector import Selector

_SALE = {
    "price": 9900,
    "start": "2026-11-11T20:00:00+08:00",
    "end": "2026-11-11T22:00:00+08:00",
    "goods": {"products": ["watch"]},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FlashSale(Mechanism):
    """`goods` cost `price` from `start` to before `end`: `units_per_order` an order, for the first `orders` orders."""

    kind: ClassVar[str] = "flash_sale"
    title: ClassVar[Words] = Words("Flash sale", "秒杀")
    text: ClassVar[Words] = Words(
        "A low price for a short time, limited in units per order and in orders.",
        "限时限量低价，每单限购件数，抢完为止。",
    )
    layer: ClassVar[Layer] = "item"

    price: int = field(metadata=entry("Flash price", "秒杀价", "money"))
    start: datetime = field(metadata=entry("Start", "开始时间", "moment"))
    end: datetime = field(metadata=entry("End", "结束时间", "moment"))
    units_per_order: int | None = field(default=1, metadata=entry("Units per order", "每单限购", "count"))
    orders: int | None = field(default=None, metadata=entry("Orders", "限量单数", "count"))
    goods: Goods = field(default=EVERYTHING, metadata=WHICH)

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title=Words("One of two watches at the flash price", "两块手表中一块按秒杀价"),
            form={**_SALE, "orders": 300},
            cart=Cart("CNY", (Line("watch", 19900, 2),)),
            facts=Facts(now=datetime.fromisoformat("2026-11-11T20:00+08:00"), uses={"flash_sale": 299}),
            discounts={"watch": 10000},
        ),
        Example(
            title=Words("Sold out after 300 orders", "300 单已抢完"),
            form={**_SALE, "orders": 300},
            cart=Cart("CNY", (Line("watch", 19900, 1),)),
            facts=Facts(now=datetime.fromisoformat("2026-11-11T20:00+08:00"), uses={"flash_sale": 300}),
            refused=Why.LIMIT_REACHED,
        ),
        Example(
            title=Words("The end is no longer part of it", "结束时刻起不再参加"),
            form=_SALE,
            cart=Cart("CNY", (Line("watch", 19900, 1),)),
            facts=Facts(now=datetime.fromisoformat("2026-11-11T22:00+08:00")),
            refused=Why.ENDED,
        ),
    )

    def build(self, id_: str, /, **common: Unpack[Common]) -> tuple[Promotion, ...]:
        """A shelf price in a window of its own."""
        common["window"] = replace(common.get("window", Window()), start=self.start, end=self.end)
        common["limits"] = narrowed(common, total=self.orders)
        target = Selector(self.goods.where(), max_units=self.units_per_order)
        return (Promotion(id_, (Benefit(FixedPrice(self.price), target),), level="catalog", **common),)
