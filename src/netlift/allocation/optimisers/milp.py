"""The exact way for small problems: the whole integer programme to HiGHS."""

import numpy as np

from netlift.allocation.core import exact
from netlift.allocation.optimiser import Optimiser, result
from netlift.allocation.problem import Problem
from netlift.allocation.result import Result
from netlift.errors import EstimationError

LARGEST = 250_000
"""Candidates above which HiGHS takes minutes and gigabytes."""


class Milp(Optimiser):
    """Mixed-integer programme by HiGHS, to a relative gap of 1e-6 or the end of its time."""

    kind = "milp"

    def __init__(self, *, seconds: float = 120.0) -> None:
        self.seconds = seconds
        """Time that the solver gets."""

    def solve(self, problem: Problem) -> Result:
        """See `Optimiser`."""
        if problem.candidates > LARGEST:
            raise EstimationError(
                f"{problem.candidates} candidates are too many for an exact solver (at most {LARGEST}): use dual"
            )
        if not problem.candidates and (problem.limits >= 0).all():
            return result(self.kind, problem, np.zeros(0, np.int64), bound=0.0)
        every, none = np.arange(problem.candidates), np.zeros(0, np.int64)
        found = exact(problem, every, none, gap=1e-6, seconds=self.seconds) if len(every) else None
        if found is None:
            raise EstimationError(
                "no plan keeps every limit, or none was found in time: the optimiser dual says which limits must give"
            )
        return result(self.kind, problem, found[0], bound=found[1])
