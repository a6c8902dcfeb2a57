"""What may be shown when it is shown: stock and exclusions are asked at that moment, not when a model was fitted."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from netlift.errors import ConfigError

Bought = Literal["allow", "exclude", "only"]


@dataclass(frozen=True, slots=True)
class Rules:
    """Conditions of one list; whatever they leave out is replaced by what comes next, until the list is full.

    Raises:
        ConfigError: a value out of its range.
    """

    in_stock: Collection[str] | None = None
    """Products that can be sold; None: all."""
    excluded: Collection[str] = ()
    """Products that nobody is shown."""
    excluded_by_user: Mapping[str, Collection[str]] = field(default_factory=lambda: MappingProxyType({}))
    """By customer: what lies in their cart, what they hid."""
    bought: Bought = "exclude"
    """What becomes of goods that the customer had before: allowed, left out, or the only ones."""
    replenishable: Collection[str] = ()
    """Goods that are bought again and again: never left out for having been bought."""
    diversity: float = 0.0
    """0 to 1: how much being unlike what stands above counts beside the score (MMR, Carbonell and Goldstein 1998)."""
    most_of_category: int | None = None
    """Of one category, at most so many; given up where the list would not be full."""
    margin_weight: float = 0.0
    """0 to 1: how much the margin of a product counts beside the score; needs `margin_minor` about the items."""
    shown: Mapping[tuple[str, str], int] = field(default_factory=lambda: MappingProxyType({}))
    """By customer and product: how often it was shown lately without an answer."""
    fatigue: float = 0.0
    """0 to 1: by what share each such time lowers a product's score."""

    def __post_init__(self) -> None:
        if self.bought not in ("allow", "exclude", "only"):
            raise ConfigError(f"bought is allow, exclude or only; got {self.bought!r}")
        for name in ("diversity", "margin_weight", "fatigue"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"{name} lies between 0 and 1, got {getattr(self, name)}")
        if self.most_of_category is not None and self.most_of_category < 1:
            raise ConfigError(f"most_of_category is at least 1, got {self.most_of_category}")
