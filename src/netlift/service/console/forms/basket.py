"""A sample cart that is priced while a form is filled in: the mechanism's own example to begin with."""

from dataclasses import dataclass, field, replace

from netlift.promotions.cart import Cart, Facts, Line, Shipping
from netlift.promotions.form import entry
from netlift.promotions.mechanism import Example
from netlift.promotions.promotion import Promotion


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleLine:
    """Units of one product."""

    product: str = field(metadata=entry("Product", "商品", "product"))
    unit_price: int = field(metadata=entry("Unit price", "单价", "money"))
    quantity: int = field(default=1, metadata=entry("Units", "件数", "count"))
    category: tuple[str, ...] = field(default=(), metadata=entry("Categories", "类目", "text"))
    brand: str | None = field(default=None, metadata=entry("Brand", "品牌", "text"))
    tags: tuple[str, ...] = field(default=(), metadata=entry("Tags", "标签", "text"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Basket:
    """What a shopper has in the cart."""

    lines: tuple[SampleLine, ...] = field(default=(), metadata=entry("Goods in the cart", "购物车商品", "rows"))
    shipping: int | None = field(default=None, metadata=entry("Delivery", "运费", "money"))


def sample(example: Example) -> dict[str, object]:
    """JSON values of a basket out of an example's cart."""
    lines = [
        {
            "product": line.product or line.id, "unit_price": line.unit_price, "quantity": line.quantity,
            "category": list(line.category), "brand": line.brand or None, "tags": list(line.tags),
        }
        for line in example.cart.lines
    ]  # fmt: skip
    ways = example.cart.shipping
    return {"lines": lines} | ({"shipping": ways[0].price} if ways else {})


def cart(basket: Basket, currency: str, example: Example) -> Cart:
    """The cart of a basket; lines that the example has keep what the form does not ask for, such as their seller."""
    known = {line.product or line.id: line for line in example.cart.lines}
    lines = [_line(number, one, known.get(one.product, Line("", 0, 1))) for number, one in enumerate(basket.lines, 1)]
    ways = () if basket.shipping is None else (Shipping("standard", basket.shipping),)
    return Cart(currency, tuple(lines), ways)


def _line(number: int, one: SampleLine, like: Line) -> Line:
    return replace(
        like, id=str(number), product=one.product, unit_price=one.unit_price, quantity=one.quantity,
        category=one.category, brand=one.brand or "", tags=one.tags, total=None,
    )  # fmt: skip


def facts(example: Example, kind: str, promotion: Promotion) -> Facts:
    """The shopper and moment of the example, for a promotion of another name, in its window and with its code."""
    said, id_ = example.facts, promotion.id
    return replace(
        said,
        now=promotion.window.start or said.now,
        codes=said.codes | frozenset(promotion.trigger.codes),
        tokens=said.tokens | {id_},
        chosen={id_ if name == kind else name: picked for name, picked in said.chosen.items()},
        deposits={id_ if name == kind else name: paid for name, paid in said.deposits.items()},
        declined=frozenset(id_ if name == kind else name for name in said.declined),
    )
