"""What a model or a metric needs of its inputs, checked in one place and refused with what to do."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netlift.errors import EstimationError

Floats = NDArray[np.float64]


def column(values: ArrayLike, name: str, *, rows: int | None = None) -> Floats:
    """Finite numbers, one per row, shape (n,), n > 0.

    Raises:
        EstimationError: not one column, no row, another length than the others, or NaN or infinite values.
    """
    array = _numbers(values, name)
    if array.ndim != 1 or (rows is not None and len(array) != rows):
        raise EstimationError(f"{name} needs one value per row, shape ({rows or 'n'},); got shape {array.shape}")
    return _finite(array, name)


def matrix(values: ArrayLike, name: str = "X", *, rows: int | None = None, columns: int | None = None) -> Floats:
    """Finite numbers, one row per customer, shape (n, p), n > 0 and p > 0.

    Raises:
        EstimationError: another shape, no rows or columns, or NaN or infinite values.
    """
    array = _numbers(values, name)
    fits = array.ndim == 2 and rows in (None, len(array)) and columns in (None, array.shape[1])
    if not fits or array.shape[1] == 0:
        raise EstimationError(f"{name} needs the shape ({rows or 'n'}, {columns or 'p'}); got {array.shape}")
    return _finite(array, name)


def classes(values: ArrayLike, *, rows: int | None = None) -> Floats:
    """What happened: 1 bought, 0 did not, shape (n,), with both among them.

    Raises:
        EstimationError: other values, or only one of the classes.
    """
    y = column(values, "y", rows=rows)
    if not np.isin(y, (0.0, 1.0)).all():
        raise EstimationError(
            f"y must be 1 (bought) or 0 (did not); got {', '.join(f'{v:g}' for v in np.unique(y)[:5])}"
        )
    if y.min() == y.max():
        raise EstimationError(
            f"y is {y[0]:g} in all {len(y)} rows: with one class there is nothing to learn or to judge; "
            "use more rows, a longer horizon, or another date"
        )
    return y


def probabilities(values: ArrayLike, *, rows: int) -> Floats:
    """Numbers from 0 to 1, shape (n,).

    Raises:
        EstimationError: values beyond.
    """
    p = column(values, "p", rows=rows)
    if p.min() < 0 or p.max() > 1:
        raise EstimationError(f"p must be probabilities from 0 to 1; got {p.min():g} to {p.max():g}")
    return p


def weighting(weights: ArrayLike | None, *, rows: int) -> Floats:
    """Weights of the rows, not negative and not all 0, shape (n,); None: 1 each.

    Raises:
        EstimationError: a negative weight, or none above 0.
    """
    if weights is None:
        return np.ones(rows)
    w = column(weights, "weights", rows=rows)
    if w.min() < 0 or not w.max() > 0:
        raise EstimationError("weights must not be negative, and at least one must be above 0")
    return w


def level(value: float) -> float:
    """A confidence level between 0 and 1."""
    if not 0 < value < 1:
        raise EstimationError(f"a confidence level lies between 0 and 1, got {value}")
    return value


def _numbers(values: ArrayLike, name: str) -> Floats:
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise EstimationError(f"{name} must hold numbers: {error}") from error


def _finite(array: Floats, name: str) -> Floats:
    if not len(array):
        raise EstimationError(f"{name} has no rows")
    if np.isfinite(array).all():
        return array
    bad = ~(np.isfinite(array) if array.ndim == 1 else np.isfinite(array).all(axis=1))
    raise EstimationError(
        f"{name} is NaN or infinite in {int(bad.sum())} rows, first in row {int(bad.argmax())}: "
        "fill or leave out those rows first"
    )
