"""Fronts against every plan there is, on problems small enough to list them."""

import itertools

import numpy as np
import pytest

from netlift.allocation.front import FAIRNESS, front, hypervolume, non_dominated
from netlift.allocation.problem import UNIT, Problem, cells_row, offers_row
from netlift.allocation.verify import recount
from netlift.errors import DataError


def tiny(seed: int) -> tuple[Problem, dict[str, np.ndarray]]:
    """Five customers, two offers, a budget; three goals in whole numbers, so that ties and dominance are exact."""
    g = np.random.default_rng(seed)
    cost = g.integers(1, 9, (5, 2)).astype(float)
    problem = Problem.of(g.integers(-3, 15, (5, 2)), rows=[cells_row("budget", cost, float(g.integers(6, 20)))])
    goals = {
        "profit": problem.value / UNIT, "orders": g.integers(0, 4, 10).astype(float),
        "contacts": -g.integers(1, 3, 10).astype(float),
    }  # fmt: skip
    return problem, goals


def every_plan(problem: Problem, goals: dict[str, np.ndarray]) -> np.ndarray:
    """Goals of every plan that keeps the budget, shape (plans, goals)."""
    cells = np.stack(list(goals.values()))
    found = []
    for picks in itertools.product(range(3), repeat=problem.customers):
        chosen = [2 * i + p - 1 for i, p in enumerate(picks) if p]
        if all(problem.use(r, np.array(chosen, np.int64)).sum() <= row.limit for r, row in enumerate(problem.rows)):
            found.append(cells[:, chosen].sum(axis=1))
    return np.array(found)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("names", [("profit", "orders"), ("profit", "orders", "contacts")])
def test_every_point_is_on_the_true_front_and_the_ends_are_found(seed, names):
    problem, goals = tiny(seed)
    goals = {name: goals[name] for name in names}
    found = front(problem, goals, points=12)
    plans = every_plan(problem, goals)
    true = np.unique(plans[non_dominated(plans)], axis=0)
    for point in found.points:
        assert not recount(problem, point.result).faults
        assert (np.isclose(true, list(point.values.values())).all(axis=1)).any(), point.values
    assert list(found.best.values()) == pytest.approx(plans.max(axis=0))
    assert len({tuple(point.values.values()) for point in found.points}) == len(found.points)


def test_two_goals_give_most_of_the_front():
    shares = []
    for seed in range(8):
        problem, goals = tiny(seed)
        goals = {name: goals[name] for name in ("profit", "orders")}
        plans = every_plan(problem, goals)
        true = np.unique(plans[non_dominated(plans)], axis=0)
        shares.append(len(front(problem, goals, points=24).points) / len(true))
    assert np.mean(shares) > 0.8


def test_fairness_brings_up_the_segment_that_profit_forgets():
    """Segment 1 never pays, so the best plan leaves it out; half of it can be had for what five customers cost."""
    values = np.array([[5.0], [4.0], [3.0], [2.0], [-1.0], [-1.5], [-2.0], [-2.5]])
    problem = Problem.of(values, rows=[offers_row("cap", [1.0], 6.0)])
    found = front(problem, {"profit": values}, segments=[0, 0, 0, 0, 1, 1, 1, 1], points=8)
    by_fairness = {point.values[FAIRNESS]: point.values["profit"] for point in found.points}
    assert by_fairness[0.0] == 14.0
    assert by_fairness[0.5] == 14.0 - 1.0 - 1.5  # the two that cost least
    assert found.best[FAIRNESS] == 0.75  # 3 of 4 in each, within the cap of 6
    assert by_fairness[0.75] == pytest.approx(12.0 - 4.5)
    assert non_dominated(found.values).all()


def test_a_larger_front_keeps_its_limits_and_says_how_near_it_is():
    g = np.random.default_rng(3)
    profit, orders = g.gamma(2, 50, (300, 3)) - 40, g.random((300, 3))
    cost = g.gamma(2, 20, (300, 3))
    problem = Problem.of(profit, rows=[cells_row("budget", cost, 3_000.0)])
    found = front(problem, {"profit": profit, "orders": orders, "discount": cost}, points=5)
    assert len(found.points) >= 6
    assert non_dominated(found.values).all()
    assert max(point.gap for point in found.points) < 1e-3
    for point in found.points:
        assert point.result.use["budget"] <= problem.rows[0].limit
        assert point.values["profit"] == pytest.approx(point.result.earned)
    assert 0.5 < found.hypervolume <= 1


def test_goals_that_go_together_are_one_plan():
    problem = Problem.of([[3.0], [2.0], [-1.0]])
    found = front(problem, {"profit": [3, 2, -1], "twice": [6, 4, -2]}, points=6)
    assert [point.values for point in found.points] == [{"profit": 5.0, "twice": 10.0}]
    assert found.hypervolume == 1.0


def test_nobody_to_choose_from():
    found = front(Problem.of(np.zeros((0, 2))), {"profit": [], "orders": []}, points=4)
    assert [point.values for point in found.points] == [{"profit": 0.0, "orders": 0.0}]


def test_what_does_not_fit_is_said():
    problem = Problem.of([[3.0], [2.0]])
    with pytest.raises(DataError, match="at least one goal"):
        front(problem, {})
    with pytest.raises(DataError, match="one number per candidate"):
        front(problem, {"profit": [1.0]})
    with pytest.raises(DataError, match="per customer"):
        front(problem, {"profit": [1.0, 2.0]}, segments=[0])
    with pytest.raises(DataError, match="comes with segments"):
        front(problem, {FAIRNESS: [1.0, 2.0]}, segments=[0, 1])


@pytest.mark.parametrize("columns", [2, 3, 4])
def test_hypervolume_is_the_share_of_a_grid_that_is_reached(columns):
    """Whole-number points: the volume is the number of unit cells below some point, counted one by one."""
    g = np.random.default_rng(columns)
    points = g.integers(0, 6, (9, columns))
    corners = np.array(list(itertools.product(range(6), repeat=columns))) + 1
    counted = sum((points >= corner).all(axis=1).any() for corner in corners)
    assert hypervolume(points, np.zeros(columns)) == counted
    assert hypervolume(points[:0], np.zeros(columns)) == 0
