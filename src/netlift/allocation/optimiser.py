"""What every way to solve an allocation is: it takes a problem and hands back a plan that keeps every limit."""

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from netlift.allocation.problem import Ints, Problem
from netlift.allocation.result import Result
from netlift.registry import Registry


class Optimiser(ABC):
    """A way to solve an allocation; the same problem gives the same plan."""

    kind: str
    """Short name, unique."""

    @abstractmethod
    def solve(self, problem: Problem) -> Result:
        """The best plan found.

        Args:
            problem: what is shared out.

        Raises:
            EstimationError: the problem is too large for this way, or no plan keeps its limits and this way does not
                say which of them would have to give.
        """


OPTIMISERS: Registry[Optimiser] = Registry("netlift.allocation.optimisers", Optimiser, "netlift.optimisers")  # type: ignore[type-abstract]
"""All ways by kind."""


def result(
    kind: str,
    problem: Problem,
    chosen: Ints,
    *,
    bound: float | None = None,
    prices: NDArray[np.float64] | None = None,
    relaxed: dict[str, int] | None = None,
    passes: int = 0,
) -> Result:
    """A result whose sums are counted from what was chosen.

    Args:
        kind: the optimiser.
        problem: with the limits as they were asked for.
        chosen: candidates, -1: none, in any order and shape.
        bound: no plan that keeps the limits, or breaks them no more than this one, earns more.
        prices: of the rows, shape (rows,).
        relaxed: what is said to have given way; None: every limit that is broken, and by how much.
        passes: over everybody.
    """
    taken = np.sort(chosen[chosen >= 0])
    use = {row.name: int(problem.use(r, taken).sum()) for r, row in enumerate(problem.rows)}
    worth = {row.name: float(p) for row, p in zip(problem.rows, prices, strict=True)} if prices is not None else {}
    if relaxed is None:
        relaxed = {row.name: use[row.name] - row.limit for row in problem.rows if use[row.name] > row.limit}
    return Result(kind, taken, int(problem.value[taken].sum(dtype=np.int64)), bound, use, worth, relaxed, passes)
