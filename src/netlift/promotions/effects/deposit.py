"""A pre-sale deposit that counts for more than was paid (预售定金膨胀)."""

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from netlift.promotions.effect import Effect, Grant, Reduction, Seen
from netlift.promotions.reasons import Why


@dataclass(frozen=True, slots=True)
class Deposit(Effect):
    """A deposit counts `times` its amount against the price; what goes beyond the deposit is the discount.

    The deposit itself is a payment: the shop takes it off what is still to pay.
    """

    kind: ClassVar[str] = "deposit"
    competes: ClassVar[bool] = False
    pays: ClassVar[bool] = True

    times: Decimal = Decimal(2)

    def resolve(self, seen: Seen) -> tuple[Reduction | None, Grant | None] | Why:
        """The growth of the deposit that was paid for this promotion."""
        paid = seen.facts.deposits.get(seen.promotion, 0)
        if paid <= 0:
            return Why.NOT_CHOSEN
        room = max(0, seen.measure("selection.amount") - paid)
        growth = int(paid * self.times) - paid - seen.given()
        return Reduction("amount", max(0, min(growth, room)), across=True), None
