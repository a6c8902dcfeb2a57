"""Buy some, get some more of the same goods (买赠同类, BOGO)."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import ClassVar, Unpack

from netlift.promotions.cart import Cart, Line
from netlift.promotions.effects.percent import Percent
from netlift.promotions.form import EVERYTHING, WHICH, Goods, Words, entry
from netlift.promotions.mechanism import Common, Example, Mechanism
from netlift.promotions.promotion import Benefit, Promotion
from netlift.promotions.reasons import Why
from netlift.promotions.selector import Selector


@dataclass(frozen=True, slots=True, kw_only=True)
class BuyGet(Mechanism):
    """Of every `buy` + `get` units of `goods`, the `get` cheapest are `off` per cent cheaper."""

    kind: ClassVar[str] = "buy_get"
    title: ClassVar[Words] = Words("Buy one get one", "买一送一")
    text: ClassVar[Words] = Words(
        "Of every group of the chosen goods the cheapest units are free or reduced; the units must be in the cart.",
        "指定商品每满一组，其中最便宜的几件免费或打折（须一并加入购物车）。",
    )

    buy: int = field(default=1, metadata=entry("Buy", "购买件数", "count"))
    get: int = field(default=1, metadata=entry("Get", "优惠件数", "count"))
    off: Decimal = field(default=Decimal(100), metadata=entry("Discount", "优惠比例", "percent"))
    same_product: bool = field(default=False, metadata=entry("Of one product only", "仅限同款", "yes_no"))
    goods: Goods = field(default=EVERYTHING, metadata=WHICH)

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title=Words("Three units hold one full pair: one is free", "3 件含一对：一件免费"),
            form={},
            cart=Cart("EUR", (Line("tea", 1000, 3),)),
            discounts={"tea": 1000},
        ),
        Example(
            title=Words("Of two different teas the cheaper one is free", "两款不同茶叶，便宜的一款免费"),
            form={},
            cart=Cart("EUR", (Line("black tea", 600, 1), Line("green tea", 1000, 1))),
            discounts={"black tea": 600},
        ),
        Example(
            title=Words("Buy two get one at half price", "买二第三件半价"),
            form={"buy": 2, "off": "50"},
            cart=Cart("EUR", (Line("cup", 800, 2), Line("tea", 1000, 1))),
            discounts={"cup": 400},
        ),
        Example(
            title=Words("One unit is no pair", "1 件不成对"),
            form={},
            cart=Cart("EUR", (Line("tea", 1000, 1),)),
            refused=Why.TOO_FEW_UNITS,
        ),
    )

    def build(self, id_: str, /, **common: Unpack[Common]) -> tuple[Promotion, ...]:
        """Groups in order of price, of which the last places are reduced."""
        size = self.buy + self.get
        target = Selector(
            self.goods.where(),
            order="dearest",
            group_size=size,
            positions=tuple(range(self.buy + 1, size + 1)),
            same_line=self.same_product,
        )
        return (Promotion(id_, (Benefit(Percent(self.off), target),), **common),)
