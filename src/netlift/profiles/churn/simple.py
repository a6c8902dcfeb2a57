"""What simpler answers say of churn: a model of purchase times, and how long ago the last order was."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from netlift.errors import EstimationError
from netlift.profiles.propensity.checks import Floats, column
from netlift.profiles.propensity.dates import Dated, stacked
from netlift.profiles.propensity.family import Task
from netlift.profiles.value.bg_nbd import BGNBD
from netlift.profiles.value.histories import Histories

GROUPS = 20
"""Groups of equal silence behind the rule."""


def silent(model: BGNBD, histories: Histories, horizon: float) -> Floats:
    """Probability of no purchase within `horizon` under BG/NBD, shape (n,).

        1 - P(alive) (1 - ((alpha + T) / (alpha + T + h))^(r + x))

    for the rate of a customer who is active at T is Gamma(r + x, alpha + T). It needs no outcome to learn from, only
    the histories before the date. `1 - model.p_alive(histories)` is another figure: gone for good.

    Args:
        model: fitted to histories as of the date.
        histories: as of the date.
        horizon: in units of the histories, above 0.

    Raises:
        EstimationError: the horizon is not above 0.

    >>> model = BGNBD.of(r=0.243, alpha=4.414, a=0.793, b=2.426)
    >>> one = Histories(np.array([2.0, 2.0]), np.array([30.0, 5.0]), np.array([38.0, 38.0]))
    >>> silent(model, one, 13.0).round(2).tolist()
    [0.67, 0.94]
    """
    if not horizon > 0:
        raise EstimationError(f"the horizon must be above 0, got {horizon}")
    r, alpha = model.parameters_["r"], model.parameters_["alpha"]
    since = alpha + histories.age
    none = (since / (since + horizon)) ** (r + histories.frequency)
    return np.asarray(1 - model.p_alive(histories) * (1 - none))


@dataclass(frozen=True, slots=True)
class RecencyRule:
    """The share that churned among customers who had been silent about as long, never falling with silence."""

    days: Floats
    """Mean silence of each group, rising."""
    share: Floats
    """That churned in each, never falling; straight lines between them."""

    @classmethod
    def learn(cls, dates: Sequence[Dated], names: Sequence[str], name: str = "recency_days") -> Self:
        """From all of these dates, in 20 groups of about equal size, each with one imagined customer of either kind.

        Args:
            dates: y = 1 for those who churned.
            names: of the columns.
            name: the column that counts days since the last order.

        Raises:
            EstimationError: there is no such column.
        """
        from sklearn.isotonic import isotonic_regression

        if name not in names:
            raise EstimationError(f"the rule needs the column {name!r}; there are {', '.join(names)}")
        X, y = stacked(dates, Task.CLASSIFICATION)
        days = X[:, list(names).index(name)]
        cuts = np.unique(np.quantile(days, np.arange(1, GROUPS) / GROUPS, method="higher"))
        _, group = np.unique(np.searchsorted(cuts, days, side="right"), return_inverse=True)
        sizes = np.bincount(group)
        shares = (np.bincount(group, y) + 1) / (sizes + 2)
        rising = np.asarray(isotonic_regression(shares, sample_weight=sizes), dtype=np.float64)
        return cls(np.bincount(group, days) / sizes, rising)

    def predict(self, recency: ArrayLike) -> Floats:
        """Probability of churning by days since the last order, shape (n,)."""
        return np.interp(column(recency, "recency"), self.days, self.share)
