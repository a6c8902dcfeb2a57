"""What a test needs to know of an arm: how many units, the means of its columns, and how they vary together.

Statistics never see a table, and a table never sees statistics: any engine that can count, sum and multiply
can supply `Aggregates`, and parts of a population add up (`a + b`) to the aggregates of the whole.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netlift.errors import DataError, EstimationError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Aggregates:
    """Sufficient statistics of one arm.

    >>> arm = Aggregates.of({"spend": [0.0, 4.0, 8.0]})
    >>> arm.count, arm.mean("spend"), arm.var("spend")
    (3, 4.0, 16.0)
    """

    names: tuple[str, ...]
    """Names of the columns, in the order of `means`."""
    count: int
    """Units in the arm."""
    means: Floats
    """Mean of each column, shape (p,)."""
    covs: Floats
    """Sample covariances (divisor n - 1), shape (p, p)."""

    @classmethod
    def of(cls, columns: Mapping[str, ArrayLike]) -> "Aggregates":
        """Aggregates of columns held in memory, one value per unit.

        Raises:
            DataError: no column, columns of different lengths, fewer than two units, or values not finite.
        """
        if not columns:
            raise DataError("aggregates need at least one column")
        arrays = [np.asarray(values, dtype=np.float64) for values in columns.values()]
        if len({array.shape for array in arrays}) != 1 or arrays[0].ndim != 1 or len(arrays[0]) < 2:
            raise DataError(f"columns must have one length of at least 2, got {[array.shape for array in arrays]}")
        for name, array in zip(columns, arrays, strict=True):
            if not np.isfinite(array).all():
                raise DataError(f"column {name!r} holds empty or infinite values: fill or leave out those units first")
        means = np.array([array.mean() for array in arrays])
        covs = np.cov(np.stack(arrays)).reshape(len(arrays), len(arrays))
        return cls(tuple(columns), len(arrays[0]), means, covs)

    @classmethod
    def from_sums(cls, names: Sequence[str], count: int, sums: ArrayLike, products: ArrayLike) -> "Aggregates":
        """Aggregates from what a database returns.

        Args:
            names: column names, p of them.
            count: units.
            sums: sum of each column, shape (p,).
            products: sum of each product of two columns, shape (p, p).

        >>> Aggregates.from_sums(["x"], 3, [12.0], [[80.0]]).var("x")
        16.0
        """
        if count < 2:
            raise DataError(f"an arm needs at least 2 units, got {count}")
        means = np.asarray(sums, dtype=np.float64) / count
        covs = (np.asarray(products, dtype=np.float64) - count * np.outer(means, means)) / (count - 1)
        return cls(tuple(names), count, means, covs)

    def __add__(self, other: "Aggregates") -> "Aggregates":
        if self.names != other.names:
            raise DataError(f"aggregates of different columns do not add up: {self.names} and {other.names}")
        count = self.count + other.count
        gap = other.means - self.means
        means = self.means + gap * (other.count / count)
        squares = self.covs * (self.count - 1) + other.covs * (other.count - 1)
        squares = squares + np.outer(gap, gap) * (self.count * other.count / count)
        return Aggregates(self.names, count, means, squares / (count - 1))

    def mean(self, name: str) -> float:
        """Mean of a column."""
        return float(self.means[self._at(name)])

    def var(self, name: str) -> float:
        """Sample variance of a column."""
        return self.cov(name, name)

    def cov(self, a: str, b: str) -> float:
        """Sample covariance of two columns."""
        return float(self.covs[self._at(a), self._at(b)])

    def block(self, rows: Sequence[str], columns: Sequence[str]) -> Floats:
        """Covariances between two lists of columns, shape (len(rows), len(columns))."""
        block: Floats = self.covs[np.ix_([self._at(a) for a in rows], [self._at(b) for b in columns])]
        return block

    def _at(self, name: str) -> int:
        if name not in self.names:
            raise EstimationError(f"no aggregates of {name!r}; there are: {', '.join(self.names)}")
        return self.names.index(name)
