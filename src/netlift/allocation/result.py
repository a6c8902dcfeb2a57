"""What an optimiser answers: who gets what, what it earns, and how much better any plan could be."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from netlift.allocation.problem import UNIT, Ints


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """A plan that keeps every limit, with its certificate."""

    kind: str
    """The optimiser."""
    chosen: Ints
    """Candidates taken, ascending, shape (taken,)."""
    value: int
    """What they earn, thousandths of a minor unit."""
    bound: float | None
    """No plan that keeps the limits earns more, thousandths; None: this optimiser proves nothing."""
    use: Mapping[str, int]
    """What is used of each row, thousandths."""
    prices: Mapping[str, float] = field(default_factory=dict)
    """What one more unit of each limit would earn, minor units per unit of the row; 0: it does not bind."""
    relaxed: Mapping[str, int] = field(default_factory=dict)
    """Limits that no plan can keep, and the least by which they had to give way, thousandths; empty: all are kept."""
    passes: int = 0
    """How often everybody was looked at."""

    @property
    def gap(self) -> float | None:
        """How much more than this plan any plan could earn, as a share of the bound; 0 where nothing can be earned.

        >>> import numpy as np
        >>> Result("example", np.zeros(0, np.int64), 990, 1000.0, {}).gap
        0.01
        """
        if self.bound is None:
            return None
        return max(0.0, (self.bound - self.value) / abs(self.bound)) if abs(self.bound) > 0.5 else 0.0

    @property
    def earned(self) -> float:
        """What the plan earns, minor units."""
        return self.value / UNIT

    @property
    def binding(self) -> tuple[str, ...]:
        """Rows whose limit costs something."""
        return tuple(name for name, price in self.prices.items() if price > 0)
