"""The linear way for small problems: the relaxation by HiGHS, what is whole in it taken, the rest by repair."""

import numpy as np

from netlift.allocation import kernel
from netlift.allocation.core import relaxed
from netlift.allocation.optimiser import Optimiser, result
from netlift.allocation.problem import Problem
from netlift.allocation.repair import Draft, repair
from netlift.allocation.result import Result
from netlift.errors import EstimationError

LARGEST = 1_000_000
"""Candidates above which HiGHS takes minutes."""


class Lp(Optimiser):
    """Linear relaxation: its value is the bound, its multipliers are the prices; a few customers are split by it."""

    kind = "lp"

    def solve(self, problem: Problem) -> Result:
        """See `Optimiser`."""
        if problem.candidates > LARGEST:
            raise EstimationError(
                f"{problem.candidates} candidates are too many for a linear programme (at most {LARGEST}): use dual"
            )
        found = relaxed(problem) if problem.candidates else None
        if found is None and (problem.candidates or (problem.limits < 0).any()):
            raise EstimationError("no plan keeps every limit: the optimiser dual says which limits must give")
        if found is None:
            return result(self.kind, problem, np.zeros(0, np.int64), bound=0.0, prices=np.zeros(len(problem.rows)))
        _, chosen = kernel.answer(problem, found.prices)
        chosen[:] = -1
        for taken in np.flatnonzero(found.share > 0.5):  # at most one of a slot, at most `contacts` of a customer
            places = chosen[problem.owner[taken]]
            places[np.flatnonzero(places < 0)[:1]] = taken
        whole = chosen[chosen >= 0]
        use = np.array([problem.use(r, whole).sum() for r in range(len(problem.rows))], np.int64)
        draft = repair(problem, found.prices, Draft(chosen, use, int(problem.value[whole].sum(dtype=np.int64))))
        if (draft.use > problem.limits).any():
            raise EstimationError("the relaxation could not be rounded to a plan that keeps every limit: use dual")
        return result(self.kind, problem, draft.chosen, bound=found.value, prices=found.prices, passes=1)
