"""What a feature family is: a declared set of columns and one lazy frame that fills them."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal

from netlift.engines import Frame
from netlift.profiles.as_of import Past
from netlift.registry import Registry

Kind = Literal["int64", "float64", "string", "bool"]
NEVER_DAYS = 3650.0
"""What a model gets as "days since" what never was: ten years."""


@dataclass(frozen=True, slots=True)
class Column:
    """One feature: its name, type and meaning are the data dictionary."""

    name: str
    kind: Kind
    meaning: str
    """In words, with the unit."""
    fill: int | float | str | bool | None = None
    """What stands in the table for customers of whom the family knows nothing; None: null, "unknown" or "never"."""
    unknown: float = 0.0
    """What a model gets in place of a null; text has none."""
    levels: tuple[str, ...] | None = None
    """All values of a text column, if they are fixed; each becomes an indicator of the model matrix."""


class Family(ABC):
    """Features that belong together."""

    kind: ClassVar[str]
    """Short name, unique."""
    columns: ClassVar[tuple[Column, ...]]
    """What `frame` gives, besides `customer_id`."""

    @abstractmethod
    def frame(self, shop: Past) -> Frame:
        """At most one row per `customer_id` with the declared columns; who is absent gets each column's fill."""


FAMILIES: Registry[Family] = Registry("netlift.profiles.features", Family, "netlift.features")  # type: ignore[type-abstract]
"""All families by kind."""
