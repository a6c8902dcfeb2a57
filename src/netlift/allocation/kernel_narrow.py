"""Passes that get cheaper: once the prices are known to lie in a box, most customers' answers are known as well.

Over a box of prices, candidate c can beat the best candidate b at the box's middle only if

    value_c - value_b - sum_r price_r (use_rc - use_rb)  >= 0   somewhere in the box,

whose greatest value stands in a corner that can be read off the signs of the differences. A customer whom nothing can
turn away from b is counted once and for all; of the others, only candidates that can win are looked at again. Totals
are whole numbers, so they are the very same as those of a full pass.
"""

from typing import NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from netlift.allocation import kernel
from netlift.allocation.kernel import CHUNK, Arrays, Floats, Totals
from netlift.allocation.problem import Ints, Problem
from netlift.allocation.repair import positions, used

CLOSE = 1e-9
"""Relative size of rounding in a reduced value, with a wide margin; within it nothing is called settled."""
COSTLY = 2_000_000
"""Candidates above which a pass costs more than finding out who is settled."""


class Narrow(NamedTuple):
    """What is left to look at while prices stay in a box."""

    low: Floats
    high: Floats
    settled: Totals
    """What customers whose answer is known add up to."""
    rest: Arrays


class Marks(NamedTuple):
    """What compiled code finds out."""

    keep: NDArray[np.bool_]
    """Whether a candidate can win for a customer who is not settled, shape (candidates,)."""
    left: Ints
    """How many such candidates a customer has, shape (customers,)."""
    value: Ints
    """Of settled customers, by chunk of customers."""
    use: Ints
    """Of settled customers, shape (chunks, rows)."""


class Passes:
    """Totals of a problem at any prices, cheap inside the box that was named last; see `cutting.Pass`."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.box: Narrow | None = None
        self.costly = problem.simple and problem.candidates > COSTLY

    def __call__(self, prices: Floats) -> Totals:
        """What everybody's best answer adds up to."""
        box = self.box
        if box is None or (prices < box.low).any() or (prices > box.high).any():
            return kernel.totals(self.problem, prices)
        found = kernel.totals_of(box.rest, prices)
        return Totals(found.value + box.settled.value, found.use + box.settled.use)

    def narrow(self, low: Floats, high: Floats) -> None:
        """From now on prices are likely to lie between `low` and `high`, each of shape (rows,)."""
        if not self.costly:
            return
        box = self.box
        inside = box is not None and (low >= box.low).all() and (high <= box.high).all()
        if box is not None and inside:
            nothing = box.settled
            found = _narrowed(box.rest, low, high)
            settled = Totals(found.settled.value + nothing.value, found.settled.use + nothing.use)
            self.box = found._replace(settled=settled)
        else:
            self.box = _narrowed(kernel.arrays(self.problem), low, high)


def _narrowed(cells: Arrays, low: Floats, high: Floats) -> Narrow:
    customers = len(cells.start) - 1
    n = kernel.parts(customers)
    keep, left = np.zeros(len(cells.offer), np.bool_), np.zeros(customers, np.int64)
    marks = Marks(keep, left, np.zeros(n, np.int64), np.zeros((n, len(low)), np.int64))
    _settle(cells, low, high, marks)
    start = np.concatenate([[0], np.cumsum(left[left > 0])])
    at = np.flatnonzero(keep)
    rest = cells._replace(
        start=start, offer=cells.offer[at], value=cells.value[at], stack=np.ascontiguousarray(cells.stack[:, at])
    )
    return Narrow(low, high, Totals(int(marks.value.sum()), marks.use.sum(axis=0)), rest)


@njit(cache=True)
def _greatest(c, b, low, high, p, at):  # type: ignore[no-untyped-def]
    """The most by which c (-1: nothing) can beat b in the box, rounding in c's favour."""
    more = np.float64(p.value[c]) if c >= 0 else 0.0
    more -= p.value[b] if b >= 0 else 0
    size = abs(more) + 1.0
    for r in range(len(low)):
        difference = used(c, r, p, at) - used(b, r, p, at)
        if difference != 0:
            more -= difference * (low[r] if difference > 0 else high[r])
            size += abs(difference) * high[r]
    return more + CLOSE * size


@njit(cache=True, parallel=True)
def _settle(p, low, high, marks):  # type: ignore[no-untyped-def]
    """Count who is settled, mark the candidates of the others that can win."""
    keep, left, value, use = marks
    at = positions(p, len(low))
    middle = (low + high) / 2
    for part in prange(len(value)):
        for i in range(part * CHUNK, min(len(left), (part + 1) * CHUNK)):
            best, b = 0.0, -1
            for c in range(p.start[i], p.start[i + 1]):
                worth = np.float64(p.value[c])
                for r in range(len(low)):
                    worth -= middle[r] * used(c, r, p, at)
                if worth > best:
                    best, b = worth, c
            can = b >= 0 and _greatest(-1, b, low, high, p, at) >= 0.0  # whether nothing at all can win
            for c in range(p.start[i], p.start[i + 1]):
                if c != b and _greatest(c, b, low, high, p, at) >= 0.0:
                    keep[c] = True
                    can = True
            if can:
                if b >= 0:
                    keep[b] = True
                for c in range(p.start[i], p.start[i + 1]):
                    left[i] += keep[c]
            elif b >= 0:
                value[part] += p.value[b]
                for r in range(len(low)):
                    use[part, r] += used(b, r, p, at)
