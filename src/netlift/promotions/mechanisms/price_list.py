"""Another price list for some customers (会员价)."""

from dataclasses import dataclass, field
from typing import ClassVar, Unpack

from netlift.errors import ConfigError
from netlift.promotions.cart import Cart, Facts, Line
from netlift.promotions.effects.price import FixedPrice
from netlift.promotions.form import EVERYTHING, WHICH, Goods, Words, entry
from netlift.promotions.mechanism import Common, Example, Layer, Mechanism, only_for
from netlift.promotions.predicate import Test
from netlift.promotions.promotion import Benefit, Promotion
from netlift.promotions.reasons import Why


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceList(Mechanism):
    """Goods cost what their line says under the price list `name`, for customers of `segments`."""

    kind: ClassVar[str] = "price_list"
    title: ClassVar[Words] = Words("Price list", "会员价")
    text: ClassVar[Words] = Words(
        "Members, or any other segment, pay the price of their own price list where it is lower.",
        "会员等指定人群按专属价格表购买，以较低价为准。",
    )
    layer: ClassVar[Layer] = "item"

    name: str = field(default="member", metadata=entry("Price list", "价格表", "text"))
    segments: tuple[str, ...] = field(default=("member",), metadata=entry("Segments", "人群", "segment"))
    goods: Goods = field(default=EVERYTHING, metadata=WHICH)

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title=Words("A member pays 89.00 instead of 100.00", "会员价 89.00，原价 100.00"),
            form={},
            cart=Cart("CNY", (Line("kettle", 10000, 2, price_lists={"member": 8900}), Line("tea", 3000, 1))),
            facts=Facts(segments=frozenset({"member"})),
            discounts={"kettle": 2200},
        ),
        Example(
            title=Words("Somebody else pays the usual price", "非会员按原价"),
            form={},
            cart=Cart("CNY", (Line("kettle", 10000, 2, price_lists={"member": 8900}),)),
            facts=Facts(segments=frozenset()),
            refused=Why.WRONG_CUSTOMER,
        ),
    )

    def __post_init__(self) -> None:
        if not self.segments:
            raise ConfigError("name at least one segment whose customers see the price list")

    def build(self, id_: str, /, **common: Unpack[Common]) -> tuple[Promotion, ...]:
        """A shelf price, so that thresholds are tested on it."""
        benefit = Benefit(FixedPrice(price_list=self.name), self.goods.all_units())
        audience = Test("customer.segments", "in", self.segments)
        return (Promotion(id_, (benefit,), level="catalog", **only_for(common, audience)),)
