"""The main optimiser against exact ones, and on what has no plan."""

import subprocess
import sys

import numpy as np
import pytest

from netlift.allocation.optimiser import OPTIMISERS
from netlift.allocation.optimisers.dual import prices_of
from netlift.allocation.problem import Problem, cells_row, offers_row
from netlift.allocation.verify import recount
from tests.allocation.instances import instance, relaxation


@pytest.mark.parametrize("seed", range(24))
def test_the_bound_is_that_of_the_linear_relaxation_and_the_plan_that_of_the_integer_programme(seed):
    problem = instance(seed, customers=(400, 150, 5, 40)[seed % 4] + seed)
    value = relaxation(problem)
    found = OPTIMISERS["dual"]().solve(problem)
    assert not recount(problem, found).faults
    if value is None:
        assert found.relaxed
        return
    assert not found.relaxed
    assert prices_of(problem).bound == pytest.approx(value, rel=1e-6, abs=1.0)
    exact = OPTIMISERS["milp"](seconds=5).solve(problem)
    assert found.value >= exact.value * (1 - 1e-3) - 1
    assert exact.value <= found.bound + 1


@pytest.mark.parametrize("kind", ["dual", "greedy", "milp"])
@pytest.mark.parametrize("seed", [3, 11, 17])
def test_every_optimiser_hands_back_a_plan_that_counts(kind, seed):
    problem = instance(seed, customers=120)
    found = OPTIMISERS[kind]().solve(problem)
    assert not recount(problem, found).faults
    assert found.value <= OPTIMISERS["dual"]().solve(problem).bound + 1


def test_no_budget_buys_nothing_that_costs():
    problem = Problem.of([[5.0, 9.0], [4.0, 1.0]], rows=[cells_row("budget", [[1.0, 2.0], [1.0, 0.0]], 0.0)])
    found = OPTIMISERS["dual"]().solve(problem)
    assert found.chosen.tolist() == [3]  # the only offer that is free
    assert not recount(problem, found).faults


def test_offers_that_lose_are_given_to_nobody():
    found = OPTIMISERS["dual"]().solve(Problem.of(-np.ones((50, 3)), rows=[cells_row("budget", np.ones((50, 3)), 10)]))
    assert (found.value, len(found.chosen), found.gap) == (0, 0, 0.0)


def test_nobody_and_nothing():
    assert OPTIMISERS["dual"]().solve(Problem.of(np.zeros((0, 2)))).value == 0
    assert OPTIMISERS["dual"]().solve(Problem.of([[3.0, 4.0], [1.0, -1.0]])).value == 5000  # no rows: everybody's best


def test_a_loss_is_taken_where_a_minimum_asks_for_it():
    problem = Problem.of(
        -np.arange(1.0, 21.0)[:, None], rows=[offers_row("share", [1.0], 5.0, unit="customers", minimum=True)]
    )
    found = OPTIMISERS["dual"]().solve(problem)
    assert found.value == -15_000
    assert found.bound == pytest.approx(-15_000)


def test_equal_customers_share_a_budget_to_the_last_coin():
    problem = Problem.of(
        np.full((1000, 2), [3.0, 5.0]), rows=[cells_row("budget", np.full((1000, 2), [1.0, 3.0]), 1500)]
    )
    found = OPTIMISERS["dual"]().solve(problem)
    assert found.value == 3_500_000  # 750 of the dearer ones and 250 of the cheaper, or any mix at the same prices
    assert found.use["budget"] <= 1_500_000


def test_limits_that_no_plan_can_keep_give_way_by_the_least():
    values = np.ones((100, 2))
    rows = [
        offers_row("first>=", [1.0, 0.0], 80.0, minimum=True),
        offers_row("second>=", [0.0, 1.0], 50.0, minimum=True),
    ]
    found = OPTIMISERS["dual"]().solve(Problem.of(values, rows=rows))
    assert sum(found.relaxed.values()) == 30_000
    assert not recount(Problem.of(values, rows=rows), found).faults
    assert len(found.chosen) == 100


def test_prices_say_what_one_more_coin_would_earn():
    def earned(budget: float) -> float:
        g = np.random.default_rng(5)
        worth, cost = g.gamma(2, 50, (4000, 3)), g.gamma(2, 20, (4000, 3))
        found = OPTIMISERS["dual"]().solve(Problem.of(worth, rows=[cells_row("budget", cost, budget)]))
        prices_of.append(found.prices["budget"])
        return found.earned

    prices_of: list[float] = []
    slope = (earned(60_500.0) - earned(59_500.0)) / 1000
    earned(60_000.0)
    assert slope == pytest.approx(prices_of[-1], rel=0.02)


def test_any_number_of_threads_gives_the_same_plan():
    code = (
        "from tests.allocation.instances import instance; from netlift.allocation.optimiser import OPTIMISERS;"
        "import hashlib, numba; numba.set_num_threads({n}); r = OPTIMISERS['dual']().solve(instance(5, 40000, 6));"
        "print(hashlib.sha256(r.chosen.tobytes()).hexdigest(), r.value, r.bound, r.prices)"
    )
    said = {
        subprocess.run([sys.executable, "-c", code.format(n=n)], capture_output=True, text=True, check=True).stdout
        for n in (1, 2)
    }
    assert len(said) == 1


def test_a_wrong_plan_is_caught():
    problem = instance(2, customers=60)
    found = OPTIMISERS["dual"]().solve(problem)
    cheated = type(found)(found.kind, found.chosen, found.value + 1, found.bound, found.use)
    assert recount(problem, cheated).faults
    greedy = np.flatnonzero(problem.value > 0)
    everything = type(found)(found.kind, greedy, int(problem.value[greedy].sum()), None, found.use)
    assert any("two offers" in fault for fault in recount(problem, everything).faults)
