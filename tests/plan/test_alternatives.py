"""Plans really differ, each keeps every limit, and where nothing pays only doing nothing and learning remain."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from netlift.allocation.verify import recount
from netlift.candidates.candidate import Goal, Scope
from netlift.plan.alternatives import GOAL_SHARE, alternatives
from netlift.plan.artefact import Part
from netlift.plan.choose import Choice, best_single, choose, few_offers, jaccard, sketch
from netlift.plan.errors import errors_of
from netlift.plan.explore import hopeful
from netlift.plan.limits import Limits
from netlift.plan.pool import Pool
from netlift.plan.rows import Frame
from netlift.types import Grade
from tests.plan.examples import candidate, effect
from tests.plan.worlds import learned, offers, pool_of, rng


def world(n: int = 300, m: int = 4, seed: int = 1, **options: object) -> Pool:
    """Customers who differ, offers that differ, two of them for goals."""
    draws = rng(seed)
    net = draws.normal(5, 60, (n, m)) + draws.normal(0, 10, m)
    made = offers(m, goals={1: Goal.WIN_BACK, 2: Goal.NEW_BUYERS}, channels=("email", "sms"))
    return pool_of(net, cost=draws.uniform(40, 160, (n, m)), candidates=made, **options)  # type: ignore[arg-type]


@cache
def choices() -> tuple[Choice, ...]:
    """Plans of a world with a budget, a channel and a goal; made once."""
    pool = world()
    limits = Limits(budget_minor=8000, channels={"email": 100}, goals=("new_buyers", "new_buyers"))
    return alternatives(Frame.of(pool, limits), errors_of(pool))[0]


def test_plans_differ_and_keep_every_limit() -> None:
    """No two share more than half, and an independent recount finds no fault."""
    made = choices()
    assert [one.code for one in made][:4] == ["nothing", "most_profit", "new_buyers", "safest"]  # asked for: first
    assert 4 <= len(made) <= 6
    for one in made[1:]:
        assert one.question is not None
        assert one.result is not None
        assert recount(one.question.problem, one.result).faults == ()
        assert not one.result.relaxed
        for other in made[1:]:
            assert one is other or jaccard(one.cells, other.cells) <= 0.5


def test_being_different_costs_what_it_says() -> None:
    """The safest plan was nearly the most profitable one: its row has a price, and it gives up profit."""
    safest = next(one for one in choices() if one.code == "safest")
    assert "kept_different" in safest.notes
    assert safest.prices["differs:most_profit"] > 0
    assert safest.numbers is not None
    assert safest.numbers["diversity_cost_minor"] > 0


def test_a_goal_gets_its_share() -> None:
    """At least GOAL_SHARE of what is given serves the goal that was asked for."""
    pool = world()
    plan = next(one for one in choices() if one.code == "new_buyers")
    serving = np.array([one.goal == Goal.NEW_BUYERS for one in pool.candidates])
    assert serving[pool.offer[plan.cells]].mean() >= GOAL_SHARE - 1e-9


def test_the_safest_avoids_what_is_wrong_for_all() -> None:
    """Two offers of the same mean, one of them badly known: the safest plan gives the other."""
    net = np.column_stack([np.full(60, 100.0), np.full(60, 101.0)])
    se = np.column_stack([np.full(60, 1.0), np.full(60, 80.0)])
    known = [learned("o00", 100, 1.0), learned("o01", 101, 80.0)]
    pool = pool_of(net, se=se, known=known)
    made, _ = alternatives(Frame.of(pool, Limits(budget_minor=10_000)), errors_of(pool))
    plans = {one.code: one for one in made}
    assert (pool.offer[plans["most_profit"].cells] == 1).all()
    assert (pool.offer[plans["safest"].cells] == 0).all()


def test_a_badly_known_offer_does_not_win_by_chance() -> None:
    """Three offers are known to earn 10, 25 and 40, one seems to earn 60 with an error of 80: the third is chosen."""
    net = np.tile(np.array([10.0, 25.0, 40.0, 60.0]), (40, 1))
    known = [learned(f"o0{j}", float(net[0, j]), 1.0 if j < 3 else 80.0) for j in range(4)]
    pool = pool_of(net, known=known)
    frame = Frame.of(pool, Limits(budget_minor=3000))
    assert frame.value[3] < frame.value[2]  # 60 goes most of the way to the others
    plan = alternatives(frame, errors_of(pool))[0][1]
    assert set(pool.offer[plan.cells].tolist()) == {2}


def test_nothing_pays_leaves_nothing_and_pilots_of_different_mechanisms() -> None:
    """The third offer is of the first one's kind; and every other plan says why it is not there."""
    kinds = ("percent_off", "amount_off", "percent_off")
    made_of = [replace(one, kind=kind) for one, kind in zip(offers(3), kinds, strict=True)]
    pool = pool_of(-np.ones((400, 3)), candidates=made_of)
    frame = Frame.of(pool, Limits(budget_minor=100_000))
    made, dropped = alternatives(frame, errors_of(pool))
    assert [one.code for one in made] == ["nothing", "pilot", "pilot_2"]
    assert made[0].notes == ("nothing_pays",)
    assert [kinds[offer] for offer in hopeful(frame)] == ["percent_off", "amount_off"]
    assert {reason for _, reason in dropped} <= {"nothing_pays", "no_candidate_serves_it", "goal_does_not_pay"}


def test_a_budget_of_nothing() -> None:
    """As if nothing paid; fifty customers would use an offer too seldom to learn from."""
    pool = world(50, 2)
    made, _ = alternatives(Frame.of(pool, Limits(budget_minor=0)), errors_of(pool))
    assert [one.code for one in made] == ["nothing"]


def test_one_customer_and_one_offer() -> None:
    """Plans that would be equal are left out."""
    pool = pool_of(np.array([[50.0]]))
    made, dropped = alternatives(Frame.of(pool, Limits(budget_minor=1000)), errors_of(pool))
    assert [one.code for one in made] == ["nothing", "most_profit"]
    assert dict(dropped)["simple"] in {"nothing_pays", "equal_to_another", "not_different"}


def test_shelves_are_a_plan_of_their_own() -> None:
    """Public promotions within the budget, and none where they exceed it."""
    pool = world(20, 2)
    shelf = candidate("shelf", "percent_off", {"off": "10"}, scope=Scope.SHOP)
    part = Part(shelf, Grade.WEAK, 60, 0, effect(900.0, 100.0), 500.0, 500.0)
    made, _ = alternatives(Frame.of(pool, Limits(budget_minor=5000)), errors_of(pool), public=[part])
    assert "shelves" in [one.code for one in made]
    _, dropped = alternatives(Frame.of(pool, Limits(budget_minor=400)), errors_of(pool), public=[part])
    assert ("shelves", "public_exceeds_budget") in dropped


def test_few_offers_keep_those_that_are_missed() -> None:
    """Three offers, of which one is never much better than another: it goes."""
    draws = rng(2)
    a, b = draws.normal(0, 50, 200), draws.normal(0, 50, 200)
    pool = pool_of(np.column_stack([a, a + 0.5, b]))
    frame = Frame.of(pool, Limits(budget_minor=8000))
    kept = np.unique(pool.offer[few_offers(frame, pool.net, 2)])
    assert kept.tolist() == [1, 2]
    made, _ = alternatives(Frame.of(pool, Limits(budget_minor=8000, most_offers=2)), errors_of(pool))
    assert all(len(np.unique(pool.offer[one.cells])) <= 2 for one in made)


@pytest.mark.parametrize("seed", range(3))
def test_the_best_single_offer_is_the_best(seed: int) -> None:
    """Against solving for each offer."""
    pool = world(80, 3, seed)
    frame = Frame.of(pool, Limits(budget_minor=3000))
    each = [choose(frame, "x", pool.net, only=pool.offer == j) for j in range(3)]
    assert best_single(frame, pool.net) == int(np.argmax([pool.net[one.cells].sum() for one in each]))


def test_a_sketch_is_nearly_the_choice() -> None:
    """All but a few pairs."""
    pool = world()
    frame = Frame.of(pool, Limits(budget_minor=8000))
    found = choose(frame, "x", pool.net)
    assert jaccard(sketch(frame, pool.net), found.cells) > 0.95


def test_goals_that_do_not_pay_are_shown_with_their_price_where_few_plans_pay() -> None:
    """Reaching the cheapest ten costs 1 each; the dearer half is out of the budget's reach."""
    made_of = offers(2, goals={0: Goal.WIN_BACK, 1: Goal.PROFIT})
    net = np.column_stack([np.where(np.arange(400) % 2, -1.0, -30.0), np.full(400, -5.0)])
    pool = pool_of(net, cost=80.0, candidates=made_of)
    frame = Frame.of(pool, Limits(budget_minor=800))
    made, dropped = alternatives(frame, errors_of(pool))
    plan = next(one for one in made if one.code == "win_back")
    assert len(plan.cells) == 10
    assert set(pool.net[plan.cells].tolist()) == {-1.0}
    assert "goal_at_a_price" in plan.notes
    assert plan.numbers is not None
    assert plan.numbers["goal_price_minor"] == pytest.approx(1.0)
    assert "win_back" not in dict(dropped)
