"""A fixed price for each unit, each line, or a set; or the price of another price list, such as the members'."""

from dataclasses import dataclass
from typing import ClassVar

from netlift.errors import ConfigError
from netlift.promotions.effect import Effect, Grant, Reduction, Seen, value_of
from netlift.promotions.reasons import Why
from netlift.promotions.value import Amount


@dataclass(frozen=True, slots=True)
class FixedPrice(Effect):
    """Goods cost `price` minor units, or what their line's price list `price_list` says; never more than before."""

    kind: ClassVar[str] = "price"

    price: Amount | None = None
    price_list: str = ""

    def __post_init__(self) -> None:
        if (self.price is None) == (not self.price_list):
            raise ConfigError("a price effect has either `price` or `price_list`")

    def constant(self) -> Reduction | None:
        """The price, where it depends on nothing."""
        if self.price_list:
            return Reduction("price_list", 0, price_list=self.price_list)
        return Reduction("price", self.price) if isinstance(self.price, int) else None

    def resolve(self, seen: Seen) -> tuple[Reduction | None, Grant | None] | Why:
        """The tier that is reached."""
        price = None if self.price is None else value_of(self.price, seen)
        return Why.BELOW_THRESHOLD if price is None else (Reduction("price", int(price)), None)
