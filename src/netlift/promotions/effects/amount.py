"""An amount off: of each unit, of each line, or across the selected goods; fixed, by tiers, or for every step."""

from dataclasses import dataclass
from typing import ClassVar

from netlift.promotions.effect import Effect, Grant, Reduction, Seen, value_of
from netlift.promotions.reasons import Why
from netlift.promotions.value import Amount


@dataclass(frozen=True, slots=True)
class AmountOff(Effect):
    """`off` minor units; never more than the goods cost."""

    kind: ClassVar[str] = "amount"

    off: Amount

    def constant(self) -> Reduction | None:
        """The amount, where it depends on nothing."""
        return Reduction("amount", self.off) if isinstance(self.off, int) else None

    def resolve(self, seen: Seen) -> tuple[Reduction | None, Grant | None] | Why:
        """The tier or the steps that are reached."""
        amount = value_of(self.off, seen)
        return Why.BELOW_THRESHOLD if amount is None else (Reduction("amount", int(amount)), None)
