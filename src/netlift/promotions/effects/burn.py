"""Loyalty points spent as money (积分抵现)."""

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from netlift.promotions.effect import Effect, Grant, Reduction, Seen
from netlift.promotions.reasons import Why


@dataclass(frozen=True, slots=True)
class BurnPoints(Effect):
    """Every `points` points pay `worth` minor units, up to a share of the selected goods' running price."""

    kind: ClassVar[str] = "burn"
    competes: ClassVar[bool] = False
    pays: ClassVar[bool] = True

    points: int = 100
    worth: int = 100
    most: Decimal = Decimal(100)
    """Per cent of the selected goods that points may pay."""

    def resolve(self, seen: Seen) -> tuple[Reduction | None, Grant | None] | Why:
        """As many full steps as the shopper wants to spend and the share allows."""
        room = min(int(seen.measure("selection.amount") * self.most / 100), seen.room())
        steps = min(seen.points() // self.points, room // self.worth)
        if steps <= 0:
            return Why.NOTHING_LEFT if seen.facts.points >= self.points else Why.NOT_CHOSEN
        return Reduction("amount", steps * self.worth, across=True), Grant(points_burned=steps * self.points)
