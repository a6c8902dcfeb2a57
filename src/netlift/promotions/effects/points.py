"""Loyalty points earned by the order."""

from dataclasses import dataclass
from typing import ClassVar

from netlift.promotions.effect import Effect, Grant, Reduction, Seen, value_of
from netlift.promotions.reasons import Why
from netlift.promotions.value import Amount


@dataclass(frozen=True, slots=True)
class EarnPoints(Effect):
    """`points` for the order; `Steps` give so many for every amount spent at the prices after earlier promotions."""

    kind: ClassVar[str] = "points"
    competes: ClassVar[bool] = False
    cuts: ClassVar[bool] = False

    points: Amount

    def resolve(self, seen: Seen) -> tuple[Reduction | None, Grant | None] | Why:
        """The points of the tier or the steps reached."""
        points = value_of(self.points, seen)
        return Why.BELOW_THRESHOLD if points is None else (None, Grant(points=int(points)))
