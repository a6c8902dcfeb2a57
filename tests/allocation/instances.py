"""Random allocation problems of every shape, and an oracle that knows nothing of netlift's arithmetic."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from netlift.allocation.problem import Problem, Row, cells_row, offers_row

Floats = NDArray[np.float64]


def instance(seed: int, customers: int | None = None, offers: int | None = None) -> Problem:
    """A problem of 5 to 5,000 customers, 2 to 20 offers and 1 to 6 rows; sometimes ties, sometimes several slots."""
    g = np.random.default_rng(seed)
    n = customers or int(np.exp(g.uniform(np.log(5), np.log(5000))))
    m = offers or int(g.integers(2, 21))
    worth = g.gamma(2.0, 50.0, (n, 1)) * g.random((n, m)) - g.choice([0.0, 20.0, 60.0])
    cost = g.gamma(2.0, 20.0, (n, m)) * (1 + np.arange(m) / m)
    if g.random() < 0.2:  # customers who are alike, as segments make them
        kind = g.integers(0, 4, n)
        worth, cost = worth[kind % min(4, n)], cost[kind % min(4, n)]
    several = g.random() < 0.3
    slot = g.integers(0, 3, m) if several else None
    rows: list[Row] = [cells_row("budget", cost, float(g.uniform(0.02, 0.6)) * n * 40)]
    for r in range(int(g.integers(0, 4))):
        reached = np.zeros(m)
        reached[g.choice(m, size=int(g.integers(1, m + 1)), replace=False)] = 1.0
        rows.append(offers_row(f"cap{r}", reached, max(1.0, float(np.floor(g.uniform(0.02, 0.4) * n))), unit="pieces"))
    if g.random() < 0.4:
        rows.append(cells_row("loss", np.maximum(0.0, 30.0 - worth), float(g.uniform(0.1, 0.5)) * n * 20))
    if g.random() < 0.3:
        least = np.zeros(m)
        least[int(g.integers(0, m))] = 1.0
        rows.append(offers_row("share", least, float(np.floor(0.01 * n)), minimum=True))
    return Problem.of(worth, rows=rows, slot=slot, contacts=int(g.integers(1, 3)) if several else 1)


KINDS = (
    "slots", "ragged", "equal", "stock", "channel", "minimum", "liability", "loss", "roi", "churn", "no budget",
    "all lose", "impossible",
)  # fmt: skip
"""What an instance of `mixed` may hold."""
_CHANCE = dict(zip(KINDS, (0.3, 0.4, 0.15, 0.6, 0.4, 0.3, 0.3, 0.3, 0.4, 0.2, 0.06, 0.06, 0.08), strict=True))


class Mixed(NamedTuple):
    """A random instance and what it holds."""

    problem: Problem
    kinds: tuple[str, ...]


def mixed(seed: int, largest: int = 5000) -> Mixed:
    """A problem of 5 to `largest` customers and 2 to 20 offers with every sort of row, impossible ones among them."""
    g = np.random.default_rng([7, seed])
    kinds = {kind for kind in KINDS if g.random() < _CHANCE[kind]}
    n, m = int(np.exp(g.uniform(np.log(5), np.log(largest)))), int(g.integers(2, 21))
    worth = g.gamma(2.0, 50.0, (n, 1)) * g.random((n, m)) - g.choice([0.0, 20.0, 60.0])
    cost = g.gamma(2.0, 20.0, (n, m)) * (1 + np.arange(m) / m)
    face = np.round(100 * g.uniform(0.5, 3.0, m))
    if "all lose" in kinds:
        worth = -np.abs(worth) - 1.0
    if "equal" in kinds:  # customers who are alike, as segments make them
        kind = g.integers(0, min(4, n), n)
        worth, cost = worth[kind], cost[kind]
    may = g.random((n, m)) < (g.uniform(0.2, 0.9) if "ragged" in kinds else 1.1)
    rows = _rows(g, kinds, worth, cost, face)
    slot = g.integers(0, 3, m) if "slots" in kinds else np.zeros(m)
    full = Problem.of(worth, rows=rows, slot=slot, contacts=int(g.integers(1, 4)) if "slots" in kinds else 1)
    return Mixed(_only(full, may), tuple(sorted(kinds)))


def _rows(g: np.random.Generator, kinds: set[str], worth: Floats, cost: Floats, face: Floats) -> list[Row]:
    n, m = worth.shape

    def some(most: int) -> Floats:
        return np.isin(np.arange(m), g.choice(m, size=int(g.integers(1, most + 1)), replace=False)).astype(float)

    budget = 0.0 if "no budget" in kinds else float(g.uniform(0.02, 0.6)) * n * 40
    rows = [cells_row("budget", cost, budget)]
    if "stock" in kinds:
        rows += [
            offers_row(f"stock{r}", some(1) * g.integers(1, 4), np.floor(g.uniform(0.0, 0.2) * n), unit="pieces")
            for r in range(int(g.integers(1, 4)))
        ]
    if "channel" in kinds:
        rows.append(offers_row("channel", some(m), float(np.floor(g.uniform(0.02, 0.5) * n))))
    if "minimum" in kinds:
        rows.append(offers_row("share>=", some(max(1, m // 2)), float(np.floor(g.uniform(0.0, 0.1) * n)), minimum=True))
    if "liability" in kinds:
        rows.append(offers_row("liability", face, float(g.uniform(0.1, 0.6)) * n * 100, unit="minor"))
    if "loss" in kinds:
        rows.append(cells_row("loss", np.maximum(0.0, 30.0 - worth), float(g.uniform(0.05, 0.5)) * n * 20))
    if "roi" in kinds:  # what is earned must be a multiple of what is spent: negative coefficients
        rows.append(cells_row("roi", float(g.uniform(0.2, 1.5)) * cost - worth, 0.0))
    if "churn" in kinds:  # at most so many pairs other than yesterday's
        rows.append(cells_row("churn", g.random((n, m)) < 0.8, float(np.floor(g.uniform(0.1, 0.5) * n)), unit="pairs"))
    if "impossible" in kinds:
        asked = n + float(g.integers(1, n + 2))
        rows.append(offers_row("impossible>=", np.ones(m), 3 * asked, unit="customers", minimum=True))
    return rows


def _only(full: Problem, may: NDArray[np.bool_]) -> Problem:
    """The problem without the pairs that may not be."""
    kept = np.flatnonzero(may.ravel())
    rows = tuple(row if row.cells is None else row._replace(cells=row.cells[kept]) for row in full.rows)
    start = np.concatenate([[0], np.cumsum(may.sum(axis=1))])
    return Problem(start, full.offer[kept], full.value[kept], full.offers, rows, full.slot, full.contacts)


class Exact(NamedTuple):
    """What HiGHS says of an integer programme."""

    value: float | None
    """Of the best plan it found; None: none."""
    bound: float
    """No plan earns more."""
    proved: bool
    """Whether it found the best plan within its time, to 1e-6."""


def integer(problem: Problem, seconds: float, *, given: Mapping[str, int] | None = None) -> Exact:
    """The integer programme by HiGHS, where rows of `given` may be broken by that much, thousandths."""
    if not problem.candidates:
        return Exact(0.0, 0.0, True)
    matrix, upper = _matrix(problem, given)
    worth = problem.value.astype(float) / 1000
    found = milp(
        -worth, constraints=LinearConstraint(matrix, -np.inf, upper), bounds=Bounds(0, 1),
        integrality=np.ones(len(worth)), options={"time_limit": seconds, "mip_rel_gap": 1e-6},
    )  # fmt: skip
    dual = getattr(found, "mip_dual_bound", None)
    bound = np.inf if dual is None else -dual * 1000
    return Exact(None if found.x is None else -found.fun * 1000, bound, found.status == 0)


def relaxation(problem: Problem, *, given: Mapping[str, int] | None = None) -> float | None:
    """Value of the linear relaxation by HiGHS; None: no point keeps the rows.

    Args:
        problem: what is shared out.
        given: by how much rows may be broken, thousandths.
    """
    matrix, upper = _matrix(problem, given)
    found = linprog(-problem.value.astype(float), A_ub=matrix, b_ub=upper, bounds=(0, 1), method="highs")
    return None if found.fun is None else -float(found.fun)


def least_relaxation(problem: Problem, weights: Floats) -> float:
    """The least weighted sum of what the limits must give way by so that some point keeps them, by HiGHS.

    Args:
        problem: what is shared out.
        weights: of a thousandth of each row, shape (rows,).
    """
    matrix, upper = _matrix(problem, None)
    free, rows = matrix.shape[0] - len(problem.rows), len(problem.rows)
    give = sp.vstack([sp.csr_matrix((free, rows)), -sp.eye(rows)])
    worth = np.append(np.zeros(problem.candidates), weights / weights.max())
    bounds = [*((0, 1) for _ in range(problem.candidates)), *((0, None) for _ in range(rows))]
    found = linprog(worth, A_ub=sp.hstack([matrix, give]).tocsr(), b_ub=upper, bounds=bounds, method="highs")
    return float(found.fun) * float(weights.max()) * 1000


def _matrix(problem: Problem, given: Mapping[str, int] | None) -> tuple[sp.csr_matrix, Floats]:
    n = problem.customers
    owner = np.repeat(np.arange(n), np.diff(problem.start))
    slots = int(problem.slot.max()) + 1
    parts = [_indicator(owner * slots + problem.slot[problem.offer], n * slots), _indicator(owner, n)]
    upper = [np.ones(n * slots), np.full(n, float(problem.contacts))]
    for row in problem.rows:
        use = row.cells if row.cells is not None else np.asarray(row.offers)[problem.offer]
        parts.append(sp.csr_matrix(use.astype(float)[None] / 1000))
        upper.append(np.array([(row.limit + (given or {}).get(row.name, 0)) / 1000]))
    return sp.vstack(parts).tocsr(), np.concatenate(upper)


def _indicator(group: NDArray[np.int64], groups: int) -> sp.csr_matrix:
    return sp.csr_matrix((np.ones(len(group)), (group, np.arange(len(group)))), shape=(groups, len(group)))
