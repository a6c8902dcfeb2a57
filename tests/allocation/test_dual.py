"""The main optimiser against exact ones, and on what has no plan."""

import subprocess
import sys

import numpy as np
import pytest

from netlift.allocation import crowd, kernel, kernel_narrow
from netlift.allocation.optimiser import OPTIMISERS
from netlift.allocation.optimisers.dual import prices_of
from netlift.allocation.problem import Problem, cells_row, offers_row
from netlift.allocation.verify import recount
from netlift.errors import EstimationError
from tests.allocation.instances import instance, mixed, relaxation


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


@pytest.mark.parametrize("kind", ["dual", "greedy", "lp", "milp"])
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


@pytest.mark.slow
def test_any_number_of_threads_gives_the_same_plan():
    code = (
        "from tests.allocation.instances import instance; from netlift.allocation import kernel_narrow;"
        "from netlift.allocation.optimiser import OPTIMISERS; import hashlib, numba; numba.set_num_threads({n});"
        "kernel_narrow.COSTLY = 0\n"
        "for size in (3000, 45000):\n"
        "    r = OPTIMISERS['dual']().solve(instance(5, size, 6))\n"
        "    print(hashlib.sha256(r.chosen.tobytes()).hexdigest(), r.value, r.bound, r.prices)"
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


@pytest.mark.parametrize("seed", range(6))
def test_the_linear_way_proves_the_same_bound_and_rounds_to_a_plan(seed):
    problem = instance(seed, customers=150)
    value, found = relaxation(problem), OPTIMISERS["lp"]().solve(problem)
    assert not recount(problem, found).faults
    assert found.bound == pytest.approx(value, rel=1e-7, abs=1.0)
    assert found.bound >= value * (1 - 1e-9) - 1e-3  # prices prove it, whatever the solver's tolerance
    assert found.prices == pytest.approx(
        dict(zip(found.prices, prices_of(problem).prices, strict=True)), rel=0.2, abs=0.1
    )
    assert found.gap < 0.05


def test_ways_that_cannot_relax_limits_say_who_can():
    problem = Problem.of(np.ones((5, 1)), rows=[offers_row("share>=", [1.0], 9.0, minimum=True)])
    for kind in ("lp", "milp"):
        with pytest.raises(EstimationError, match="the optimiser dual says which limits must give"):
            OPTIMISERS[kind]().solve(problem)


@pytest.mark.parametrize("seed", [1, 4, 6])
def test_the_way_for_many_finds_what_the_way_for_few_finds(seed, monkeypatch):
    monkeypatch.setattr(kernel_narrow, "COSTLY", 0)  # settle customers early, too
    problem = instance(seed, customers=3000)
    many, few = OPTIMISERS["dual"](large=0).solve(problem), OPTIMISERS["dual"]().solve(problem)
    assert not recount(problem, many).faults
    assert many.relaxed == few.relaxed
    assert many.bound == pytest.approx(prices_of(problem).bound, rel=1e-5)
    assert many.value >= few.value * (1 - 2e-4)


def test_settled_customers_change_no_sum():
    g = np.random.default_rng(8)
    problem = instance(2, customers=5000, offers=8)
    passes, rows = kernel_narrow.Passes(problem), len(problem.rows)
    passes.costly = True
    low = prices_of(problem).prices * 0.8
    for wide in (2.0, 1.5, 1.2):
        high = low * wide + 1e-3
        passes.narrow(low, high)
        for _ in range(5):
            prices = low + g.random(rows) * (high - low)
            found, wanted = passes(prices), kernel.totals(problem, prices)
            assert found.value == wanted.value
            assert (found.use == wanted.use).all()
    assert len(passes.box.rest.start) < 2500  # most are settled
    outside = high * 3 + 1
    assert passes(outside).value == kernel.totals(problem, outside).value


def test_offers_that_earn_nothing_leave_a_customer_undecided():
    """Giving up what is worth nothing loses nothing, whichever sign the nothing has."""
    problem = Problem.of(np.zeros((50, 2)), rows=[cells_row("budget", np.ones((50, 2)), 10.0)])
    counts = crowd.InMemory(problem).margins(np.zeros(1))
    assert (counts[0], counts.sum()) == (50, 50)
    assert OPTIMISERS["dual"](large=0).solve(problem).value == 0


def test_a_row_given_way_twice_is_said_once():
    """Prices say by how much a minimum must give way at least, whole customers ask for more."""
    problem, _ = mixed(14, 400)
    found = OPTIMISERS["dual"]().solve(problem)
    assert found.relaxed["impossible>="] % 1000 == 0
    assert not recount(problem, found).faults
