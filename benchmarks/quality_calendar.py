"""How good are calendars and plans that were searched for, where the best is known, or a bound, or a simple rival?

`small`: random calendars of at most 20,000 answers, all of which are looked at: share in which the best is found.
`large`: 12 shelves x 12 weeks x 6 promotions: value beside coordinate ascent from nothing (`greedy`), and beside the
same with restarts until it has had as many evaluations. `plain`: allocation problems of 60 customers beside the proved
bound. `front`: three goals; points, their gaps, and the share of the box between best and worst that they reach,
beside the same number of weighted sums alone.
"""

import os
import time
from typing import Any

import numpy as np

QUICK = {"small": 2, "large": 1, "plain": 1, "front": 1, "evaluations": 800}
KINDS = ("greedy", "restarts", "genetic", "annealing")


def _searcher(kind: str):  # type: ignore[no-untyped-def]
    from netlift.allocation.search.searcher import SEARCHERS
    from netlift.allocation.search.searchers.greedy import Greedy

    return Greedy(restarts=True) if kind == "restarts" else SEARCHERS[kind]()


def _timed(call):  # type: ignore[no-untyped-def]
    begun = time.process_time()
    found = call()
    return found, time.process_time() - begun


def small_calendars(count: int, evaluations: int) -> dict[str, Any]:
    """Share of small calendars whose best is found, and the mean share of the best value that is reached."""
    from tests.allocation.search.worlds import small

    kinds = ("greedy", "genetic", "annealing")
    hit, reached = dict.fromkeys(kinds, 0), {kind: list[float]() for kind in kinds}
    trivial = 0
    for seed in range(count):
        question = small(seed)
        best = _searcher("exhaustive").search(question)
        trivial += best.value <= 0
        for kind in kinds:
            found = _searcher(kind).search(question, seed=seed, evaluations=evaluations)
            assert found.feasible
            hit[kind] += found.value >= best.value - 1e-9 * abs(best.value)
            reached[kind].append(found.value / best.value if best.value > 0 else 1.0)
    return {
        kind: {"calendars": count, "best_is_nothing": trivial, "best_found": hit[kind] / count,
               "value_reached": float(np.mean(reached[kind]))}
        for kind in kinds
    }  # fmt: skip


def large_calendars(count: int, evaluations: int) -> tuple[dict[str, Any], list[dict[str, float]]]:
    """Value of large calendars over that of coordinate ascent; mean, standard error, and how often it is above."""
    from tests.allocation.search.worlds import large

    rows, seconds = list[dict[str, float]](), dict.fromkeys(KINDS, 0.0)
    for seed in range(count):
        question, row = large(seed), {"seed": float(seed)}
        for kind in KINDS:
            found, cpu = _timed(
                lambda q=question, k=kind, s=seed: _searcher(k).search(q, seed=s, evaluations=evaluations)
            )
            assert found.feasible
            row[kind], seconds[kind] = found.value, seconds[kind] + cpu
        rows.append(row)
    told = {}
    for kind in KINDS:
        over = {r: np.array([row[kind] / row[r] - 1 for row in rows]) for r in ("greedy", "restarts")}
        told[kind] = {
            "calendars": count, "above_greedy": float(over["greedy"].mean()), "se": _se(over["greedy"]),
            "above_restarts": float(over["restarts"].mean()), "se_restarts": _se(over["restarts"]),
            "wins_over_restarts": float(np.mean(over["restarts"] > 0)), "cpu_seconds": seconds[kind] / count,
        }  # fmt: skip
    return told, rows


def _se(values: Any) -> float:
    return float(np.std(values, ddof=1)) / len(values) ** 0.5 if len(values) > 1 else float("nan")


def plain_problems(count: int, evaluations: int) -> dict[str, Any]:
    """Share of the proved bound that plans of plain problems reach."""
    from tests.allocation.instances import instance

    from netlift.allocation.optimiser import OPTIMISERS
    from netlift.allocation.verify import recount

    shares: dict[str, list[float]] = {kind: [] for kind in ("dual", "greedy", "genetic", "annealing")}
    seconds = dict.fromkeys(shares, 0.0)
    for seed in range(count):
        problem = instance(seed, customers=60)
        found = {}
        for kind in shares:
            options = {} if kind in ("dual", "greedy") else {"evaluations": evaluations}
            found[kind], cpu = _timed(lambda k=kind, p=problem, o=options: OPTIMISERS[k](**o).solve(p))
            seconds[kind] += cpu
            assert not recount(problem, found[kind]).faults
        if any(one.relaxed for one in found.values()) or not found["dual"].bound > 0:
            continue
        for kind, one in found.items():
            shares[kind].append(one.value / found["dual"].bound)
    return {
        kind: {"problems": len(values), "mean": float(np.mean(values)) if values else None,
               "least": min(values, default=None), "cpu_seconds": seconds[kind] / count}
        for kind, values in shares.items()
    }  # fmt: skip


def fronts(count: int, customers: int = 100) -> dict[str, Any]:
    """Three goals on problems small enough for integer programmes, beside as many weighted sums alone."""
    from netlift.allocation import front as module
    from netlift.allocation.problem import Problem, cells_row

    told = {}
    for seed in range(count):
        g = np.random.default_rng(seed)
        profit, orders, cost = (
            g.gamma(2, 50, (customers, 3)) - 40,
            g.random((customers, 3)),
            g.gamma(2, 20, (customers, 3)),
        )
        problem = Problem.of(profit, rows=[cells_row("budget", cost, 10.0 * customers)])
        goals = {"profit": profit, "orders": orders, "discount": cost}
        found, cpu = _timed(lambda p=problem, o=goals: module.front(p, o, points=12))
        sums = module._Search(problem, goals, None)
        sums.extremes()
        for weights in module._simplex(12, 3):
            sums.weighted(weights)
        alone = sums.front()
        told[str(seed)] = {
            "points": len(found.points), "hypervolume": found.hypervolume, "sums_points": len(alone.points),
            "sums_hypervolume": alone.hypervolume, "largest_gap": max(p.gap for p in found.points), "cpu_seconds": cpu,
        }  # fmt: skip
    return told


def run(small: int = 100, large: int = 6, plain: int = 8, front: int = 2, evaluations: int = 10_000) -> dict[str, Any]:
    """Seeds from 0; searchers were set up on others."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    large_told, rows = large_calendars(large, evaluations)
    return {
        "small": small_calendars(small, max(500, evaluations // 4)), "large": large_told,
        "plain": plain_problems(plain, evaluations // 2), "front": fronts(front), "rows": rows,
    }  # fmt: skip
