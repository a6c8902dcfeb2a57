"""Hold-outs are as large as what is expected needs, exploration stops where a limit would break, examples are told."""

import math
from dataclasses import replace

import numpy as np
import pytest

from netlift.plan.explore import drawn
from netlift.plan.hold_out import LARGEST, SMALLEST, design, global_hold_out, spread_of
from netlift.plan.limits import Limits
from netlift.plan.people import examples_of, rules_of, segments_of
from netlift.plan.rows import Frame
from netlift.response.results import Pilot, Source
from tests.plan.worlds import learned, pool_of, rng


def test_the_spread_is_read_back() -> None:
    """2,000 a side with an error of 3: a customer's outcome varies by 3 / sqrt(2 / 2000)."""
    known = learned("o00", 50.0, 3.0, n=2000)
    assert spread_of(known) == pytest.approx(3 / math.sqrt(2 / 2000))
    assert math.isnan(spread_of(learned("o00", 50.0, 3.0, source=Source.PRICES)))
    pilot = Pilot(1000, 30, 10.0, 0.8, 0.9, 500, True)
    sized = spread_of(replace(learned("o00", 50.0, 3.0, source=Source.ASSUMED), pilot=pilot))
    assert sized == pytest.approx(10.0 / ((1.6449 + 0.8416) * math.sqrt(2 / 1000)), rel=1e-3)


@pytest.mark.parametrize(("se", "share"), [(0.5, SMALLEST), (30.0, LARGEST)])
def test_the_share_is_within_its_bounds(se: float, share: float) -> None:
    """A large effect needs the least hold-out; one that cannot be found the most, and says that it is not enough."""
    pool = pool_of(np.full((500, 1), 40.0), known=[learned("o00", 40.0, se)])
    made = design(pool, np.arange(500))
    assert made.share == pytest.approx(share)
    assert made.enough == (share == SMALLEST)


def test_a_hold_out_is_sized_for_what_is_believed() -> None:
    """Chosen for promising 40, believed to earn a tenth of a cent: the largest hold-out, which will not find it."""
    pool = pool_of(np.full((500, 1), 40.0), known=[learned("o00", 40.0, 0.5)])
    made = design(pool, np.arange(500), value=np.full(500, 0.1))
    assert made.share == pytest.approx(LARGEST)
    assert made.expected_minor == pytest.approx(0.1)
    assert not made.enough


def test_the_share_is_the_smallest_that_suffices() -> None:
    """One step less would not find what is expected."""
    from netlift.plan.hold_out import STEP, _found

    pool = pool_of(np.full((500, 1), 40.0), known=[learned("o00", 40.0, 4.0)])
    made = design(pool, np.arange(500))
    sd = spread_of(learned("o00", 40.0, 4.0))
    assert SMALLEST < made.share < LARGEST
    assert made.detectable_minor <= 40.0 < _found(500, made.share - STEP, sd, 0.9)


def test_without_a_spread_the_hold_out_is_a_tenth() -> None:
    """And nothing is said about what it finds."""
    pool = pool_of(np.full((50, 1), 40.0), known=[])
    made = design(pool, np.arange(50))
    assert made.share == pytest.approx(0.1)
    assert math.isnan(made.detectable_minor)
    assert not made.enough


def test_a_larger_global_hold_out_holds_the_smaller() -> None:
    """It can grow without reshuffling; no share, nobody."""
    names = [f"c{i}" for i in range(2000)]
    small, large = (global_hold_out(names, share, seed=3) for share in (0.05, 0.2))
    assert (large >= small).all()
    assert 60 < small.sum() < 140
    assert not global_hold_out(names, 0.0, seed=3).any()


def test_exploration_leaves_budgets_whole() -> None:
    """80 a piece: with 250 left, three customers take part, whoever of them gets something; with nothing left, none."""
    pool = pool_of(np.full((300, 1), -5.0))  # not worth giving, but perhaps it pays
    for budget, most in ((250, 3), (79, 0)):
        frame = Frame.of(pool, Limits(budget_minor=budget))
        found = drawn(frame, np.zeros(0, np.int64), np.zeros(0, np.int64), share=0.2, seed=1, code="x")
        assert len(found.given) + len(found.control) == most
        assert pool.cost[found.given].sum() <= budget
    frame = Frame.of(pool, Limits(channels={"email": 5}))
    found = drawn(frame, np.zeros(0, np.int64), np.zeros(0, np.int64), share=0.2, seed=1, code="x")
    assert 1 <= len(found.given) <= len(found.given) + len(found.control) == 5


@pytest.mark.parametrize("budget", [250, 1000])
def test_a_limit_that_stops_the_exploration_leaves_its_chance_one_half(budget: int) -> None:
    """Over 300 seeds, of those who take part one half gets its offer, within 4 standard errors."""
    frame = Frame.of(pool_of(np.full((200, 1), -5.0)), Limits(budget_minor=budget))
    none = np.zeros(0, np.int64)
    found = [drawn(frame, none, none, share=0.2, seed=seed, code="x") for seed in range(300)]
    given, beside = (sum(map(len, part)) for part in zip(*((one.given, one.control) for one in found), strict=True))
    part = given + beside
    assert part > 600
    assert abs(given / part - 0.5) < 4 * 0.5 / math.sqrt(part)


def test_what_surely_loses_is_not_explored() -> None:
    """At -100 with an error of 20 there is nothing to hope for."""
    frame = Frame.of(pool_of(np.full((300, 1), -100.0)), Limits())
    found = drawn(frame, np.zeros(0, np.int64), np.zeros(0, np.int64), share=0.2, seed=1, code="x")
    assert not len(found.given)
    assert not len(found.control)


def test_exploration_is_even_and_picks_among_offers_by_lot() -> None:
    """About a fifth of 2,000 takes part, half of them get something, each of two offers as often."""
    pool = pool_of(np.full((2000, 2), 1.0))
    frame = Frame.of(pool, Limits())
    found = drawn(frame, np.zeros(0, np.int64), np.zeros(0, np.int64), share=0.2, seed=1, code="x")
    part = len(found.given) + len(found.control)
    assert part == pytest.approx(400, abs=60)
    assert len(found.given) == pytest.approx(part / 2, abs=35)
    assert (pool.offer[found.given] == 0).sum() == pytest.approx(len(found.given) / 2, abs=30)


def test_examples_of_small_plans() -> None:
    """Nobody given, one customer, nobody left out."""
    pool = pool_of(np.array([[50.0], [10.0]]), p_buy=np.array([[0.2], [0.9]]))
    none = np.zeros(0, np.int64)
    assert [one.kind for one in examples_of(pool, None, none, none, [])] == ["left_out"]
    one = examples_of(pool, None, np.array([0]), np.array([0]), ["treatment"])
    assert [(e.kind, e.customer_id) for e in one] == [("typical", "c000000"), ("left_out", "c000001")]
    both = examples_of(pool, None, np.array([0, 1]), np.array([0, 1]), ["treatment", "explore"])
    assert [(e.kind, e.arm) for e in both] == [("typical", "treatment")]  # of two, the first; it also gains most


def test_rules_need_people_and_features() -> None:
    """Too few customers, or nothing known of them: no tree."""
    import pyarrow as pa

    pool = pool_of(rng(1).normal(size=(40, 1)))
    profiles = pa.table({"customer_id": pool.eligible.customer_id, "recency_days": np.arange(40)})
    assert rules_of(pool, profiles, np.arange(5), pool.net) is None
    assert segments_of(pool, profiles, np.arange(5)) == ()
