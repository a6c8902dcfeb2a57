"""What models of customers need of their input, checked in one place and refused with what to do."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netlift.errors import EstimationError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def features(X: ArrayLike, names: Sequence[str]) -> Floats:
    """Features as finite numbers, one row per customer and one column per name, shape (n, p).

    Raises:
        EstimationError: another shape, no column, a name twice, or NaN or infinite values.
    """
    array = numbers(X, "X")
    if array.ndim != 2 or array.shape[1] != len(names) or not names:
        raise EstimationError(f"X needs the shape (customers, {len(names)}), a column for each name; got {array.shape}")
    if twice := sorted({name for name in names if list(names).count(name) > 1}):
        raise EstimationError(f"feature names must differ; {', '.join(twice)} stand more than once")
    bad = ~np.isfinite(array)
    if bad.any():
        row, column = (int(place) for place in np.argwhere(bad)[0])
        raise EstimationError(
            f"feature {names[column]!r} is NaN or infinite in row {row} ({int(bad.any(axis=1).sum())} rows in all): "
            "fill or leave out those customers first"
        )
    return array


def column(values: ArrayLike, name: str, *, rows: int) -> Floats:
    """Finite numbers, one per customer, shape (n,).

    Raises:
        EstimationError: not one column of that length, or NaN or infinite values.
    """
    array = numbers(values, name)
    if array.shape != (rows,):
        raise EstimationError(f"{name} needs one value per customer, shape ({rows},); got shape {array.shape}")
    if not np.isfinite(array).all():
        row = int(np.argmin(np.isfinite(array)))
        raise EstimationError(f"{name} is NaN or infinite, first in row {row}: fill or leave out those customers first")
    return array


def same_names(given: Sequence[str] | None, known: Sequence[str]) -> None:
    """Refuse features that are not those of the fit, in their order.

    Raises:
        EstimationError: other names, or another order.
    """
    if given is not None and tuple(given) != tuple(known):
        raise EstimationError(
            f"these features are not those of the fit: needs {', '.join(known)}; got {', '.join(given)}"
        )


def numbers(values: ArrayLike, name: str) -> Floats:
    """The values as float64.

    Raises:
        EstimationError: something in them is no number.
    """
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise EstimationError(f"{name} must hold numbers: {error}") from error
