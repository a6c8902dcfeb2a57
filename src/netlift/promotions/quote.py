"""The answer of an evaluation: what every unit costs, which promotion took off how much, and why others did not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from netlift.promotions.effect import Credit, Gift
from netlift.promotions.reasons import Why


class Adjustment(NamedTuple):
    """What one promotion takes off one line, in minor units."""

    promotion: str
    benefit: int
    """Place of the benefit in its promotion, from 0."""
    line: str
    amount: int
    units: tuple[int, ...]
    """The same amount by unit of the line; sums to `amount`."""


class ShippingAdjustment(NamedTuple):
    """What one promotion takes off one way of delivery, in minor units."""

    promotion: str
    benefit: int
    shipping: str
    amount: int


class QuotedLine(NamedTuple):
    """A line as it is sold; money in minor units."""

    id: str
    product: str
    quantity: int
    total: int
    """Before promotions."""
    discount: int
    net: int
    tax: int
    gross: int
    gift_of: str = ""

    @property
    def payable(self) -> int:
        """The line total after promotions, in the cart's own tax mode."""
        return self.total - self.discount


class QuotedShipping(NamedTuple):
    """A way of delivery as it is sold; money in minor units."""

    id: str
    price: int
    discount: int
    net: int
    tax: int
    gross: int


class GivenGift(NamedTuple):
    """Goods in the cart because of a promotion, or offered by it."""

    promotion: str
    gift: Gift
    benefit: int = 0


@dataclass(frozen=True, slots=True)
class Quote:
    """The price of a cart. Sums are exact: adjustments add up to discounts, units to adjustments, lines to totals."""

    currency: str
    lines: tuple[QuotedLine, ...]
    """Lines of the cart in its order, then the gifts that were put in."""
    shipping: tuple[QuotedShipping, ...]
    adjustments: tuple[Adjustment, ...]
    """In the order in which the promotions were applied."""
    shipping_adjustments: tuple[ShippingAdjustment, ...]
    applied: tuple[str, ...]
    """Promotions that gave something, in order."""
    refusals: Mapping[str, Why]
    """For every other promotion, why not."""
    total: int
    """Lines and delivery before promotions."""
    discount: int
    """Of the lines, gifts included."""
    shipping_discount: int
    net: int
    tax: int
    gross: int
    """What is to be paid."""
    gifts: tuple[GivenGift, ...] = ()
    offered: tuple[GivenGift, ...] = ()
    """Gifts and add-ons that the shopper may choose."""
    removed: tuple[str, ...] = ()
    """Gift lines of the cart that are no longer earned in that quantity, and were taken out."""
    points: int = 0
    """Points earned."""
    points_burned: int = 0
    credits: tuple[Credit, ...] = ()
    """Coupons for the next order."""
    funding: Mapping[str, int] = field(default_factory=dict)
    """Who pays how much of all discounts, in minor units; `""` is the shop itself."""
    optimality: Literal["proved optimal", "best found", "not searched"] = "not searched"
    """Whether every best deal of this quote is proved; `not searched` where no promotions competed for units."""
    versions: Mapping[str, int] = field(default_factory=dict)
    """Version of each promotion that was applied."""

    @property
    def payable(self) -> int:
        """Lines and delivery after promotions, in the cart's own tax mode (net where prices exclude tax)."""
        return self.total - self.discount - self.shipping_discount

    def discounts(self, promotion: str) -> dict[str, int]:
        """What a promotion takes off each line."""
        found: dict[str, int] = {}
        for adjustment in self.adjustments:
            if adjustment.promotion == promotion:
                found[adjustment.line] = found.get(adjustment.line, 0) + adjustment.amount
        return found
