"""Which units of a cart a benefit is about: filter, order, groups and positions, or the slots of a set."""

from dataclasses import dataclass
from typing import Literal

from netlift.promotions.predicate import Predicate

Order = Literal["given", "cheapest", "dearest", "largest_line"]


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in a set: so many units of these goods, discounted or only needed."""

    quantity: int = 1
    where: Predicate | None = None
    """On facts of a line; None takes any."""
    order: Order = "dearest"
    """Which of the goods that fit are taken first."""
    discounted: bool = True
    """Whether the effect falls on these units; else they are only the ones that must be bought."""


@dataclass(frozen=True, slots=True)
class Selector:
    """Units of a cart. All of them by default.

    Second at half price is `order="dearest", group_size=2, positions=(2,)`; cheapest of all is
    `order="cheapest", max_units=1`; buy two get one of other goods is two slots.
    """

    where: Predicate | None = None
    """On facts of a line; None takes every line."""
    order: Order = "given"
    """Which units come first: by unit price, as the lines stand, or lines of more units before those of fewer."""
    group_size: int | None = None
    """Cuts the ordered units into groups of so many."""
    positions: tuple[int, ...] = ()
    """Places of a group that the effect falls on, from 1; all where empty."""
    complete: bool = True
    """Whether a last group that is not full gets nothing; else its places count as far as they are filled."""
    same_line: bool = False
    """Whether groups are formed within each line only."""
    slots: tuple[Slot, ...] = ()
    """A set made of several kinds of goods; each application takes its units once. Excludes `group_size`."""
    max_groups: int | None = None
    """At most so many groups or sets; unlimited where None."""
    max_units: int | None = None
    """At most so many units altogether, the first in the order."""
    max_units_per_line: int | None = None
    """At most so many units of each line."""
    skip_units: int = 0
    """Leaves out the first so many units of the order; of each line where `same_line`."""
    min_units: int = 0
    """Fewer units than this and the benefit gives nothing."""

    @property
    def whole_lines(self) -> bool:
        """Whether lines are taken with all their units."""
        return (
            self.group_size is None
            and not self.slots
            and self.max_units is None
            and self.max_units_per_line is None
            and not self.skip_units
        )
