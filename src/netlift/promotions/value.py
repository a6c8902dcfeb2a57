"""Values that depend on a measured quantity: tier tables, and so much for every step reached."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeAlias

Measure = Literal[
    "selection.amount",
    "selection.subtotal",
    "selection.quantity",
    "cart.subtotal",
    "cart.running_subtotal",
    "cart.quantity",
]
"""What a value depends on: the selected goods at running prices (`amount`) or at shelf prices (`subtotal`), or
their units; or the same of the whole cart."""


@dataclass(frozen=True, slots=True)
class Tier:
    """From this measure on, this value."""

    start: int
    value: int | Decimal


@dataclass(frozen=True, slots=True)
class Tiers:
    """The value of the highest tier that the measure reaches; nothing below the first (满减 in steps)."""

    rows: tuple[Tier, ...]
    of: Measure = "selection.amount"


@dataclass(frozen=True, slots=True)
class Steps:
    """The value once for every full step of the measure (每满减), at most `at_most` times."""

    step: int
    value: int
    of: Measure = "selection.amount"
    at_most: int | None = None


Amount: TypeAlias = int | Tiers | Steps
"""Minor units or counts."""
Rate: TypeAlias = Decimal | Tiers
"""Per cent."""
