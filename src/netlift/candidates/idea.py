"""What a source of ideas is: it looks at a shop and drafts offers that could be made."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar

from netlift.candidates.candidate import EVERYBODY, Audience, Goal
from netlift.candidates.ground import Choice, Ground
from netlift.registry import Registry


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Draft:
    """An offer as an idea has it: a filled form, goods, people, and why."""

    kind: str
    """Mechanism of `promotions.mechanisms`."""
    form: Mapping[str, object]
    """JSON values of its form, the goods included."""
    choice: Choice
    goal: Goal
    cut: float
    """The most that a unit, or a set of units, loses of its list price, as a share; of gifts and points their worth."""
    why: tuple[str, ...]
    """Codes of `reasons.REASONS`."""
    personal: bool = False
    audience: Audience = EVERYBODY
    depth: float | None = None
    """Share of the price taken off, if it is a percentage."""
    face_minor: int | None = None
    """The most that one use takes off, if that is fixed."""
    uses: int = 0
    """How often one customer may use it; 0: without limit."""
    phase: str | None = None
    past: str | None = None
    title: str = ""
    """What the shop calls it, put before what the form says."""
    mechanism: str | None = None
    """As in PROMOTIONS; None: what goes with the kind."""
    numbers: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    promise: float = 0.5
    """How much speaks for it, 0 to 1: what was measured before comes first."""


class Idea(ABC):
    """A source of ideas; it does not know the others."""

    kind: ClassVar[str]
    """Short name, unique."""
    mechanisms: ClassVar[Mapping[str, str]]
    """Mechanisms that it may propose, and what each needs of the data or of the shop; empty: goods and orders."""

    @abstractmethod
    def drafts(self, ground: Ground) -> Iterator[Draft]:
        """Offers that the data allow, the more promising first; none where they do not."""


IDEAS: Registry[Idea] = Registry("netlift.candidates.ideas", Idea, "netlift.ideas")  # type: ignore[type-abstract]
"""All sources of ideas by kind."""


def filled(choice: Choice, **values: object) -> dict[str, object]:
    """A form with its goods, which are left out where they are everything."""
    return {**values, "goods": dict(choice.goods)} if choice.goods else dict(values)
