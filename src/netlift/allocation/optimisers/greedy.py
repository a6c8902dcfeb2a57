"""The simple way: the best earners per share of the limits first, as long as they fit. A baseline; proves nothing."""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from netlift.allocation.optimiser import Optimiser, result
from netlift.allocation.problem import Ints, Problem
from netlift.allocation.result import Result


class Greedy(Optimiser):
    """Sort once by value per use of the limits, take what fits."""

    kind = "greedy"

    def solve(self, problem: Problem) -> Result:
        """See `Optimiser`; minimum rows are not served, so they may stay unmet and are then listed as relaxed."""
        every = np.arange(problem.candidates)
        uses = [problem.use(r, every) for r in range(len(problem.rows))]
        weight = np.full(problem.candidates, 1e-12)
        for use, limit in zip(uses, problem.limits, strict=True):
            weight += np.maximum(use, 0) / max(1.0, abs(float(limit)))
        density = problem.value / weight
        order = np.lexsort((every, -density))
        order = order[problem.value[order] > 0]
        stacked = np.stack(uses) if uses else np.zeros((0, problem.candidates), np.int64)
        limits = np.where(problem.limits < 0, np.iinfo(np.int64).max // 4, problem.limits)  # minimums cannot be broken
        what = Limits(problem.owner, problem.slot[problem.offer], stacked, limits, problem.contacts)
        taken = _take(order, what)
        return result(self.kind, problem, np.flatnonzero(taken), passes=1)


class Limits(NamedTuple):
    """What the compiled loop looks at."""

    owner: NDArray[np.int32]
    slot: NDArray[np.int32]
    uses: Ints
    limits: Ints
    contacts: int


@njit(cache=True)
def _take(order, what):  # type: ignore[no-untyped-def]
    owner, slot, uses, limits, contacts = what
    customers = owner.max() + 1 if len(owner) else 0
    slots = slot.max() + 1 if len(slot) else 1
    full = np.zeros((customers, slots), np.bool_)
    held = np.zeros(customers, np.int64)
    used = np.zeros(len(limits), np.int64)
    taken = np.zeros(len(owner), np.bool_)
    for c in order:
        i = owner[c]
        if full[i, slot[c]] or held[i] >= contacts:
            continue
        fits = True
        for r in range(len(limits)):
            if uses[r, c] > 0 and used[r] + uses[r, c] > limits[r]:
                fits = False
                break
        if fits:
            taken[c], full[i, slot[c]] = True, True
            held[i] += 1
            for r in range(len(limits)):
                used[r] += uses[r, c]
    return taken
