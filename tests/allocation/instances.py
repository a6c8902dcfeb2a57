"""Random allocation problems of every shape, and an oracle that knows nothing of netlift's arithmetic."""

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.optimize import linprog

from netlift.allocation.problem import Problem, Row, cells_row, offers_row


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


def relaxation(problem: Problem) -> float | None:
    """Value of the linear relaxation by HiGHS; None: no point keeps the rows."""
    n = problem.customers
    owner = np.repeat(np.arange(n), np.diff(problem.start))
    slots = int(problem.slot.max()) + 1
    parts = [_indicator(owner * slots + problem.slot[problem.offer], n * slots), _indicator(owner, n)]
    upper = [np.ones(n * slots), np.full(n, float(problem.contacts))]
    for row in problem.rows:
        use = row.cells if row.cells is not None else np.asarray(row.offers)[problem.offer]
        parts.append(sp.csr_matrix(use.astype(float)[None] / 1000))
        upper.append(np.array([row.limit / 1000]))
    found = linprog(
        -problem.value.astype(float), A_ub=sp.vstack(parts).tocsr(), b_ub=np.concatenate(upper), bounds=(0, 1),
        method="highs",
    )  # fmt: skip
    return None if found.fun is None else -float(found.fun)


def _indicator(group: NDArray[np.int64], groups: int) -> sp.csr_matrix:
    return sp.csr_matrix((np.ones(len(group)), (group, np.arange(len(group)))), shape=(groups, len(group)))
