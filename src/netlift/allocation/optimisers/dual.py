"""The main way: prices by cutting planes, everybody's best answer to them, repair, and an exact solver for the rest."""

from dataclasses import replace

import numpy as np

from netlift.allocation import cutting, kernel
from netlift.allocation.core import settle
from netlift.allocation.kernel import Floats
from netlift.allocation.optimiser import Optimiser, result
from netlift.allocation.problem import Ints, Problem
from netlift.allocation.repair import Draft, repair
from netlift.allocation.result import Result

LARGE = 100_000
"""Customers above which a sample finds the first prices, and 1e-6 is near enough for the last."""
ENOUGH = 1e-5
"""Gap below which nothing more is tried."""


class Dual(Optimiser):
    """Lagrangian dual with a certificate; limits that no plan can keep give way by the least that they must."""

    kind = "dual"

    def __init__(self, *, begin: Floats | None = None) -> None:
        self.begin = begin
        """Prices to start from, e.g. yesterday's, thousandths per thousandth, shape (rows,)."""

    def solve(self, problem: Problem) -> Result:
        """See `Optimiser`."""
        most = _most(problem)
        found = _prices(problem, most, self.begin)
        given = _gives_way(problem, most, found)
        relaxed = {problem.rows[r].name: int(given[r]) for r in np.flatnonzero(given)}
        if relaxed:
            problem = problem.with_limits(problem.limits + given)
            found = _prices(problem, most, found.prices)
        totals, chosen = kernel.answer(problem, found.prices)
        draft = repair(problem, found.prices, Draft(chosen, totals.use.copy(), totals.value))
        if (draft.use > problem.limits).any():
            draft, found, problem, more = _last_resort(problem, draft, found)
            relaxed = {name: relaxed.get(name, 0) + more.get(name, 0) for name in (*relaxed, *more)}
        taken, bound = draft.chosen.ravel(), found.bound
        if bound - draft.value > ENOUGH * abs(bound):
            core = settle(problem, found.prices, taken, draft.value, bound)
            if core is not None:
                taken, bound = core.chosen, core.bound
        return result(self.kind, problem, taken, bound=bound, prices=found.prices, relaxed=relaxed, passes=found.passes)


def prices_of(problem: Problem, begin: Floats | None = None) -> cutting.Prices:
    """Prices of the limits as they are, and the bound that they prove.

    Args:
        problem: what is shared out.
        begin: prices to start from, shape (rows,).
    """
    return _prices(problem, _most(problem), begin)


def _prices(problem: Problem, most: Floats, begin: Floats | None) -> cutting.Prices:
    large = problem.customers > LARGE
    if large and begin is None:
        part = _sample(problem)
        begin = cutting.find_prices(
            lambda prices: kernel.totals(part, prices), part.limits, most, tolerance=1e-5
        ).prices
    return cutting.find_prices(
        lambda prices: kernel.totals(problem, prices), problem.limits, most, begin=begin,
        tolerance=1e-6 if large else cutting.TOLERANCE,
    )  # fmt: skip


def _sample(problem: Problem) -> Problem:
    """Every k-th customer, with every limit divided by k."""
    step = -(-problem.customers // 20_000)
    who = np.arange(0, problem.customers, step)
    sizes = np.diff(problem.start)[who]
    start = np.concatenate([[0], np.cumsum(sizes)])
    cells = np.repeat(problem.start[who] - start[:-1], sizes) + np.arange(start[-1])
    share = len(who) / problem.customers
    rows = tuple(
        row._replace(limit=int(row.limit * share), cells=None if row.cells is None else row.cells[cells])
        for row in problem.rows
    )
    return replace(problem, start=start, offer=problem.offer[cells], value=problem.value[cells], rows=rows)


def _most(problem: Problem) -> Floats:
    """A price of each row above which only those use it who use next to nothing of it, shape (rows,).

    It is what breaking a limit costs where no plan can keep it; so a limit gives way only where it has to.
    """
    top = 4.0 * max(1, int(np.abs(problem.value).max(initial=0))) * problem.contacts
    found = np.empty(len(problem.rows))
    for r, row in enumerate(problem.rows):
        amounts = np.abs(row.cells if row.cells is not None else np.asarray(row.offers))
        used = amounts[amounts > 0]
        found[r] = top / max(1.0, float(np.quantile(used[:: max(1, len(used) // 100_000)], 0.01)) if len(used) else 1.0)
    return found


def _gives_way(problem: Problem, most: Floats, found: cutting.Prices) -> Ints:
    """By how much each limit must give way, thousandths, shape (rows,); only rows whose price reached the top do."""
    excess = found.mixed_use - problem.limits
    given = (found.prices >= most * (1 - 1e-6)) & (excess > 0.5)
    return np.where(given, np.ceil(excess), 0).astype(np.int64)


def _last_resort(
    problem: Problem, draft: Draft, found: cutting.Prices
) -> tuple[Draft, cutting.Prices, Problem, dict[str, int]]:
    """Where changes one by one did not keep every row: the exact solver if it can, else what broke gives way."""
    core = settle(problem, found.prices, np.zeros(0, np.int64), -(2**62), found.bound)
    if core is not None and len(core.chosen):
        use = np.array([problem.use(r, core.chosen).sum() for r in range(len(problem.rows))], np.int64)
        return Draft(core.chosen, use, core.value), found, problem, {}
    excess = np.maximum(draft.use - problem.limits, 0)
    more = {problem.rows[r].name: int(excess[r]) for r in np.flatnonzero(excess)}
    wider = problem.with_limits(problem.limits + excess)
    bound = found.bound + float(found.prices @ excess)  # the prices prove this much of the wider problem
    return draft, found._replace(bound=bound), wider, more
