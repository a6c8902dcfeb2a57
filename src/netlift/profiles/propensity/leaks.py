"""Does a column know the future? Columns that foretell too well to have been known before the purchase.

The length of a sales call, a delivery date, a redeemed flag: such a column was written down during or after what is to
be foretold, and a model that leans on it is worthless on the day it is needed. Nothing in the numbers proves it; but
one column that ranks buyers better than all the other columns together is asked about here.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from netlift.errors import EstimationError
from netlift.profiles.propensity.checks import Floats
from netlift.profiles.propensity.dates import Dated, in_order, stacked
from netlift.profiles.propensity.family import FAMILIES, Family, Task
from netlift.profiles.propensity.intervals import Interval, difference
from netlift.profiles.propensity.metrics import MEASURES, ranked_of
from netlift.profiles.propensity.model import Model

ALONE = 0.75
"""ROC-AUC of a single column below which it is not asked about."""

GROUPS = 50
"""Groups of a column's values whose purchase rates are its forecast."""


class Suspect(NamedTuple):
    """A column that may have been written after the fact."""

    name: str
    alone: float
    """ROC-AUC of this column alone, on the last date."""
    others: float
    """ROC-AUC of all other columns together, on the last date."""
    difference: Interval
    """Alone less others; its lower end is above 0."""


def leaks(
    dates: Sequence[Dated], names: Sequence[str], *, family: Family | None = None, level: float = 0.99, seed: int = 0
) -> list[Suspect]:
    """Columns that alone rank the buyers of the last date better than all others together, the strongest first.

    A column alone answers with the purchase rate of its value's group (50 groups of equal size) on the earlier dates;
    the others are learned on the same dates by `family`. The comparison is paired, on the rows of the last date.

    Args:
        dates: at least three, in the order of time.
        names: of the columns.
        family: by which the other columns are learned; None: boosting.
        level: confidence level at which a column must be shown to be better.
        seed: of everything drawn by chance.

    Returns:
        What to ask about: was this column known before the customer was chosen? An empty list proves nothing.

    Raises:
        EstimationError: too few dates, NaN, one class, or names that do not fit.
    """
    if len(dates) < 3:
        raise EstimationError(f"looking for leaks needs at least 3 dates, got {len(dates)}")
    in_order(dates)
    past, then = stacked(dates[:-1], Task.CLASSIFICATION)
    X, y = stacked(dates[-1:], Task.CLASSIFICATION)
    if len(names) != X.shape[1]:
        raise EstimationError(f"{X.shape[1]} columns need as many names, got {len(names)}")
    judge = family or FAMILIES["boosting"]()
    found = []
    for j, name in enumerate(names):
        forecast = _rates(past[:, j], then, X[:, j])
        alone = _auc(y, forecast)
        if alone < ALONE or X.shape[1] == 1:
            continue
        rest = Model.learn(judge, [_without(one, j) for one in dates[:-1]], seed=seed).predict(np.delete(X, j, axis=1))
        apart = difference(y, forecast, rest, "roc_auc", level=level, seed=seed)
        if apart.lower > 0:
            found.append(Suspect(name, alone, _auc(y, rest), apart))
    return sorted(found, key=lambda one: -one.alone)


def _rates(values: Floats, y: Floats, asked: Floats) -> Floats:
    """Purchase rate of the group that each asked value falls in, drawn to everybody's by ten rows."""
    cuts = np.unique(np.quantile(values, np.arange(1, GROUPS) / GROUPS, method="lower"))
    member = np.searchsorted(cuts, values, side="right")
    size, bought = np.bincount(member, minlength=len(cuts) + 1), np.bincount(member, y, minlength=len(cuts) + 1)
    rates: Floats = ((bought + 10 * y.mean()) / (size + 10))[np.searchsorted(cuts, asked, side="right")]
    return rates


def _auc(y: Floats, forecast: Floats) -> float:
    return MEASURES["roc_auc"](*ranked_of(y, forecast, None))


def _without(one: Dated, column: int) -> Dated:
    return Dated(one.as_of, np.delete(np.asarray(one.X, dtype=np.float64), column, axis=1), one.y)
