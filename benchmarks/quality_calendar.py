"""How good are calendars and plans that were searched for, where the best is known, or a bound, or a simple rival?

`small`: random calendars of at most 20,000 answers, all of which are looked at: share in which the best is found.
`large`: 12 shelves x 12 weeks x 6 promotions: value beside coordinate ascent from nothing (`greedy`), and beside the
same with restarts until it has had as many evaluations. `plain`: allocation problems of 60 customers beside the proved
bound. `front`: three goals; points, their gaps, and the share of the box between best and worst that they reach,
beside the same number of weighted sums alone.
"""

import os
import time
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np

QUICK = {"small": 2, "large": 1, "plain": 1, "fronts": (20,), "evaluations": 800}
KINDS = ("greedy", "restarts", "genetic", "annealing")


def _searcher(kind: str):  # type: ignore[no-untyped-def]
    from netlift.allocation.search.searcher import SEARCHERS
    from netlift.allocation.search.searchers.greedy import Greedy

    return Greedy(restarts=True) if kind == "restarts" else SEARCHERS[kind]()


def _timed(call):  # type: ignore[no-untyped-def]
    begun = time.process_time()
    found = call()
    return found, time.process_time() - begun


def one_small(task: tuple[int, int]) -> dict[str, float]:
    """Value of the best of a small calendar, and what each searcher reaches."""
    from tests.allocation.search.worlds import small

    seed, evaluations = task
    question = small(seed)
    row = {"best": _searcher("exhaustive").search(question).value}
    for kind in ("greedy", "genetic", "annealing"):
        found = _searcher(kind).search(question, seed=seed, evaluations=evaluations)
        assert found.feasible
        row[kind] = found.value
    return row


def small_summary(rows: list[dict[str, float]]) -> dict[str, Any]:
    """Share of small calendars whose best is found, and the mean share of the best value that is reached."""
    best = np.array([row["best"] for row in rows])
    told = {}
    for kind in ("greedy", "genetic", "annealing"):
        value = np.array([row[kind] for row in rows])
        told[kind] = {
            "calendars": len(rows), "best_is_nothing": int((best <= 0).sum()),
            "best_found": float(np.mean(value >= best - 1e-9 * np.abs(best))),
            "value_reached": float(np.mean(np.where(best > 0, value / np.where(best > 0, best, 1.0), 1.0))),
        }  # fmt: skip
    return told


def one_large(task: tuple[int, int]) -> dict[str, float]:
    """What each searcher reaches on a large calendar, and in how many seconds."""
    from tests.allocation.search.worlds import large

    seed, evaluations = task
    question, row = large(seed), {"seed": float(seed)}
    for kind in KINDS:
        found, cpu = _timed(lambda k=kind: _searcher(k).search(question, seed=seed, evaluations=evaluations))
        assert found.feasible
        row |= {kind: found.value, f"{kind}_seconds": cpu}
    return row


def large_summary(rows: list[dict[str, float]]) -> dict[str, Any]:
    """Value of large calendars over that of coordinate ascent; mean, standard error, and how often it is above."""
    told = {}
    for kind in KINDS:
        over = {r: np.array([row[kind] / row[r] - 1 for row in rows]) for r in ("greedy", "restarts")}
        told[kind] = {
            "calendars": len(rows), "above_greedy": float(over["greedy"].mean()), "se": _se(over["greedy"]),
            "above_restarts": float(over["restarts"].mean()), "se_restarts": _se(over["restarts"]),
            "wins_over_restarts": float(np.mean(over["restarts"] > 0)),
            "cpu_seconds": float(np.mean([row[f"{kind}_seconds"] for row in rows])),
        }  # fmt: skip
    return told


def _se(values: Any) -> float:
    return float(np.std(values, ddof=1)) / len(values) ** 0.5 if len(values) > 1 else float("nan")


def one_plain(task: tuple[int, int]) -> dict[str, float]:
    """Share of the proved bound that plans of a plain problem reach; empty where a limit cannot be kept."""
    from tests.allocation.instances import instance

    from netlift.allocation.optimiser import OPTIMISERS
    from netlift.allocation.verify import recount

    seed, evaluations = task
    problem, row = instance(seed, customers=60), dict[str, float]()
    bound = OPTIMISERS["dual"]().solve(problem).bound
    for kind in ("dual", "greedy", "genetic", "annealing"):
        options = {} if kind in ("dual", "greedy") else {"evaluations": evaluations}
        found, cpu = _timed(lambda k=kind, o=options: OPTIMISERS[k](**o).solve(problem))
        assert not recount(problem, found).faults
        if found.relaxed or bound is None or not bound > 0:
            return {}
        row |= {kind: found.value / bound, f"{kind}_seconds": cpu}
    return row


def plain_summary(rows: list[dict[str, float]]) -> dict[str, Any]:
    """Mean and least share of the bound."""
    return {
        kind: {"problems": len(rows), "mean": float(np.mean([row[kind] for row in rows])),
               "least": min(row[kind] for row in rows),
               "cpu_seconds": float(np.mean([row[f"{kind}_seconds"] for row in rows]))}
        for kind in ("dual", "greedy", "genetic", "annealing")
    }  # fmt: skip


def one_front(task: tuple[int, int]) -> dict[str, float]:
    """Three goals: the front, beside as many weighted sums alone."""
    from netlift.allocation import front as module
    from netlift.allocation.problem import Problem, cells_row

    customers, points = task
    g = np.random.default_rng(customers)
    shape = (customers, 3)
    profit, orders, cost = g.gamma(2, 50, shape) - 40, g.random(shape), g.gamma(2, 20, shape)
    problem = Problem.of(profit, rows=[cells_row("budget", cost, 10.0 * customers)])
    goals = {"profit": profit, "orders": orders, "discount": cost}
    found, cpu = _timed(lambda: module.front(problem, goals, points=points))
    sums = module._Search(problem, goals, None)
    sums.extremes()
    for weights in module._simplex(points, 3):
        sums.weighted(weights)
    alone = sums.front()
    return {
        "customers": customers, "points": len(found.points), "hypervolume": found.hypervolume,
        "sums_points": len(alone.points), "sums_hypervolume": alone.hypervolume,
        "largest_gap": max(point.gap for point in found.points), "cpu_seconds": cpu,
    }  # fmt: skip


def run(
    small: int = 100, large: int = 6, plain: int = 8, fronts: tuple[int, ...] = (20, 300), evaluations: int = 8_000
) -> dict[str, Any]:
    """Seeds from 0; searchers were set up on others."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("NUMBA_NUM_THREADS", "1")
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        calendars = pool.map(one_large, [(seed, evaluations) for seed in range(large)])
        problems = pool.map(one_plain, [(seed, evaluations // 2) for seed in range(plain)])
        several = pool.map(one_front, [(customers, 12) for customers in fronts])
        tiny = pool.map(one_small, [(seed, evaluations // 4) for seed in range(small)], chunksize=5)
        rows = list(calendars)
        return {
            "small": small_summary(list(tiny)), "large": large_summary(rows),
            "plain": plain_summary([row for row in problems if row]),
            "front": {f"{row['customers']} customers": row for row in several}, "rows": rows,
        }  # fmt: skip
