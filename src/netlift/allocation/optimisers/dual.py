"""The main way: prices by cutting planes, everybody's best answer to them, repair, and an exact solver for the rest."""

import numpy as np

from netlift.allocation import crowd, cutting, kernel
from netlift.allocation.core import settle
from netlift.allocation.kernel import Floats
from netlift.allocation.kernel_narrow import Passes
from netlift.allocation.optimiser import Optimiser, result
from netlift.allocation.problem import Problem
from netlift.allocation.repair import Draft, repair
from netlift.allocation.result import Result

LARGE = 40_000
"""Customers above which a sample finds the first prices, and 1e-6 is near enough for the last; see `crowd`."""
ENOUGH = 1e-5
"""Gap below which nothing more is tried."""


class Dual(Optimiser):
    """Lagrangian dual with a certificate; limits that no plan can keep give way by the least that they must."""

    kind = "dual"

    def __init__(self, *, begin: Floats | None = None, large: int = LARGE, passes: crowd.Counter = Passes) -> None:
        self.begin = begin
        """Prices to start from, e.g. yesterday's, thousandths per thousandth, shape (rows,)."""
        self.large = large
        """Customers above which only those near the prices' edge are looked at for repair."""
        self.passes = passes
        """Where passes over everybody are counted; totals are whole numbers, so it changes nothing."""

    def solve(self, problem: Problem) -> Result:
        """See `Optimiser`."""
        if problem.customers > self.large:
            return _of_many(problem, crowd.solve(crowd.InMemory(problem, self.passes), self.begin))
        most, asked = crowd.highest_prices(problem), problem
        found = cutting.find_prices(self.passes(problem), problem.limits, most, begin=self.begin)
        given = crowd.gives_way(most, problem.limits, found)
        if given.any():
            problem = problem.with_limits(problem.limits + given)
            found = cutting.find_prices(self.passes(problem), problem.limits, most, begin=found.prices)
        totals, chosen = kernel.answer(problem, found.prices)
        draft = repair(problem, found.prices, Draft(chosen, totals.use.copy(), totals.value))
        if (draft.use > problem.limits).any():
            draft, found, problem = _last_resort(problem, draft, found)
        taken, bound = draft.chosen.ravel(), found.bound
        if bound - draft.value > ENOUGH * abs(bound):
            core = settle(problem, found.prices, taken, draft.value, bound)
            if core is not None:
                taken, bound = core.chosen, core.bound
        return result(self.kind, asked, taken, bound=bound, prices=found.prices, passes=found.passes)


def _of_many(problem: Problem, found: crowd.Found) -> Result:
    """Everybody's best answer to the prices, but for the customers of the window."""
    chosen = kernel.answer(problem, found.prices.prices)[1]
    part = found.near.problem
    cells = np.append(problem.cells_of(found.near.number), -1)
    if part.customers:
        chosen[found.near.number] = cells[found.chosen]
    return result(Dual.kind, problem, chosen, bound=found.bound, prices=found.prices.prices, passes=found.prices.passes)


def prices_of(problem: Problem, begin: Floats | None = None, *, passes: crowd.Counter = Passes) -> cutting.Prices:
    """Prices of the limits as they are, and the bound that they prove.

    Args:
        problem: what is shared out.
        begin: prices to start from, shape (rows,).
        passes: where passes over everybody are counted.
    """
    return cutting.find_prices(passes(problem), problem.limits, crowd.highest_prices(problem), begin=begin)


def _last_resort(problem: Problem, draft: Draft, found: cutting.Prices) -> tuple[Draft, cutting.Prices, Problem]:
    """Where changes one by one did not keep every row: the exact solver if it can, else what broke gives way."""
    core = settle(problem, found.prices, np.zeros(0, np.int64), -(2**62), found.bound)
    if core is not None:
        use = np.array([problem.use(r, core.chosen).sum() for r in range(len(problem.rows))], np.int64)
        return Draft(core.chosen, use, core.value), found, problem
    excess = np.maximum(draft.use - problem.limits, 0)
    wider = problem.with_limits(problem.limits + excess)
    bound = found.bound + float(found.prices @ excess)  # the prices prove this much of the wider problem
    return repair(wider, found.prices, draft), found._replace(bound=bound), wider
