"""What an uplift metric needs of its inputs, checked in one place and refused with what to do."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netlift.errors import EstimationError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEAST_PER_ARM = 10
"""Units that each arm needs: below it a half-sample may hold none of an arm, and no interval can be trusted."""


def column(values: ArrayLike, name: str, *, rows: int | None = None) -> Floats:
    """Finite numbers, one per unit, shape (n,).

    Raises:
        EstimationError: not one column, another length than the others, or NaN or infinite values.
    """
    array = _numbers(values, name)
    if array.ndim != 1 or (rows is not None and len(array) != rows):
        raise EstimationError(f"{name} needs one value per unit, shape ({rows or 'n'},); got shape {array.shape}")
    return _finite(array, name)


def matrix(values: ArrayLike, name: str, *, rows: int, columns: int | None = None) -> Floats:
    """Finite numbers, one row per unit, shape (rows, columns); a single column may be given flat.

    Raises:
        EstimationError: another shape, or NaN or infinite values.
    """
    array = _numbers(values, name)
    array = array[:, None] if array.ndim == 1 else array
    if array.ndim != 2 or len(array) != rows or columns not in (None, array.shape[1]) or array.shape[1] == 0:
        raise EstimationError(f"{name} needs the shape ({rows}, {columns or 'arms'}); got {array.shape}")
    return _finite(array, name)


def _numbers(values: ArrayLike, name: str) -> Floats:
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise EstimationError(f"{name} must hold numbers: {error}") from error


def _finite(array: Floats, name: str) -> Floats:
    bad = ~(np.isfinite(array) if array.ndim == 1 else np.isfinite(array).all(axis=1))
    if bad.any():
        raise EstimationError(
            f"{name} is NaN or infinite in {int(bad.sum())} rows, first in row {int(bad.argmax())}: "
            "fill or leave out those units first"
        )
    return array


def binary(treatment: ArrayLike, *, rows: int, least: int = LEAST_PER_ARM) -> Ints:
    """Who was treated: 1, or 0 for control, shape (n,).

    Raises:
        EstimationError: other values, nobody or everybody treated, or fewer than `least` units in an arm.
    """
    values = column(treatment, "treatment", rows=rows)
    if not np.isin(values, (0.0, 1.0)).all():
        raise EstimationError(
            f"treatment must be 0 (control) or 1 (treated); got {_some(values)}. "
            "For several offers use netlift.uplift.costs"
        )
    return arms(values, 2, rows=rows, least=least)


def arms(arm: ArrayLike, count: int, *, rows: int, least: int = LEAST_PER_ARM) -> Ints:
    """The arm that each unit was in: 0 is control, 1 .. count - 1 are the offers; shape (n,).

    Raises:
        EstimationError: a number that is no arm, a constant treatment, or fewer than `least` units in an arm.
    """
    values = column(arm, "treatment", rows=rows)
    if not np.isin(values, np.arange(count)).all():
        raise EstimationError(f"treatment must be an arm from 0 to {count - 1}; got {_some(values)}")
    numbers = values.astype(np.int64)
    sizes = np.bincount(numbers, minlength=count)
    if rows and sizes.max() == rows:
        raise EstimationError(
            f"treatment is constant: all {rows} units are in arm {int(sizes.argmax())}, so nothing can be compared"
        )
    if sizes.min() < max(least, 1):
        short = int(sizes.argmin())
        name = "control (arm 0)" if short == 0 else f"arm {short}"
        raise EstimationError(f"{name} has {int(sizes[short])} units, at least {max(least, 1)} are needed in each arm")
    return numbers


def propensities(propensity: ArrayLike, *, rows: int, columns: int) -> Floats:
    """Probability of each arm for each unit, shape (n, arms); one row (arms,) holds for every unit.

    Raises:
        EstimationError: a propensity of 0 or 1, values outside (0, 1), or rows that do not sum to 1.
    """
    array = _numbers(propensity, "propensity")
    if array.shape == (columns,) and columns > 1:
        array = np.tile(array, (rows, 1))
    array = matrix(array, "propensity", rows=rows, columns=columns)
    outside = ((array <= 0) | (array >= 1)).any(axis=1)
    if outside.any():
        raise EstimationError(
            f"propensity must lie strictly between 0 and 1; {int(outside.sum())} units have 0, 1 or a value beyond, "
            f"first in row {int(outside.argmax())}: leave out units that could not have had every arm"
        )
    if not np.allclose(array.sum(axis=1), 1.0, atol=1e-6):
        row = int(np.abs(array.sum(axis=1) - 1).argmax())
        raise EstimationError(
            f"propensities of a unit must sum to 1 over all arms; row {row} sums to {array[row].sum():g}"
        )
    return array


def distinct(customers: ArrayLike, *, rows: int) -> None:
    """Refuse a customer who stands in two rows: their errors hang together, and every interval would be too narrow.

    Raises:
        EstimationError: a customer twice, or not one customer per row.
    """
    array = np.asarray(customers)
    if array.shape != (rows,):
        raise EstimationError(f"customers need one value per unit, shape ({rows},); got shape {array.shape}")
    names, counts = np.unique(array, return_counts=True)
    if (counts > 1).any():
        raise EstimationError(
            f"{int((counts > 1).sum())} customers stand in several rows, such as {names[counts.argmax()]} in "
            f"{int(counts.max())}: add up the outcomes of each customer first"
        )


def level(value: float) -> float:
    """A confidence level between 0 and 1."""
    if not 0 < value < 1:
        raise EstimationError(f"a confidence level lies between 0 and 1, got {value}")
    return value


def share(value: float) -> float:
    """A share of the units, above 0 and up to 1."""
    if not 0 < value <= 1:
        raise EstimationError(f"a share of the units lies above 0 and up to 1, got {value}")
    return value


def _some(values: Floats) -> str:
    return ", ".join(f"{value:g}" for value in np.unique(values)[:5])
