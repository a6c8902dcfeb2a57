"""One pass over the customers at given prices, compiled; on every core, and with one answer on any number of them.

At prices `lambda` a candidate's reduced value is `value - sum_r lambda_r a_r`. A customer takes the best of each slot,
at most `contacts` of them, and only what is above zero. What a pass hands back are sums of whole numbers.
"""

from typing import NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from netlift.allocation.problem import Cells, Ints, Problem

Floats = NDArray[np.float64]
CHUNK = 16_384
"""Customers that one thread takes at a time."""


class Arrays(NamedTuple):
    """A problem as compiled code takes it; see the fields of `Problem`."""

    start: Ints
    offer: NDArray[np.int16]
    value: Cells
    stack: Cells
    place: Ints
    by_offer: Ints
    slot: NDArray[np.int32]


class Rates(NamedTuple):
    """Prices as compiled code takes them."""

    of_stack: Floats
    """Price of each row of `stack`."""
    of_offer: Floats
    """What an offer's use of the other rows costs, shape (offers,)."""


class Totals(NamedTuple):
    """What everybody's best answer to the prices adds up to."""

    value: int
    """Thousandths of a minor unit."""
    use: Ints
    """Of each row, thousandths, shape (rows,)."""


def arrays(problem: Problem) -> Arrays:
    """The problem as compiled code takes it."""
    return Arrays(
        problem.start, problem.offer, problem.value, problem.stack, problem.place, problem.by_offer, problem.slot
    )


def answer(problem: Problem, prices: Floats) -> tuple[Totals, Ints]:
    """Everybody's best answer to the prices.

    Returns:
        Its totals, and the candidates that each customer takes, shape (customers, slots taken at most), -1: none.
    """
    width = 1 if problem.simple else min(problem.contacts, len(np.unique(problem.slot)))
    chosen = np.empty((problem.customers, width), np.int64)
    value, use = _sums(problem)
    _answer(arrays(problem), _rates(problem, prices), chosen, value, use)
    return Totals(int(value.sum()), use.sum(axis=0)), chosen


def totals(problem: Problem, prices: Floats) -> Totals:
    """What everybody's best answer adds up to, without saying who takes what."""
    if not problem.simple:
        return answer(problem, prices)[0]
    value, use = _sums(problem)
    _totals(arrays(problem), _rates(problem, prices), value, use)
    return Totals(int(value.sum()), use.sum(axis=0))


def reduced(problem: Problem, prices: Floats) -> Floats:
    """Reduced value of every candidate, thousandths of a minor unit, shape (candidates,)."""
    found = np.empty(problem.candidates)
    _reduced(arrays(problem), _rates(problem, prices), found)
    return found


def parts(customers: int) -> int:
    """How many chunks of customers there are."""
    return max(1, -(-customers // CHUNK))


def _sums(problem: Problem) -> tuple[Ints, Ints]:
    n = parts(problem.customers)
    return np.zeros(n, np.int64), np.zeros((n, len(problem.rows)), np.int64)


def _rates(problem: Problem, prices: Floats) -> Rates:
    of_offer = prices @ problem.by_offer if len(problem.rows) else np.zeros(len(problem.offers))
    return Rates(prices[problem.place], of_offer.astype(np.float64))


@njit(cache=True)
def _worth(c, p, rates):  # type: ignore[no-untyped-def]
    worth = p.value[c] - rates.of_offer[p.offer[c]]
    for r in range(p.stack.shape[0]):
        worth -= rates.of_stack[r] * p.stack[r, c]
    return worth


@njit(cache=True)
def _add(c, p, part, value, use):  # type: ignore[no-untyped-def]
    value[part] += p.value[c]
    for r in range(p.stack.shape[0]):
        use[part, p.place[r]] += p.stack[r, c]
    for r in range(p.by_offer.shape[0]):
        use[part, r] += p.by_offer[r, p.offer[c]]


@njit(cache=True, parallel=True)
def _totals(p, rates, value, use):  # type: ignore[no-untyped-def]
    customers = len(p.start) - 1
    for part in prange(len(value)):
        for i in range(part * CHUNK, min(customers, (part + 1) * CHUNK)):
            best, taken = 0.0, -1
            for c in range(p.start[i], p.start[i + 1]):
                worth = _worth(c, p, rates)
                if worth > best:
                    best, taken = worth, c
            if taken >= 0:
                _add(taken, p, part, value, use)


@njit(cache=True, parallel=True)
def _answer(p, rates, chosen, value, use):  # type: ignore[no-untyped-def]
    customers, width, slots = len(p.start) - 1, chosen.shape[1], p.slot.max() + 1
    for part in prange(len(value)):
        best, taken = np.zeros(slots), np.full(slots, -1)
        for i in range(part * CHUNK, min(customers, (part + 1) * CHUNK)):
            best[:], taken[:] = 0.0, -1
            for c in range(p.start[i], p.start[i + 1]):
                worth = _worth(c, p, rates)
                k = p.slot[p.offer[c]] if width > 1 else 0
                if worth > best[k]:
                    best[k], taken[k] = worth, c
            for nth in range(width):
                k = best.argmax() if width > 1 else 0
                chosen[i, nth] = taken[k]
                if taken[k] >= 0:
                    _add(taken[k], p, part, value, use)
                best[k], taken[k] = 0.0, -1


@njit(cache=True, parallel=True)
def _reduced(p, rates, found):  # type: ignore[no-untyped-def]
    for c in prange(len(found)):
        found[c] = _worth(c, p, rates)
