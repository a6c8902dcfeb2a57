"""Solves one allocation in a process of its own and says what it cost.

python _allocation_solve.py '{"package": "netlift", "customers": 100000}'
python _allocation_solve.py '{"package": "highs", "lines": "FILE.npz"}'          needs NumPy and SciPy only
python _allocation_solve.py '{"package": "ortools", "lines": "FILE.npz"}'        needs OR-tools as well
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np


def netlift(asked: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """The dual optimiser on an instance in memory; compiled code is loaded and warm."""
    from benchmarks._allocation_shop import problem
    from netlift.allocation.optimisers.dual import LARGE, Dual

    for few in (1_000, LARGE + 1_000):
        Dual().solve(problem(few))
    instance = problem(asked["customers"])

    def solve() -> dict[str, Any]:
        found = Dual().solve(instance)
        return {"value": found.value / 1000, "bound": found.bound / 1000, "gap": found.gap, "passes": found.passes,
                "relaxed": len(found.relaxed)}  # fmt: skip

    return solve


def streamed(asked: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """The same from Parquet to Parquet; reading, solving and writing are timed."""
    from pathlib import Path

    from benchmarks._allocation_shop import problem, source
    from netlift.allocation import streamed as module
    from netlift.allocation.optimisers.dual import LARGE, Dual

    Dual().solve(problem(LARGE + 1_000))
    cells = Path(asked["path"])
    to = cells.with_name("plan.parquet")

    def solve() -> dict[str, Any]:
        found = module.solve(source(asked["customers"], cells), to)
        return {"value": found.value / 1000, "bound": found.bound / 1000, "gap": found.gap, "passes": found.passes,
                "relaxed": len(found.relaxed), "chosen": len(found.chosen)}  # fmt: skip

    return solve


def highs(asked: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """The linear relaxation by HiGHS's interior point method (with its crossover to a vertex)."""
    from scipy.optimize import linprog

    c, matrix, upper = lines(asked["lines"])

    def solve() -> dict[str, Any]:
        found = linprog(c, A_ub=matrix, b_ub=upper, bounds=(0, 1), method="highs-ipm", options={"time_limit": 3000.0})
        if found.x is None:
            return {"said": found.message}
        return {"value": -found.fun, "broken by": float((matrix @ found.x - upper).max()), "passes": int(found.nit)}

    return solve


def ortools(asked: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """The linear relaxation by PDLP to a relative tolerance of 1e-4."""
    from ortools.pdlp import solvers_pb2  # type: ignore[import-not-found]
    from ortools.pdlp.python import pdlp  # type: ignore[import-not-found]

    c, matrix, upper = lines(asked["lines"])
    program = pdlp.QuadraticProgram()
    program.resize_and_initialize(len(c), len(upper))
    program.objective_vector = c
    program.variable_lower_bounds, program.variable_upper_bounds = np.zeros(len(c)), np.ones(len(c))
    program.constraint_lower_bounds, program.constraint_upper_bounds = np.full(len(upper), -np.inf), upper
    program.constraint_matrix = matrix.tocsc()
    wanted = solvers_pb2.PrimalDualHybridGradientParams(num_threads=asked.get("threads", 2))
    criteria = wanted.termination_criteria
    criteria.simple_optimality_criteria.eps_optimal_relative = asked["tolerance"]
    criteria.simple_optimality_criteria.eps_optimal_absolute = asked["tolerance"]

    def solve() -> dict[str, Any]:
        found = pdlp.primal_dual_hybrid_gradient(program, wanted)
        x = found.primal_solution
        return {"value": -float(c @ x), "broken by": float((matrix @ x - upper).max()),
                "passes": int(found.solve_log.iteration_count)}  # fmt: skip

    return solve


def lines(path: str) -> tuple[Any, Any, Any]:
    """Objective, matrix and upper limits of the relaxation; see `bench_allocation`."""
    import scipy.sparse as sp

    kept = np.load(path)
    shape = tuple(kept["shape"])
    return kept["c"], sp.csr_matrix((kept["data"], kept["indices"], kept["indptr"]), shape=shape), kept["upper"]


def main(asked: dict[str, Any]) -> dict[str, Any]:
    """What the solution costs: nothing before it is timed, but all memory is counted."""
    solve = {"netlift": netlift, "streamed": streamed, "highs": highs, "ortools": ortools}[asked["package"]](asked)
    load, before = os.getloadavg()[0], (time.perf_counter(), time.process_time())
    found = solve()
    after = (time.perf_counter(), time.process_time())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"wall s": after[0] - before[0], "cpu s": after[1] - before[1], "peak MB": peak, "load": load} | found


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.argv[1]))))
