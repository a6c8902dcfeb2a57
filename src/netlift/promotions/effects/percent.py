"""Per cent off the selected goods, fixed or by tiers."""

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from netlift.promotions.effect import Effect, Grant, Reduction, Seen, per_cent, value_of
from netlift.promotions.reasons import Why
from netlift.promotions.value import Rate


@dataclass(frozen=True, slots=True)
class Percent(Effect):
    """`off` per cent of the base price: `Decimal("20")` takes a fifth."""

    kind: ClassVar[str] = "percent"

    off: Rate

    def constant(self) -> Reduction | None:
        """The fraction, where there are no tiers."""
        return per_cent(self.off) if isinstance(self.off, Decimal) else None

    def resolve(self, seen: Seen) -> tuple[Reduction | None, Grant | None] | Why:
        """The tier that is reached."""
        rate = value_of(self.off, seen)
        return Why.BELOW_THRESHOLD if rate is None else (per_cent(Decimal(rate)), None)
