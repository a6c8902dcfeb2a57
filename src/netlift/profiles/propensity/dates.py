"""Rows as they were known on successive dates, and folds that only ever look ahead.

Every fold learns on early dates, stops and calibrates on the next, and is judged on the one after. Rows are never
mixed across dates: a random split would let a model learn tomorrow's season from tomorrow.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netlift.errors import EstimationError
from netlift.profiles.propensity import checks
from netlift.profiles.propensity.checks import Floats
from netlift.profiles.propensity.family import Task


@dataclass(frozen=True, slots=True)
class Dated:
    """Customers on one date: what was known of them before it, and what they did after."""

    as_of: date | datetime
    """Nothing in `X` was learned at or after it."""
    X: ArrayLike
    """Columns, shape (n, p)."""
    y: ArrayLike
    """1 bought, 0 did not; or amounts; shape (n,)."""
    known_at: date | datetime | None = None
    """When `y` was complete: as_of and the horizon. None: by the next date, on the caller's word."""
    units: ArrayLike | None = None
    """The customer of each row, so that one who stands on several dates counts once; shape (n,)."""


class Fold(NamedTuple):
    """What to learn from, what to stop and calibrate on, what to judge on; in the order of time."""

    train: tuple[Dated, ...]
    validation: Dated
    test: Dated


def rolling(dates: Sequence[Dated]) -> list[Fold]:
    """Folds with a rolling origin: for each date from the third on, all that was known by then.

    A date whose outcomes were not complete when the judged date began is left out of that fold, for on that day
    nobody could have learned from it.

    Args:
        dates: at least three, in the order of time.

    Raises:
        EstimationError: too few dates, dates out of order or doubled, or no fold with two finished dates.

    >>> days = [Dated(date(2025, month, 1), np.zeros((2, 1)), [0, 1]) for month in (1, 2, 3, 4)]
    >>> [(len(fold.train), fold.validation.as_of.month, fold.test.as_of.month) for fold in rolling(days)]
    [(1, 2, 3), (2, 3, 4)]
    """
    if len(dates) < 3:
        raise EstimationError(
            f"judging by time needs at least 3 dates (learn, calibrate, judge), got {len(dates)}: "
            "take earlier dates from the same history"
        )
    in_order(dates)
    folds = []
    for place in range(2, len(dates)):
        test = dates[place]
        known = [one for one in dates[:place] if one.known_at is None or not one.known_at > test.as_of]
        if len(known) >= 2:
            folds.append(Fold(tuple(known[:-1]), known[-1], test))
    if not folds:
        raise EstimationError(
            "no date comes after two dates whose outcomes were complete: put the dates further apart than the horizon"
        )
    return folds


def in_order(dates: Sequence[Dated]) -> None:
    """Refuse dates that do not rise, or of which one kind has a time and another has not.

    Raises:
        EstimationError: the order is not that of time.
    """
    try:
        rises = all(earlier.as_of < later.as_of for earlier, later in pairwise(dates))
    except TypeError as error:
        raise EstimationError(f"dates must be of one kind, all days or all times with a zone: {error}") from error
    if not rises:
        raise EstimationError(f"dates must rise: {', '.join(str(one.as_of) for one in dates)}")


def stacked(dates: Sequence[Dated], task: Task) -> tuple[Floats, Floats]:
    """Columns and outcomes of several dates, one below the other.

    Raises:
        EstimationError: NaN, one class, or dates with unequal columns.
    """
    parts = [checks.matrix(one.X, f"X of {one.as_of}") for one in dates]
    if len({part.shape[1] for part in parts}) > 1:
        raise EstimationError(
            f"all dates need the same columns; they have {', '.join(str(part.shape[1]) for part in parts)}"
        )
    y = np.concatenate(
        [checks.column(one.y, f"y of {one.as_of}", rows=len(part)) for one, part in zip(dates, parts, strict=True)]
    )
    return np.concatenate(parts) if len(parts) > 1 else parts[0], checks.classes(
        y
    ) if task is Task.CLASSIFICATION else y


def units_of(one: Dated, rows: int) -> NDArray[np.generic] | None:
    """Customers of the rows, each once; None if they were not given.

    Raises:
        EstimationError: another length, or a customer in two rows of one date.
    """
    if one.units is None:
        return None
    names = np.asarray(one.units)
    if names.shape != (rows,):
        raise EstimationError(f"units of {one.as_of} need shape ({rows},); got {names.shape}")
    if len(np.unique(names)) < rows:
        raise EstimationError(f"a customer stands in two rows of {one.as_of}: one row per customer and date")
    return names
