"""What a dry run over recent carts says of an offer: how many qualify, what it is worth to them, what it costs."""

from typing import NamedTuple

LEAST_QUALIFIED = 10
"""Orders that have to qualify before a dry run says anything of what an offer changes."""
DEEPEST = 0.9
"""No offer is read as a deeper cut in price than this."""


class Tried(NamedTuple):
    """Means over the orders of a dry run; money in minor units."""

    orders: int
    """Orders with goods on offer, by customers whom the offer is for."""
    kept_out: int
    """Other orders with goods on offer: not for their customers, or nothing known of what it asks."""
    qualified: int
    """Orders that it gives something."""
    goods_minor: float
    """Goods on offer in an order that qualifies, at list price."""
    usual_minor: float
    """Goods on offer in an order, whether it qualifies or not."""
    worth_minor: float
    """What a use is worth to the customer."""
    cost_minor: float
    """What a use costs the shop: discounts, gifts at cost of goods, coupons and points as far as they are used."""
    most_minor: float
    """The most that a use cost."""
    error: float
    """Standard error of the cost per order, as a share of it."""
    from_minor: float = 0.0
    """Goods on offer from which on orders qualify; 0: that is not what decides."""

    @property
    def share(self) -> float:
        """Of the orders with goods on offer, those that qualify."""
        return self.qualified / self.orders if self.orders else 0.0

    @property
    def depth(self) -> float:
        """Worth of a use as a share of the goods on offer.

        >>> Tried(40, 0, 20, 5000.0, 4000.0, 1000.0, 800.0, 900.0, 0.1).depth
        0.2
        """
        return min(self.worth_minor / self.goods_minor, DEEPEST) if self.goods_minor > 0 else 0.0

    @property
    def size(self) -> float:
        """Goods on offer in an order that qualifies, beside any order."""
        return self.goods_minor / self.usual_minor if self.usual_minor > 0 else 0.0

    @property
    def paid(self) -> float:
        """What the shop pays for each minor unit that the offer is worth to customers."""
        return self.cost_minor / self.worth_minor if self.worth_minor > 0 else 0.0

    @property
    def tells(self) -> bool:
        """Whether enough orders qualify to read the offer as a cut in price."""
        return self.qualified >= LEAST_QUALIFIED and self.depth > 0
