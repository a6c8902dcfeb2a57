"""From prices to a plan that keeps every limit: a few customers change their choice, those who lose least by it.

At the right prices everybody's best answer is nearly a plan: only customers who are all but indifferent may break a
limit, or leave some of it unused. So, in rounds: while a row is broken, the customers whose change relieves it at the
least loss of reduced value make it; then, while there is slack, customers make changes that earn more and still fit.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import njit, prange

from netlift.allocation.kernel import CHUNK, Floats, arrays, parts, reduced
from netlift.allocation.problem import Ints, Problem

ROUNDS = 40
"""Rounds of each kind at most; each customer changes at most once in one."""


@dataclass
class Draft:
    """A choice in the making, with its sums."""

    chosen: Ints
    """Candidates taken, shape (customers, width), -1: none."""
    use: Ints
    """Of each row, thousandths, shape (rows,)."""
    value: int
    """Thousandths of a minor unit."""


class State(NamedTuple):
    """What a round looks at."""

    worth: Floats
    chosen: Ints
    use: Ints
    limits: Ints
    contacts: int
    row: int
    """The row to relieve; -1: earn more."""


class Changes(NamedTuple):
    """For each customer, giving up `out` and taking `into` (candidates, -1: nothing)."""

    loss: Floats
    out: Ints
    into: Ints


def repair(problem: Problem, prices: Floats, draft: Draft, *, order: Ints | None = None) -> Draft:
    """Change the draft until every row is kept, as far as single changes can, and no slack is left that earns.

    Args:
        problem: what is shared out.
        prices: those that the draft answers, shape (rows,).
        draft: changed in place; its sums may be of more customers than the problem's.
        order: of customers who lose equally by a change, shape (customers,); see `shuffled`.
    """
    worth = reduced(problem, prices)
    if order is None:
        order = shuffled(np.arange(problem.customers))
    for _ in range(ROUNDS):
        broken = draft.use - problem.limits
        if not len(broken) or broken.max() <= 0:
            break
        before = draft.use.copy()
        for row in np.argsort(-broken / np.maximum(1, np.abs(problem.limits)), kind="stable"):
            if draft.use[row] > problem.limits[row]:
                _round(problem, worth, draft, int(row), order)
        if (before == draft.use).all():
            return draft
    for _ in range(ROUNDS):
        before_value = draft.value
        _round(problem, worth, draft, -1, order)
        if draft.value == before_value:
            break
    return draft


def _round(problem: Problem, worth: Floats, draft: Draft, row: int, order: Ints) -> None:
    """Everybody's best change of one kind (relieve a row; -1: earn more), made in order of what it loses."""
    n = problem.customers
    changes = Changes(np.full(n, np.inf), np.full(n, -1, np.int64), np.full(n, -1, np.int64))
    state = State(worth, draft.chosen, draft.use, problem.limits, problem.contacts, row)
    cells = arrays(problem)
    _best_changes(cells, state, changes, parts(n))
    wanting = np.flatnonzero(np.isfinite(changes.loss))
    if len(wanting):
        sequence = wanting[np.lexsort((order[wanting], changes.loss[wanting]))]
        draft.value += int(_make(cells, state, changes, sequence))


def shuffled(number: Ints) -> Ints:
    """A fixed number for each customer that favours nobody for being early in the table: the splitmix64 hash.

    >>> shuffled(np.arange(3)).tolist()
    [8147104208329303767, 3980143261097177850, 243808509735772839]
    """
    with np.errstate(over="ignore"):
        z = (number.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(1)).astype(np.int64)


@njit(cache=True)
def used(c, r, p, at):  # type: ignore[no-untyped-def]
    """What candidate c (-1: none) uses of row r."""
    if c < 0:
        return np.int64(0)
    return np.int64(p.stack[at[r], c]) if at[r] >= 0 else p.by_offer[r, p.offer[c]]


@njit(cache=True)
def _more(leave, take, r, p, at):  # type: ignore[no-untyped-def]
    return used(take, r, p, at) - used(leave, r, p, at)


@njit(cache=True)
def _earned(leave, take, p):  # type: ignore[no-untyped-def]
    return (p.value[take] if take >= 0 else 0) - (p.value[leave] if leave >= 0 else 0)


@njit(cache=True)
def positions(p, rows):  # type: ignore[no-untyped-def]
    """Where each row stands in `stack`, -1: it depends on the offer alone."""
    at = np.full(rows, -1, np.int64)
    for k in range(len(p.place)):
        at[p.place[k]] = k
    return at


@njit(cache=True, parallel=True)
def _best_changes(p, state, changes, count):  # type: ignore[no-untyped-def]
    """For each customer the change of least loss that does what is wanted."""
    at, chosen, width = positions(p, len(state.limits)), state.chosen, state.chosen.shape[1]
    least, out, into = changes.loss, changes.out, changes.into
    for part in prange(count):
        for i in range(part * CHUNK, min(len(p.start) - 1, (part + 1) * CHUNK)):
            held = 0
            for w in range(width):
                if chosen[i, w] >= 0:
                    held += 1
            for w in range(-1, width):
                leave = chosen[i, w] if w >= 0 else -1
                if (w >= 0 and leave < 0) or (w < 0 and held >= state.contacts):
                    continue
                for c in range(p.start[i] - 1, p.start[i + 1]):
                    take = c if c >= p.start[i] else -1
                    if take == leave or (take >= 0 and not _free(take, leave, i, state, p)):
                        continue
                    loss = _loss(leave, take, state, p, at)
                    if loss < least[i]:
                        least[i], out[i], into[i] = loss, leave, take


@njit(cache=True)
def _loss(leave, take, state, p, at):  # type: ignore[no-untyped-def]
    """What the change loses (per unit of the row that it relieves); infinite where it does not do what is wanted."""
    loss = (state.worth[leave] if leave >= 0 else 0.0) - (state.worth[take] if take >= 0 else 0.0)
    if state.row >= 0:
        relief = -_more(leave, take, state.row, p, at)
        return max(loss, 0.0) / relief if relief > 0 else np.inf
    if _earned(leave, take, p) > 0 and _fits(leave, take, state, p, at):
        return loss
    return np.inf


@njit(cache=True)
def _free(take, leave, i, state, p):  # type: ignore[no-untyped-def]
    """Whether nothing but what is given up stands in the slot."""
    for w in range(state.chosen.shape[1]):
        held = state.chosen[i, w]
        if held >= 0 and held != leave and (held == take or p.slot[p.offer[held]] == p.slot[p.offer[take]]):
            return False
    return True


@njit(cache=True)
def _fits(leave, take, state, p, at):  # type: ignore[no-untyped-def]
    """Whether no kept row breaks and no broken one gets worse."""
    for r in range(len(state.limits)):
        more = _more(leave, take, r, p, at)
        if more > 0 and state.use[r] + more > state.limits[r]:
            return False
    return True


@njit(cache=True)
def _make(p, state, changes, sequence):  # type: ignore[no-untyped-def]
    """Make the changes one after another, each if it still fits; gives the value gained."""
    at, gained = positions(p, len(state.limits)), 0
    for i in sequence:
        if state.row >= 0 and state.use[state.row] <= state.limits[state.row]:
            break
        leave, take = changes.out[i], changes.into[i]
        if not _fits(leave, take, state, p, at):
            continue
        for r in range(len(state.limits)):
            state.use[r] += _more(leave, take, r, p, at)
        gained += _earned(leave, take, p)
        for w in range(state.chosen.shape[1]):
            if state.chosen[i, w] == leave:
                state.chosen[i, w] = take
                break
    return gained
