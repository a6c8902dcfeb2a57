"""Is the bound that of the linear programme, and the plan nearly the best? Beside HiGHS on 200 random instances.

bound     the dual's bound over the value of HiGHS's linear relaxation, less 1
plan      the plan's value over that of HiGHS's integer programme, less 1; where HiGHS did not prove its own within its
          time, over the best bound on it, which is harder; "over its plan" compares with what it found by then
recount   faults that an independent recount of the plan finds
gives way over the least   where no plan keeps every limit: by how much limits gave way, each weighted by the highest
          price of its row, over the least of the linear relaxation, less 1; whole customers ask for more than fractions
Where no plan keeps every limit, HiGHS is asked for a plan with the limits as the dual let them give way. They are then
so tight that it mostly finds none, so our own bound counts, too; relaxations are compared only where one is possible.
"""

import os
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import numpy as np

QUICK = {"instances": 12, "largest": 300, "workers": 1}
GOALS = {"bound": 1e-6, "plan": -1e-3, "faults": 0}
NOTHING = 1.0
"""Difference in thousandths of a minor unit that is none."""


def one(task: tuple[int, int, float]) -> dict[str, Any]:
    """Solve one instance both ways."""
    from tests.allocation.instances import integer, least_relaxation, mixed, relaxation

    from netlift.allocation.crowd import highest_prices
    from netlift.allocation.optimisers.dual import Dual, prices_of
    from netlift.allocation.verify import recount

    seed, largest, seconds = task
    problem, kinds = mixed(seed, largest)
    before = time.process_time()
    found = Dual().solve(problem)
    cpu = time.process_time() - before
    said = {"seed": seed, "kinds": kinds, "customers": problem.customers, "offers": len(problem.offers)}
    said |= {"rows": len(problem.rows), "faults": list(recount(problem, found).faults), "cpu s": cpu}
    said |= {"relaxed": dict(found.relaxed), "gap": found.gap}
    wider = problem.with_limits(problem.limits + np.array([found.relaxed.get(r.name, 0) for r in problem.rows]))
    possible, line, exact = relaxation(problem) is not None, relaxation(wider), integer(wider, seconds)
    if found.relaxed:
        weights = highest_prices(problem)
        given = sum(weight * found.relaxed.get(row.name, 0) for weight, row in zip(weights, problem.rows, strict=True))
        said |= {"gives way over the least": _over(given, least_relaxation(problem, weights))}
    bounds = [b for b in (exact.bound, line, None if possible else found.bound) if b is not None]
    beside = exact.value if exact.proved and exact.value is not None else min(bounds)
    return said | {
        "possible": possible, "proved": exact.proved, "plan": _over(found.value, beside),
        "bound": _over(prices_of(problem).bound, line) if possible and line is not None else None,
        "needless": possible and bool(found.relaxed),
        "over its plan": None if exact.value is None else _over(found.value, exact.value),
    }  # fmt: skip


def _quiet() -> None:
    """HiGHS writes stray lines to standard output."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.environ["NUMBA_NUM_THREADS"] = "1"


def _over(ours: float, theirs: float) -> float:
    """How much more ours is, as a share of theirs; 0 where they differ by nothing that counts."""
    return 0.0 if abs(ours - theirs) <= NOTHING else (ours - theirs) / max(abs(theirs), NOTHING)


def run(instances: int = 200, largest: int = 5000, seconds: float = 6.0, workers: int = 2) -> dict[str, Any]:
    """All instances, and those that miss a goal by name."""
    tasks = [(seed, largest, seconds) for seed in range(instances)]
    if workers == 1:
        rows = [one(task) for task in tasks]
    else:
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_quiet) as pool:
            rows = list(pool.map(one, tasks))
    return {"goals": GOALS, "largest": f"{largest} x 20", "seconds for each of HiGHS": seconds} | summed(rows)


def summed(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """What instances tell together, and those that miss a goal."""
    kinds = Counter(kind for row in rows for kind in row["kinds"])
    missed = [row for row in rows if misses(row)]
    return {
        "instances": len(rows),
        "worst bound": max(abs(row["bound"] or 0.0) for row in rows), "worst plan": min(row["plan"] for row in rows),
        "plans with faults": sum(bool(row["faults"]) for row in rows), "instances that miss a goal": len(missed),
        "proved by HiGHS": sum(row["proved"] for row in rows),
        "HiGHS found no plan": sum(row["over its plan"] is None for row in rows),
        "worst over its plan": min(row["over its plan"] or 0.0 for row in rows),
        "median gap": float(np.median([r["gap"] for r in rows])),
        "no plan keeps all limits": sum(not row["possible"] for row in rows),
        "gives way over the least": max(row.get("gives way over the least", 0.0) for row in rows),
        "limits that give way needlessly": sum(row["needless"] for row in rows),
        "cpu s of the dual, all": sum(row["cpu s"] for row in rows),
        "holding": dict(sorted(kinds.items())), "missed": missed, "rows": rows,
    }  # fmt: skip


def misses(row: dict[str, Any]) -> bool:
    """Whether an instance misses a goal."""
    return (
        bool(row["faults"])
        or abs(row["bound"] or 0.0) > GOALS["bound"]
        or row["plan"] < GOALS["plan"]
        or row["needless"]
    )
