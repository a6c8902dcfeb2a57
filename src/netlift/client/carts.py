"""Carts as programs write them; money in minor units of the cart's currency."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

Value = str | int | bool | Sequence[str | int | bool]


@dataclass(frozen=True, slots=True)
class Line:
    """Units of one product.

    >>> Line("1", unit_price=1999, quantity=2, product="tea").told()
    {'id': '1', 'unit_price': 1999, 'quantity': 2, 'product': 'tea'}
    """

    id: str
    """Unique in the cart."""
    unit_price: int
    quantity: int = 1
    product: str = ""
    category: Sequence[str] = ()
    """From the top down."""
    brand: str = ""
    tags: Sequence[str] = ()
    seller: str = ""
    attributes: Mapping[str, Value] = field(default_factory=dict)
    list_price: int | None = None
    price_lists: Mapping[str, int] = field(default_factory=dict)
    floor: int = 0
    """Below which no unit is sold."""
    tax_rate: Decimal | None = None
    """Per cent."""
    total: int | None = None
    gift_of: str = ""

    def told(self) -> dict[str, Any]:
        """As JSON values, without what is at its default."""
        return {"id": self.id, "unit_price": self.unit_price, "quantity": self.quantity} | _told(self)


@dataclass(frozen=True, slots=True)
class Shipping:
    """A way of delivery."""

    id: str
    price: int
    tax_rate: Decimal | None = None

    def told(self) -> dict[str, Any]:
        """As JSON values, without what is at its default."""
        return {"id": self.id, "price": self.price} | _told(self)


@dataclass(frozen=True, slots=True)
class Cart:
    """What is bought, in one currency."""

    currency: str
    """ISO 4217."""
    lines: Sequence[Line]
    shipping: Sequence[Shipping] = ()

    def told(self) -> dict[str, Any]:
        """As JSON values."""
        shipping = [one.told() for one in self.shipping]
        told: dict[str, Any] = {"currency": self.currency, "lines": [line.told() for line in self.lines]}
        return told | ({"shipping": shipping} if shipping else {})


def _told(one: Line | Shipping) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in asdict(one).items():
        if value or (value is not None and name in {"list_price", "total", "tax_rate"}):
            found[name] = str(value) if isinstance(value, Decimal) else value
    return found
