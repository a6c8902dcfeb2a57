"""Buy some goods, get other goods cheaper (买A送B)."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import ClassVar, Unpack

from netlift.promotions.cart import Cart, Line
from netlift.promotions.effects.percent import Percent
from netlift.promotions.form import Goods, Words, entry
from netlift.promotions.mechanism import Common, Example, Mechanism
from netlift.promotions.promotion import Benefit, Promotion
from netlift.promotions.reasons import Why
from netlift.promotions.selector import Selector, Slot


@dataclass(frozen=True, slots=True, kw_only=True)
class BuyXGetY(Mechanism):
    """For every `buy` units of `goods`, `get` units of `reward` are `off` per cent cheaper, at most `at_most` times."""

    kind: ClassVar[str] = "buy_x_get_y"
    title: ClassVar[Words] = Words("Buy X get Y", "买A送B")
    text: ClassVar[Words] = Words(
        "Whoever buys enough of some goods gets other goods free or reduced; both must be in the cart.",
        "购买指定商品后，另一些商品免费或打折（须一并加入购物车）。",
    )

    buy: int = field(default=1, metadata=entry("Buy", "购买件数", "count"))
    goods: Goods = field(metadata=entry("Goods to buy", "购买商品", "goods"))
    get: int = field(default=1, metadata=entry("Get", "优惠件数", "count"))
    reward: Goods = field(metadata=entry("Reduced goods", "优惠商品", "goods"))
    off: Decimal = field(default=Decimal(100), metadata=entry("Discount", "优惠比例", "percent"))
    at_most: int | None = field(default=None, metadata=entry("At most times", "最多次数", "count"))

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title=Words("Five coffees pay for two free mugs of three", "5 包咖啡可换 2 个免费杯子"),
            form={"buy": 2, "goods": {"categories": ["coffee"]}, "reward": {"products": ["mug"]}},
            cart=Cart("EUR", (Line("espresso", 800, 5, category=("coffee",)), Line("mug", 1200, 3))),
            discounts={"mug": 2400},
        ),
        Example(
            title=Words("At most once", "最多一次"),
            form={"buy": 2, "goods": {"categories": ["coffee"]}, "reward": {"products": ["mug"]}, "at_most": 1},
            cart=Cart("EUR", (Line("espresso", 800, 5, category=("coffee",)), Line("mug", 1200, 3))),
            discounts={"mug": 1200},
        ),
        Example(
            title=Words("One coffee is too few", "1 包咖啡不够"),
            form={"buy": 2, "goods": {"categories": ["coffee"]}, "reward": {"products": ["mug"]}},
            cart=Cart("EUR", (Line("espresso", 800, 1, category=("coffee",)), Line("mug", 1200, 1))),
            refused=Why.TOO_FEW_UNITS,
        ),
    )

    def build(self, id_: str, /, **common: Unpack[Common]) -> tuple[Promotion, ...]:
        """A set of two slots: what must be bought and what is reduced."""
        bought = Slot(self.buy, self.goods.where(), discounted=False)
        reduced = Slot(self.get, self.reward.where(), order="cheapest")
        target = Selector(slots=(bought, reduced), max_groups=self.at_most)
        return (Promotion(id_, (Benefit(Percent(self.off), target),), **common),)
