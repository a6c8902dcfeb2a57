"""The contract of an effect: a frozen dataclass with a `kind`, found in the folder `effects`, that says what it does.

An effect answers with a `Reduction` of the selected goods or of the delivery, or with a `Grant`. The engine splits,
rounds, caps and books it.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Literal, NamedTuple, Protocol

from netlift.promotions.cart import Facts
from netlift.promotions.reasons import Why
from netlift.promotions.value import Measure, Steps, Tiers
from netlift.registry import Registry


class Reduction(NamedTuple):
    """A cut in price: `numerator / denominator` off, an amount off, or a new price, in minor units."""

    kind: Literal["percent", "amount", "price", "price_list"]
    numerator: int
    denominator: int = 1
    price_list: str = ""
    across: bool = False
    """Whether an amount or price is of all selected goods together, whatever the benefit's allocation says."""


class Gift(NamedTuple):
    """Goods that the engine puts into the cart at their price, and takes `off` it again."""

    product: str
    quantity: int
    unit_price: int
    off: int
    tax_rate: Decimal = Decimal(0)
    """Per cent, where the cart does not hold the goods yet with a rate of their own."""


class Grant(NamedTuple):
    """What a benefit gives beside a cut in price."""

    gifts: tuple[Gift, ...] = ()
    points: int = 0
    credits: "tuple[Credit, ...]" = ()
    points_burned: int = 0
    shipping: Reduction | None = None
    shipping_methods: tuple[str, ...] = ()
    offered: tuple[Gift, ...] = ()
    """Goods that the shopper may still choose."""

    @property
    def only_offers(self) -> bool:
        """Whether it gives nothing as long as the shopper does not choose."""
        return self == Grant(offered=self.offered)


@dataclass(frozen=True, slots=True)
class Credit:
    """A coupon for the next order: its face value, from which order value on, and for how many days."""

    amount: int
    minimum: int = 0
    valid_days: int | None = None
    promotion: str = ""


class Seen(Protocol):
    """What an effect may look at."""

    promotion: str
    facts: Facts

    def measure(self, of: Measure) -> int:
        """Money at running prices in minor units, or units, of the selected goods or of the cart."""

    def room(self) -> int:
        """The most that may be taken off the selected goods: their floors, the benefit's cap, the budget."""

    def given(self) -> int:
        """What the promotion has taken off goods in this evaluation already, asked for another seller."""

    def points(self) -> int:
        """Points that the shopper wants to spend and has not spent in this evaluation yet."""


class Effect:
    """What a benefit does to the units it is about, to the delivery, or to the shopper's accounts."""

    kind: ClassVar[str]
    needs_goods: ClassVar[bool] = True
    """Whether it gives nothing where no unit is selected."""
    cuts: ClassVar[bool] = True
    """Whether it cuts prices of goods or delivery, which caps bound."""
    pays: ClassVar[bool] = False
    """Whether it is a payment: the cut in price is what the shopper gives for it elsewhere."""
    competes: ClassVar[bool] = True
    """Whether it competes for units in a group `best` of scope `unit`; else it is given beside."""

    def constant(self) -> Reduction | None:
        """The reduction, where it depends on nothing."""
        return None

    def resolve(self, seen: Seen) -> "tuple[Reduction | None, Grant | None] | Why":
        """What it does for what is `seen`: a reduction of the selected goods, a grant, both, or why nothing."""
        raise TypeError(f"{type(self).__name__} says nothing of {seen.promotion}: it needs `constant` or `resolve`")


def value_of(value: int | Decimal | Tiers | Steps, seen: Seen) -> int | Decimal | None:
    """The value at what is seen; None below the first tier or step.

    Of tiers the highest that is reached, of steps the value times the steps.
    """
    if isinstance(value, Tiers):
        measured = seen.measure(value.of)
        return next((row.value for row in reversed(value.rows) if measured >= row.start), None)
    if isinstance(value, Steps):
        times = seen.measure(value.of) // value.step
        return value.value * (times if value.at_most is None else min(times, value.at_most)) or None
    return value


def per_cent(rate: Decimal) -> Reduction:
    """A rate in per cent as an exact fraction."""
    numerator, denominator = rate.as_integer_ratio()
    return Reduction("percent", numerator, denominator * 100)


EFFECTS: Registry[Effect] = Registry("netlift.promotions.effects", Effect, "netlift.effects")
