"""What the segments are like: sizes, means and medians, and what sets each apart from the others."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np

from netlift.profiles.segments.inputs import Floats, Ints
from netlift.profiles.segments.naming import Lang, names
from netlift.profiles.segments.scale import Scale


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment; means and medians by feature, in the features' own units."""

    number: int
    """0, 1, ..., the largest first."""
    name: Mapping[Lang, str]
    """In words, by language."""
    customers: int
    share: float
    """Of all customers."""
    difference: Mapping[str, float]
    """Mean of the segment less mean of the others, in standard deviations within both, on the scale; by feature."""
    mean: Mapping[str, float]
    median: Mapping[str, float]

    def to_dict(self) -> dict[str, Any]:
        """As JSON's types."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """From what `to_dict` wrote."""
        return cls(**data)


def describe(X: Floats, labels: Ints, scale: Scale, *, count: int) -> tuple[Segment, ...]:
    """The segments of labelled customers.

    Args:
        X: features, shape (n, p).
        labels: segment of each customer, 0 .. count - 1, shape (n,).
        scale: fitted to customers like these.
        count: segments; one without a customer has means and medians of nan.
    """
    Z = scale.apply(X)
    used = [column.name for column in scale.columns]
    apart = [dict(zip(used, _difference(Z, labels == i), strict=True)) for i in range(count)]
    return tuple(
        Segment(
            number=i,
            name=name,
            customers=int((labels == i).sum()),
            share=float((labels == i).mean()),
            difference=difference,
            mean=_by_name(scale.names, X[labels == i], np.mean),
            median=_by_name(scale.names, X[labels == i], np.median),
        )
        for i, (name, difference) in enumerate(zip(names(apart), apart, strict=True))
    )


def _difference(Z: Floats, inside: np.ndarray[Any, np.dtype[np.bool_]]) -> list[float]:
    """Standardised differences of the means of two groups; 0 where one of them is empty."""
    if inside.all() or not inside.any():
        return [0.0] * Z.shape[1]
    one, other = Z[inside], Z[~inside]
    within = np.sqrt((one.var(axis=0) * len(one) + other.var(axis=0) * len(other)) / len(Z))
    # where neither group varies the difference is put in spreads of the scale, which are 1
    apart = (one.mean(axis=0) - other.mean(axis=0)) / np.where(within > 1e-9, within, 1.0)
    return [float(value) for value in apart]


def _by_name(features: Sequence[str], X: Floats, of: Any) -> dict[str, float]:
    values = of(X, axis=0) if len(X) else np.full(len(features), np.nan)
    return dict(zip(features, (float(value) for value in values), strict=True))
