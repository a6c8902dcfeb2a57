"""A comparison with control, kept linear: the same weights answer for every part of the profit.

Every design turns units (customers, region-weeks, product-weeks) into weights that sum the outcome of the
treated and subtract what control says it would have been. Because the weights do not depend on which outcome
column they meet, the bars of a waterfall add up by construction, and one covariance gives the interval of
any sum of them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from netlift.types import Effect, Grade

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Contrast:
    """Total effects of a promotion on several outcome columns.

    The effect of a combination `a` of columns is `a @ total`, its variance
    `a @ influence.T @ influence @ a` (clusters are independent of each other).
    """

    total: Floats
    """Effect summed over the treated, one per outcome column, shape (k,)."""
    influence: Floats
    """Contribution of each independent cluster to the error of `total`, shape (n_clusters, k)."""
    n_treated: int
    n_control: int
    method: str
    dof: float = np.inf
    """Degrees of freedom of the interval (Student's t); infinite for the normal."""
    widen: float = 1.0
    """Factor on the standard error learned from placebos (1: the model's own error was enough)."""

    def se(self, columns: Floats) -> float:
        """Standard error of the combination `columns`, shape (k,)."""
        return float(self.widen * np.sqrt(np.sum((self.influence @ columns) ** 2)))

    def effect(self, columns: Floats, *, level: float, grade: Grade) -> Effect:
        """The combination `columns` of outcome columns as an `Effect` at confidence `level`."""
        from scipy.stats import norm, t

        estimate, se = float(self.total @ columns), self.se(columns)
        tail = (1 + level) / 2
        reach = se * float(norm.ppf(tail) if np.isinf(self.dof) else t.ppf(tail, self.dof))
        return Effect(
            estimate, estimate - reach, estimate + reach, level, se,
            self.n_treated, self.n_control, self.method, grade,
        )  # fmt: skip
