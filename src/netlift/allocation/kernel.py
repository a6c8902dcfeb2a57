"""One pass over the customers at given prices, compiled; on every core, and with one answer on any number of them.

At prices `lambda` a candidate's reduced value is `value - sum_r lambda_r a_r`. A customer takes the best of each slot,
at most `contacts` of them, and only what is above zero. What a pass hands back are sums of whole numbers.
"""

import os
from typing import NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from netlift.allocation.problem import Cells, Ints, Problem

# OpenMP's idle threads otherwise spin until the next pass, which took half of the processor time of a whole solution;
# it reads this when the first parallel loop runs.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

Floats = NDArray[np.float64]
CHUNK = 16_384
"""Customers that one thread takes at a time."""
BITE = 256
"""And looks at together, so that what they are worth stays in the processor's cache."""


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
    cells = arrays(problem)
    _answer(cells, _rates(cells, prices), chosen, value, use)
    return Totals(int(value.sum()), use.sum(axis=0)), chosen


def totals(problem: Problem, prices: Floats) -> Totals:
    """What everybody's best answer adds up to, without saying who takes what."""
    if not problem.simple:
        return answer(problem, prices)[0]
    return totals_of(arrays(problem), prices)


def totals_of(cells: Arrays, prices: Floats) -> Totals:
    """The same of customers who get one offer at most, as compiled code takes them."""
    n = parts(len(cells.start) - 1)
    value, use = np.zeros(n, np.int64), np.zeros((n, len(prices)), np.int64)
    _totals(cells, _rates(cells, prices), value, use)
    return Totals(int(value.sum()), use.sum(axis=0))


def reduced(problem: Problem, prices: Floats) -> Floats:
    """Reduced value of every candidate, thousandths of a minor unit, shape (candidates,)."""
    found = np.empty(problem.candidates)
    cells = arrays(problem)
    _reduced(cells, _rates(cells, prices), found)
    return found


def margins(problem: Problem, prices: Floats) -> Floats:
    """What the cheapest change of each customer's best answer loses of reduced value, shape (customers,).

    Infinite for customers without candidates.
    """
    found = np.empty(problem.customers)
    cells = arrays(problem)
    _margins(cells, _rates(cells, prices), problem.contacts, found)
    return found


def parts(customers: int) -> int:
    """How many chunks of customers there are."""
    return max(1, -(-customers // CHUNK))


def _sums(problem: Problem) -> tuple[Ints, Ints]:
    n = parts(problem.customers)
    return np.zeros(n, np.int64), np.zeros((n, len(problem.rows)), np.int64)


def _rates(cells: Arrays, prices: Floats) -> Rates:
    """An offer's cost is summed row by row: a library's matrix product may sum in another order elsewhere."""
    of_offer = np.zeros(cells.by_offer.shape[1])
    for price, uses in zip(prices, cells.by_offer, strict=True):
        of_offer += price * uses
    return Rates(prices[cells.place], of_offer)


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


@njit(cache=True)
def _worths(low, high, p, rates):  # type: ignore[no-untyped-def]
    """`_worth` of candidates on end: the same operations in the same order, row by row for the processor's sake."""
    found, value, offer = np.empty(high - low), p.value[low:high], p.offer[low:high]
    for k in range(len(found)):
        found[k] = value[k] - rates.of_offer[offer[k]]
    for r in range(p.stack.shape[0]):
        rate, cells = rates.of_stack[r], p.stack[r, low:high]
        if rate != 0.0:
            for k in range(len(found)):
                found[k] -= rate * cells[k]
    return found


@njit(cache=True, parallel=True)
def _totals(p, rates, value, use):  # type: ignore[no-untyped-def]
    customers = len(p.start) - 1
    for part in prange(len(value)):
        final = min(customers, (part + 1) * CHUNK)
        for begin in range(part * CHUNK, final, BITE):
            end = min(final, begin + BITE)
            first = p.start[begin]
            worths = _worths(first, p.start[end], p, rates)
            for i in range(begin, end):
                best, taken = 0.0, -1
                for c in range(p.start[i], p.start[i + 1]):
                    worth = worths[c - first]
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


@njit(cache=True, parallel=True)
def _margins(p, rates, contacts, found):  # type: ignore[no-untyped-def]
    slots = p.slot.max() + 1 if len(p.slot) else 1
    for part in prange((len(found) + CHUNK - 1) // CHUNK):
        first, second = np.empty(slots), np.empty(slots)
        for i in range(part * CHUNK, min(len(found), (part + 1) * CHUNK)):
            first[:], second[:] = -np.inf, -np.inf
            for c in range(p.start[i], p.start[i + 1]):
                worth, k = _worth(c, p, rates), p.slot[p.offer[c]]
                if worth > first[k]:
                    first[k], second[k] = worth, first[k]
                elif worth > second[k]:
                    second[k] = worth
            found[i] = _least_loss(first, second, contacts)


@njit(cache=True)
def _least_loss(first, second, contacts):  # type: ignore[no-untyped-def]
    """Of giving up, swapping or adding one; `first` and `second` are the two best of each slot."""
    held, loss = 0, np.inf
    order = np.argsort(-first, kind="mergesort") if len(first) > 1 else np.zeros(1, np.int64)
    last = np.inf
    for k in order:
        if first[k] > 0.0 and held < contacts:
            held, last = held + 1, first[k]
            loss = min(loss, first[k] - max(second[k], 0.0))
        elif held < contacts:
            loss = min(loss, -first[k])
        else:
            loss = min(loss, last - first[k])
    return loss
