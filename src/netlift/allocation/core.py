"""The part of a problem that prices cannot settle, for an exact solver (HiGHS).

A plan loses against the bound at least what each of its choices loses at the prices. So with a gap of g, a candidate
that loses more than g stands in no better plan, and a customer whose every other choice loses more than g keeps theirs.
What remains is small when the gap is, or when the whole problem is.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from netlift.allocation.kernel import Floats, reduced
from netlift.allocation.problem import Ints, Problem

LARGEST = 40_000
"""Candidates that are given to the exact solver at most."""
SECONDS = 20.0
"""Time that it gets; what it has by then is used."""


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
    worth = reduced(problem, prices)
    kept, sure = _open(problem, worth, bound - value)
    if not 0 < len(kept) <= LARGEST:
        return None
    found = exact(problem, kept, sure, gap=1e-6)
    if found is None:
        return None
    taken, proved = found
    better = int(problem.value[taken].sum(dtype=np.int64))
    old = chosen[chosen >= 0]
    return Core(taken, better, min(bound, proved)) if better > value else Core(old, value, min(bound, proved))


def _open(problem: Problem, worth: Floats, gap: float) -> tuple[Ints, Ints]:
    """Candidates that a better plan may hold, and those that it must."""
    slots = int(problem.slot.max(initial=0)) + 1
    place = problem.owner.astype(np.int64) * slots + problem.slot[problem.offer]
    best = np.zeros(problem.customers * slots)
    np.maximum.at(best, place, worth)
    may = best[place] - worth <= gap
    number = np.bincount(place[may], minlength=len(best))
    alone = may & (number[place] == 1) & (worth > gap) if problem.simple else np.zeros(len(may), np.bool_)
    if not problem.simple:
        return np.flatnonzero(may), np.zeros(0, np.int64)
    return np.flatnonzero(may & ~alone), np.flatnonzero(alone)


def exact(
    problem: Problem, kept: Ints, sure: Ints, *, gap: float, seconds: float = SECONDS, whole: bool = True
) -> tuple[Ints, float] | None:
    """The best plan that holds all of `sure` and else only some of `kept`, and the bound that is proved for it.

    With `whole=False` the linear relaxation: the candidates taken by more than half, and its value.
    """
    import scipy.sparse as sp
    from scipy.optimize import Bounds, LinearConstraint, milp

    limits = problem.limits - np.array([problem.use(r, sure).sum() for r in range(len(problem.rows))], np.int64)
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
    if len(problem.rows):
        uses = np.array([problem.use(r, kept) for r in range(len(problem.rows))], np.float64)
        scale = np.maximum(1.0, np.abs(uses).max(axis=1, initial=0.0))
        parts.append(sp.csr_matrix(uses / scale[:, None]))
        upper.append(limits / scale)
    values = problem.value[kept].astype(np.float64)
    unit = max(1.0, float(np.abs(values).max()))
    with _silent():
        found = milp(
            -values / unit,
            constraints=LinearConstraint(sp.vstack(parts).tocsr(), -np.inf, np.concatenate(upper)),
            bounds=Bounds(0, 1),
            integrality=np.full(shape, int(whole)),
            options={"time_limit": seconds, "mip_rel_gap": gap},
        )
    if found.x is None:
        return None
    base = float(problem.value[sure].sum(dtype=np.int64))
    dual = getattr(found, "mip_dual_bound", None) if whole else found.fun
    taken = np.sort(np.concatenate([sure, kept[found.x > 0.5]]))
    if whole and any(problem.use(r, taken).sum() > problem.limits[r] for r in range(len(problem.rows))):
        return None  # within the solver's tolerance, not within the limit
    return taken, base - (found.fun if dual is None else dual) * unit


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
