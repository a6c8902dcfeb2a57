"""Which segment each customer belongs to, by a few features that matter to promotions."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from netlift.errors import EstimationError
from netlift.profiles.matrix import matrix
from netlift.profiles.segments.inputs import Ints
from netlift.profiles.segments.segmentation import Segmentation

if TYPE_CHECKING:
    import pyarrow as pa

FEATURES = ("recency_days", "orders_365", "basket_minor", "discount_share", "categories")
"""How lately, how often, how much, how cheaply and how widely they buy; each counts alike."""


class Parted(NamedTuple):
    """Segments, or why there are none."""

    segment: Ints
    """Of each customer, -1: never ordered, or no segments; shape (n,)."""
    found: Segmentation | None
    absent: str = ""
    """Why there are no segments."""


def parted(profiles: "pa.Table", *, seed: int) -> Parted:
    """Segments of those who ever ordered.

    Args:
        profiles: as in `schema.PROFILES`.
        seed: see `Segmentation.fit`.
    """
    ordered = profiles["orders"].to_numpy() > 0
    segment = np.full(len(ordered), -1, dtype=np.int64)
    X = matrix(profiles.filter(ordered), names=FEATURES).X
    try:
        found = Segmentation.fit(X, FEATURES, seed=seed)
    except EstimationError as error:
        return Parted(segment, None, str(error))
    segment[ordered] = found.assign(X)
    return Parted(segment, found)
