"""What is priced: a cart of lines in one currency, and the facts about its shopper and its moment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

Scalar = str | int | Decimal | bool
FactValue = Scalar | tuple[Scalar, ...] | date | None


@dataclass(frozen=True, slots=True)
class Line:
    """Units of one product in a cart; money in integer minor units of the cart's currency."""

    id: str
    """Name of the line, unique in its cart."""
    unit_price: int
    """What one unit costs before any promotion of this evaluation."""
    quantity: int
    """Units, at least 1."""
    product: str = ""
    """Product or variant id; the line's id where empty."""
    category: tuple[str, ...] = ()
    brand: str = ""
    tags: tuple[str, ...] = ()
    seller: str = ""
    """Shop that sells it; empty where there is only one."""
    attributes: Mapping[str, Scalar | tuple[Scalar, ...]] = field(default_factory=dict)
    """Anything else a promotion may ask for, as fact `line.attributes.NAME`."""
    list_price: int | None = None
    """Unit price before price-list reductions; the goods are on sale where it is above `unit_price`."""
    price_lists: Mapping[str, int] = field(default_factory=dict)
    """Other unit prices of the goods by name, such as `{"member": 8900}`."""
    floor: int = 0
    """Unit price below which no promotion goes."""
    cost: int | None = None
    """What one unit costs the shop; only the lint and the dry run read it."""
    tax_rate: Decimal = Decimal(0)
    """Per cent, such as `Decimal("8.25")`."""
    total: int | None = None
    """Line total where it is no multiple of the quantity; `unit_price` times `quantity` where None."""
    gift_of: str = ""
    """Promotion that put this line into the cart as its gift; such lines are settled anew by every evaluation."""


@dataclass(frozen=True, slots=True)
class Shipping:
    """One way of delivery in the cart and its price in minor units."""

    id: str
    price: int
    tax_rate: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Cart:
    """Lines and deliveries in one currency (ISO 4217).

    >>> cart = Cart("EUR", (Line("a", unit_price=1999, quantity=2),))
    """

    currency: str
    lines: tuple[Line, ...]
    shipping: tuple[Shipping, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about the shopper and the moment. What is None or absent counts as not known.

    A promotion that needs a fact which is not known is refused with that reason, never guessed.
    """

    now: datetime | None = None
    """The moment of the evaluation, with its time zone; the engine has no clock."""
    codes: frozenset[str] = frozenset()
    """Codes that the shopper entered."""
    tokens: frozenset[str] = frozenset()
    """Promotions that a link, a group purchase or a personal grant opened, by promotion id."""
    channel: str | None = None
    region: str | None = None
    payment: str | None = None
    customer: str | None = None
    segments: frozenset[str] | None = None
    orders_placed: int | None = None
    """Earlier orders of the customer that were not cancelled."""
    days_since_order: int | None = None
    birthday: date | None = None
    uses: Mapping[str, int] = field(default_factory=dict)
    """Redemptions by everybody so far, per promotion id."""
    customer_uses: Mapping[str, int] = field(default_factory=dict)
    """Redemptions by this customer so far, per promotion id."""
    spent: Mapping[str, int] = field(default_factory=dict)
    """Discount given so far in minor units, per promotion id; against the promotion's budget."""
    points: int = 0
    """Loyalty points that the shopper wants to spend on this order (and owns)."""
    deposits: Mapping[str, int] = field(default_factory=dict)
    """Deposits paid in a pre-sale in minor units, per promotion id."""
    declined: frozenset[str] = frozenset()
    """Promotions whose gift the shopper does not want."""
    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Products that the shopper picked among a promotion's gifts or add-ons, per promotion id."""
    extra: Mapping[str, FactValue] = field(default_factory=dict)
    """Facts of the shop's own, as fact `extra.NAME`."""


Rounding = Literal["half_up", "half_even", "half_down", "down", "up"]
