"""Columns brought to one scale, each by its own mean and deviation, learned from the training rows alone."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from netlift.errors import EstimationError
from netlift.profiles.propensity.checks import Floats


@dataclass(frozen=True, slots=True)
class Scale:
    """Centre and spread of each column; a constant column has spread 1, so it becomes 0 and stays finite."""

    centre: Floats
    """Means, shape (p,)."""
    spread: Floats
    """Standard deviations, shape (p,)."""

    @classmethod
    def of(cls, X: Floats) -> Self:
        """The scale of these rows: one mean and one deviation per column, not one for all of them.

        >>> Scale.of(np.array([[0.0, 100.0], [2.0, 300.0]])).apply(np.array([[1.0, 300.0]])).tolist()
        [[0.0, 1.0]]
        """
        centre, spread = X.mean(axis=0), X.std(axis=0)
        flat = spread <= 1e-12 * np.abs(centre)  # what rounding leaves of a constant
        return cls(centre, np.where(flat, 1.0, spread))

    def apply(self, X: Floats) -> Floats:
        """New rows on this scale; the rows given are left as they are.

        Raises:
            EstimationError: another number of columns.
        """
        if X.shape[1] != len(self.centre):
            raise EstimationError(f"the scale knows {len(self.centre)} columns, X has {X.shape[1]}")
        moved: Floats = X - self.centre
        moved /= self.spread
        return moved
