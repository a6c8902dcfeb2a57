"""A set of goods at one price (套装价)."""

from dataclasses import dataclass, field
from typing import ClassVar, Unpack

from netlift.errors import ConfigError
from netlift.promotions.cart import Cart, Line
from netlift.promotions.effects.price import FixedPrice
from netlift.promotions.form import Goods, Words, entry
from netlift.promotions.mechanism import Common, Example, Mechanism
from netlift.promotions.promotion import Benefit, Promotion
from netlift.promotions.reasons import Why
from netlift.promotions.selector import Selector, Slot


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """`quantity` units of `goods`."""

    quantity: int = field(default=1, metadata=entry("Units", "件数", "count"))
    goods: Goods = field(metadata=entry("Goods", "商品", "goods"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle(Mechanism):
    """One of each part together costs `price` minor units, at most `at_most` times."""

    kind: ClassVar[str] = "bundle"
    title: ClassVar[Words] = Words("Bundle", "套装价")
    text: ClassVar[Words] = Words(
        "A set made of several goods costs one price; it counts as often as it is complete.",
        "多种商品组成的套装按一口价出售，凑齐几套算几套。",
    )

    parts: tuple[Part, ...] = field(metadata=entry("Parts", "套装组成", "rows"))
    price: int = field(metadata=entry("Price of the set", "套装价", "money"))
    at_most: int | None = field(default=None, metadata=entry("At most sets", "最多套数", "count"))

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title=Words(
                "Camera and lens for 900.00: 100.00 off, shared 7 to 3", "相机加镜头 900.00：减 100.00，按 7∶3 分摊"
            ),
            form={
                "parts": [{"goods": {"products": ["camera"]}}, {"goods": {"categories": ["lens"]}}],
                "price": 90000,
            },
            cart=Cart(
                "EUR", (Line("camera", 70000, 1), Line("35 mm", 30000, 1, category=("lens",)), Line("bag", 5000, 1))
            ),
            discounts={"camera": 7000, "35 mm": 3000},
        ),
        Example(
            title=Words("Two sets of two cups and a pot; one cup is left over", "两套（两杯一壶），余一杯"),
            form={
                "parts": [{"quantity": 2, "goods": {"products": ["cup"]}}, {"goods": {"products": ["pot"]}}],
                "price": 3000,
            },
            cart=Cart("EUR", (Line("cup", 1000, 5), Line("pot", 2000, 2))),
            discounts={"cup": 1000, "pot": 1000},
        ),
        Example(
            title=Words("No lens, no set", "没有镜头，不成套"),
            form={
                "parts": [{"goods": {"products": ["camera"]}}, {"goods": {"categories": ["lens"]}}],
                "price": 90000,
            },
            cart=Cart("EUR", (Line("camera", 70000, 1),)),
            refused=Why.TOO_FEW_UNITS,
        ),
    )

    def __post_init__(self) -> None:
        if not self.parts:
            raise ConfigError("a bundle has at least one part")

    def build(self, id_: str, /, **common: Unpack[Common]) -> tuple[Promotion, ...]:
        """A set of slots at a price for all of it."""
        slots = tuple(Slot(part.quantity, part.goods.where()) for part in self.parts)
        target = Selector(slots=slots, max_groups=self.at_most)
        return (Promotion(id_, (Benefit(FixedPrice(self.price), target, allocation="across"),), **common),)
