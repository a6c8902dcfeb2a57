"""Columns made comparable, by numbers that are kept: new customers are measured as the first ones were.

For each column in turn: `log(1 + x)` where it is not negative and its skewness is above 1; values beyond the 1st and
99th percentile pulled in to them; centre and spread (mean and standard deviation) of what is left; then everything
beyond three spreads pulled in as well. One huge order, or a mark that few customers carry, cannot make a segment.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np

from netlift.errors import EstimationError
from netlift.profiles.segments.inputs import Floats

SKEWED = 1.0
"""Skewness above which a column that is never negative is put on a logarithmic scale."""
TAILS = (0.01, 0.99)
"""Quantiles beyond which values are pulled in before centre and spread are taken."""
REACH = 3.0
"""Spreads from the centre beyond which values are pulled in."""


@dataclass(frozen=True, slots=True)
class Column:
    """How one column is measured."""

    name: str
    log: bool
    """Whether the logarithm of 1 + x is taken; values below 0 then count as 0."""
    low: float
    """Least value, after the logarithm."""
    high: float
    """Greatest value, after the logarithm."""
    centre: float
    spread: float
    """Above 0."""

    def apply(self, values: Floats) -> Floats:
        """Values in spreads from the centre, at most 3 either way."""
        raw = np.log1p(np.maximum(values, 0.0)) if self.log else values
        measured: Floats = (np.clip(raw, self.low, self.high) - self.centre) / self.spread
        return measured


@dataclass(frozen=True, slots=True)
class Scale:
    """The columns that tell customers apart, and those that do not."""

    names: tuple[str, ...]
    """All columns, in the order of the matrix."""
    columns: tuple[Column, ...]
    """Those that vary, in the same order."""

    @classmethod
    def fit(cls, X: Floats, names: Sequence[str]) -> Self:
        """Measure a checked matrix.

        Raises:
            EstimationError: no column varies.
        """
        found = [_measure(X[:, j], name) for j, name in enumerate(names)]
        columns = tuple(column for column in found if column is not None)
        if not columns:
            raise EstimationError(
                f"all features ({', '.join(names)}) are the same for nearly every customer: there is nothing to tell "
                "them apart by"
            )
        return cls(tuple(names), columns)

    @property
    def constant(self) -> tuple[str, ...]:
        """Columns left out, because nearly all customers have the same value."""
        used = {column.name for column in self.columns}
        return tuple(name for name in self.names if name not in used)

    def apply(self, X: Floats) -> Floats:
        """Customers on the scale, one column for each that varies, shape (n, len(columns))."""
        place = {name: j for j, name in enumerate(self.names)}
        return np.column_stack([column.apply(X[:, place[column.name]]) for column in self.columns])

    def to_dict(self) -> dict[str, Any]:
        """As JSON's types."""
        return {"names": list(self.names), "columns": [asdict(column) for column in self.columns]}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """From what `to_dict` wrote."""
        return cls(tuple(data["names"]), tuple(Column(**column) for column in data["columns"]))


def _measure(values: Floats, name: str) -> Column | None:
    """How to measure a column; None where nearly all values are one."""
    log = bool(values.min() >= 0 and _skewness(values) > SKEWED)
    raw = np.log1p(values) if log else values
    first, last = (float(quantile) for quantile in np.quantile(raw, TAILS))
    inner = np.clip(raw, first, last)
    centre, spread = float(inner.mean()), float(inner.std())
    if not spread > 1e-9 * max(1.0, abs(centre)):
        return None
    return Column(
        name, log, max(first, centre - REACH * spread), min(last, centre + REACH * spread), centre, spread
    )  # fmt: skip


def _skewness(values: Floats) -> float:
    off = values - values.mean()
    spread = float(off.std())
    return float(np.mean((off / spread) ** 3)) if spread > 0 else 0.0
