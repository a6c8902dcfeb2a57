"""The part of a problem that prices cannot settle, for an exact solver (HiGHS).

A plan loses against the bound at least what each of its choices loses at the prices. So with a gap of g, a candidate
that loses more than g stands in no better plan, and a customer whose every other choice loses more than g keeps theirs.
What remains is small when the gap is, or when the whole problem is.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from netlift.allocation import kernel
from netlift.allocation.kernel import Floats
from netlift.allocation.problem import Ints, Problem

LARGEST = 40_000
"""Candidates that are given to the exact solver at most."""
NODES = 1_000
"""Branches that it follows; what it has found by then is used. A clock would not stop twice at the same place."""
SECONDS = 120.0
"""Time after which it is stopped all the same, on a machine too slow for that."""
MAY, MUST = 1, 2
"""Marks of candidates."""


class Core(NamedTuple):
    """A better plan, or the same."""

    chosen: Ints
    value: int
    bound: float
    """No plan earns more, thousandths."""


def settle(problem: Problem, prices: Floats, chosen: Ints, value: int, bound: float) -> Core | None:
    """Solve what the prices leave open; None where that is too much, or the solver found nothing better in time.

    Args:
        problem: what is shared out.
        prices: of the rows, shape (rows,).
        chosen: the plan so far, candidates, -1: none.
        value: what it earns, thousandths.
        bound: the dual value at the prices, thousandths.
    """
    kept, sure = _open(problem, prices, bound - value)
    if not 0 < len(kept) <= LARGEST:
        return None
    found = exact(problem, kept, sure, gap=1e-5, nodes=NODES)
    if found is None:
        return None
    taken, proved = found
    better = int(problem.value[taken].sum(dtype=np.int64))
    old = chosen[chosen >= 0]
    return Core(taken, better, min(bound, proved)) if better > value else Core(old, value, min(bound, proved))


def _open(problem: Problem, prices: Floats, gap: float) -> tuple[Ints, Ints]:
    """Candidates that a better plan may hold, and those that it must."""
    state = np.zeros(problem.candidates, np.int8)
    _mark(kernel.arrays(problem), kernel.reduced(problem, prices), gap, problem.simple, state)
    return np.flatnonzero(state == MAY), np.flatnonzero(state == MUST)


@njit(cache=True)
def _mark(p, worth, gap, simple, state):  # type: ignore[no-untyped-def]
    best = np.zeros(p.slot.max() + 1 if len(p.slot) else 1)
    for i in range(len(p.start) - 1):
        best[:] = 0.0
        for c in range(p.start[i], p.start[i + 1]):
            best[p.slot[p.offer[c]]] = max(best[p.slot[p.offer[c]]], worth[c])
        number, last = 0, -1
        for c in range(p.start[i], p.start[i + 1]):
            if best[p.slot[p.offer[c]]] - worth[c] <= gap:
                state[c], number, last = MAY, number + 1, c
        if simple and number == 1 and worth[last] > gap:
            state[last] = MUST


def exact(
    problem: Problem, kept: Ints, sure: Ints, *, gap: float, seconds: float = SECONDS, nodes: int | None = None
) -> tuple[Ints, float] | None:
    """The best plan that holds all of `sure` and else only some of `kept`, and the bound that is proved for it."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    limits = problem.limits - np.array([problem.use(r, sure).sum() for r in range(len(problem.rows))], np.int64)
    matrix, upper, _ = _matrix(problem, kept, limits)
    values = problem.value[kept].astype(np.float64)
    unit = max(1.0, float(np.abs(values).max()))
    with _silent():
        found = milp(
            -values / unit,
            constraints=LinearConstraint(matrix, -np.inf, upper),
            bounds=Bounds(0, 1),
            integrality=np.ones(len(kept), np.int64),
            options={"time_limit": seconds, "mip_rel_gap": gap, "node_limit": nodes or np.iinfo(np.int32).max},
        )
    if found.x is None:
        return None
    base = float(problem.value[sure].sum(dtype=np.int64))
    dual = getattr(found, "mip_dual_bound", None)
    taken = np.sort(np.concatenate([sure, kept[found.x > 0.5]]))
    if any(problem.use(r, taken).sum() > problem.limits[r] for r in range(len(problem.rows))):
        return None  # within the solver's tolerance, not within the limit
    return taken, base - (found.fun if dual is None else dual) * unit


class Relaxed(NamedTuple):
    """A solution of the linear relaxation."""

    share: Floats
    """How much of each candidate is taken, 0 to 1, shape (candidates,)."""
    prices: Floats
    """Thousandths of value per thousandth of a row, shape (rows,)."""
    value: float
    """What the prices prove: no plan earns more, thousandths."""


def relaxed(problem: Problem) -> Relaxed | None:
    """The linear relaxation by HiGHS; None: no point keeps the limits."""
    from scipy.optimize import linprog

    matrix, upper, scale = _matrix(problem, np.arange(problem.candidates), problem.limits)
    values = problem.value.astype(np.float64)
    unit = max(1.0, float(np.abs(values).max()))
    with _silent():
        found = linprog(-values / unit, A_ub=matrix, b_ub=upper, bounds=(0, 1), method="highs")
    if found.x is None:
        return None
    rows = len(problem.rows)
    prices = np.maximum(0.0, -found.ineqlin.marginals[len(upper) - rows :]) * unit / scale
    totals = kernel.totals(problem, prices)  # the solver stops within a tolerance; what its prices prove does not
    return Relaxed(found.x, prices, float(totals.value) + float(prices @ (problem.limits - totals.use)))


def _matrix(problem: Problem, kept: Ints, limits: Ints) -> tuple[Any, Floats, Floats]:
    """What must not be exceeded by these candidates: slots, contacts, rows (each over its scale); limits; scales."""
    import scipy.sparse as sp

    shape, one = len(kept), np.ones(len(kept))
    slots = int(problem.slot.max(initial=0)) + 1
    owner = problem.owner[kept].astype(np.int64)
    _, slot_row = np.unique(owner * slots + problem.slot[problem.offer[kept]], return_inverse=True)
    parts = [sp.csr_matrix((one, (slot_row, np.arange(shape))))]
    upper = [np.ones(parts[0].shape[0])]
    if not problem.simple:
        _, who = np.unique(owner, return_inverse=True)
        parts.append(sp.csr_matrix((one, (who, np.arange(shape)))))
        upper.append(np.full(parts[1].shape[0], float(problem.contacts)))
    scale = np.ones(len(problem.rows))
    if len(problem.rows):
        uses = np.array([problem.use(r, kept) for r in range(len(problem.rows))], np.float64)
        scale = np.maximum(1.0, np.abs(uses).max(axis=1, initial=0.0))
        parts.append(sp.csr_matrix(uses / scale[:, None]))
        upper.append(limits / scale)
    return sp.vstack(parts).tocsr(), np.concatenate(upper), scale


@contextmanager
def _silent() -> Iterator[None]:
    """HiGHS writes stray lines to standard output from C; they must not stand in somebody's JSON."""
    try:
        out = sys.stdout.fileno()
    except (AttributeError, OSError, ValueError):  # a notebook or a test: nothing that C could write to
        yield
        return
    sys.stdout.flush()
    kept, nowhere = os.dup(out), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, out)
        yield
    finally:
        os.dup2(kept, out)
        os.close(kept)
        os.close(nowhere)
