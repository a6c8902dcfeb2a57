"""Carts and shoppers as programs send them: the promotion language's own documents, within bounds."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr, StringConstraints

from netlift.promotions.cart import Cart, Line, Shipping
from netlift.service.decisions.shopper import Shopper
from netlift.service.privacy.pseudonyms import pseudonym

MOST_LINES = 500
DEAREST = 10**10
"""Minor units of one unit of goods; sums of a whole cart then fit into 64 bits."""

Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Text = Annotated[str, StringConstraints(max_length=100)]
Price = Annotated[int, Field(ge=0, le=DEAREST, strict=True)]
Amount = Annotated[int, Field(ge=0, le=10**15, strict=True)]
Rate = Annotated[Decimal, Field(ge=0, le=100, max_digits=9, decimal_places=6)]
Whole = Annotated[StrictInt, Field(ge=-(2**53), le=2**53)]
Scalar = Annotated[StrictStr, StringConstraints(max_length=200)] | StrictBool | Whole
Value = Scalar | Annotated[list[Scalar], Field(max_length=50)]
Language = Literal["en", "zh_CN"]


class Sent(BaseModel):
    """What programs send; not ninja's `Schema`, which looks at every object as if it were a row of the store."""

    model_config = ConfigDict(extra="forbid")


class LineIn(Sent):
    """Units of one product; money in minor units of the cart's currency."""

    id: Name
    unit_price: Price
    quantity: Annotated[int, Field(ge=1, le=100_000, strict=True)]
    product: Text = ""
    category: Annotated[list[Text], Field(max_length=20)] = Field(default_factory=list)
    brand: Text = ""
    tags: Annotated[list[Text], Field(max_length=50)] = Field(default_factory=list)
    seller: Text = ""
    attributes: Annotated[dict[Name, Value], Field(max_length=50)] = Field(default_factory=dict)
    list_price: Price | None = None
    price_lists: Annotated[dict[Name, Price], Field(max_length=20)] = Field(default_factory=dict)
    floor: Price = 0
    tax_rate: Rate = Decimal(0)
    total: Amount | None = None
    gift_of: Text = ""

    def line(self) -> Line:
        """As the engine reads it."""
        named = {name: getattr(self, name) for name in self.model_fields_set}
        for name in ("category", "tags"):
            if name in named:
                named[name] = tuple(named[name])
        if "attributes" in named:
            named["attributes"] = {name: _value(value) for name, value in self.attributes.items()}
        return Line(**named)


class ShippingIn(Sent):
    """A way of delivery."""

    id: Name
    price: Price
    tax_rate: Rate = Decimal(0)


class CartIn(Sent):
    """What is bought, in one currency."""

    currency: Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")]
    lines: Annotated[list[LineIn], Field(max_length=MOST_LINES)]
    shipping: Annotated[list[ShippingIn], Field(max_length=10)] = Field(default_factory=list)

    def cart(self) -> Cart:
        """As the engine reads it."""
        delivery = tuple(Shipping(one.id, one.price, one.tax_rate) for one in self.shipping)
        return Cart(self.currency, tuple(one.line() for one in self.lines), delivery)


class ShopperIn(Sent):
    """Who buys, and what a shop knows of them at this moment."""

    customer_id: Text = ""
    """The shop's own id of the customer; empty for a guest. A pseudonym is kept."""
    channel: Text | None = None
    region: Text | None = None
    payment: Text | None = None
    segments: Annotated[list[Text], Field(max_length=100)] | None = None
    """Read only with the customer's consent to personalisation."""
    orders_placed: Annotated[int, Field(ge=0, le=10**9, strict=True)] | None = None
    days_since_order: Annotated[int, Field(ge=0, le=10**6, strict=True)] | None = None
    codes: Annotated[list[Name], Field(max_length=10)] = Field(default_factory=list)
    """As the shopper typed them."""
    points: Amount = 0
    """That the shopper wants to spend."""
    declined: Annotated[list[Name], Field(max_length=50)] = Field(default_factory=list)
    """Promotions whose gift the shopper does not want."""
    chosen: Annotated[dict[Name, Annotated[list[Name], Field(max_length=50)]], Field(max_length=50)] = Field(
        default_factory=dict
    )
    """Products picked among a promotion's gifts, by promotion."""
    extra: Annotated[dict[Name, Value], Field(max_length=50)] = Field(default_factory=dict)
    """Facts of the shop's own, as `extra.NAME`."""

    def shopper(self) -> Shopper:
        """As decisions read it."""
        return Shopper(
            customer=pseudonym(self.customer_id) if self.customer_id.strip() else "",
            channel=self.channel, region=self.region, payment=self.payment,
            segments=None if self.segments is None else frozenset(self.segments),
            orders_placed=self.orders_placed, days_since_order=self.days_since_order, codes=tuple(self.codes),
            points=self.points, declined=frozenset(self.declined),
            chosen={name: tuple(products) for name, products in self.chosen.items()},
            extra={name: _value(value) for name, value in self.extra.items()},
        )  # fmt: skip


def _value(value: Scalar | list[Scalar]) -> Scalar | tuple[Scalar, ...]:
    return tuple(value) if isinstance(value, list) else value
