"""Candidates are told apart, near-duplicates are dropped, and the choice is more diverse than chance."""

from collections import Counter
from functools import cache
from typing import Any

import numpy as np
import pytest

from netlift.candidates.candidate import Candidate, Goal, Scope
from netlift.candidates.diverse import WEIGHTS, Proposed, Rules, chosen, distances
from netlift.candidates.generate import choose, proposals
from tests.candidates.plain import MAY, candidate
from tests.candidates.shops import asked, sources

REVENUE = np.array([100, 300, 600], dtype=np.int64)
ALL, HALF = np.ones(3, dtype=bool), np.array([True, True, False])


def proposed(one: Candidate, promise: float = 0.5, goods: Any = ALL, people: Any = ALL) -> Proposed:
    return Proposed(one, promise, goods, people)


def apart(one: Proposed, other: Proposed) -> float:
    return float(distances([one, other], REVENUE)[0, 1])


def test_weights_sum_to_one_so_that_a_distance_does_not_exceed_it() -> None:
    assert sum(WEIGHTS.values()) == pytest.approx(1)
    far = candidate("two", "gift_with_spend", scope=Scope.SHOP, numbers={"cut": 0.5}, window=MAY.shifted(30))
    assert apart(proposed(candidate(), goods=HALF, people=HALF), proposed(far, goods=~HALF, people=~HALF)) == 1


@pytest.mark.parametrize(
    ("other", "distance"),
    [
        (candidate("two"), 0.0),
        (candidate("two", "amount_off"), 0.125),  # the same family: half of 0.25
        (candidate("two", "earn_points"), 0.25),
        (candidate("two", scope=Scope.SHOP), 0.05),
        (candidate("two", numbers={"cut": 0.25}), 0.15),  # 15 of 20 points of 0.20
        (candidate("two", window=MAY.shifted(7)), 0.05 * (1 - 7 / 21)),  # 7 of 21 days are shared
    ],
)
def test_parts_of_the_distance(other: Candidate, distance: float) -> None:
    assert apart(proposed(candidate()), proposed(other)) == pytest.approx(distance)


def test_goods_count_by_revenue_and_people_by_number() -> None:
    """By hand: 400 of 1,000 revenue and two of three people are shared."""
    one, two = candidate("one"), candidate("two")
    assert apart(proposed(one), proposed(two, goods=HALF)) == pytest.approx(0.2 * 0.6)
    assert apart(proposed(one), proposed(two, people=HALF)) == pytest.approx(0.25 / 3)
    none = np.zeros(3, dtype=bool)
    assert apart(proposed(one, people=none), proposed(two, people=none)) == 0


def test_near_duplicates_are_never_both_kept() -> None:
    found = chosen([proposed(candidate("a")), proposed(candidate("b"))], REVENUE, Rules(least_distance=0.01))
    assert [one.offer.offer_id for one in found.candidates] == ["a"]
    assert np.isnan(found.mean)


def test_each_goal_has_its_most_promising_candidate_and_mechanisms_are_capped() -> None:
    many = [proposed(candidate(f"p{k}", window=MAY.shifted(20 * k)), 0.9) for k in range(6)]
    rare = [
        proposed(candidate(f"r{k}", goal=Goal.WIN_BACK, window=MAY.shifted(-20 * k - 20)), k / 10) for k in range(3)
    ]
    found = chosen([*many, *rare], REVENUE, Rules(per_mechanism=2, least_distance=0.01, goals=(Goal.WIN_BACK,)))
    ids = [one.offer.offer_id for one in found.candidates]
    assert ids[0] == "r2"
    assert len(ids) == 2


def test_what_repeats_the_past_has_places_of_its_own() -> None:
    """Of eight places two are for the past (a quarter), whatever its promise; the cap of a mechanism is not theirs."""
    past = [proposed(candidate(f"p{k}", past=f"p{k}", window=MAY.shifted(20 * k)), 1.0) for k in range(6)]
    new = [
        proposed(candidate(f"n{k}", kind, window=MAY.shifted(-20 * k - 20)), 0.1)
        for k, kind in enumerate(("spend_threshold", "earn_points", "buy_get", "gift_with_spend", "bundle", "win_back"))
    ]
    found = chosen([*past, *new], REVENUE, Rules(most=8, per_mechanism=1, least_distance=0.01)).candidates
    assert sum(one.past is not None for one in found) == 2
    assert len(found) == 8


def test_nothing_comes_of_nothing() -> None:
    found = chosen([], REVENUE, Rules(goals=(Goal.PROFIT,)))
    assert found.candidates == ()
    assert found.distance.shape == (0, 0)
    assert np.isnan(found.least)


@cache
def everything() -> tuple[Proposed, ...]:
    return proposals(sources(), asked())


def test_the_order_of_proposals_does_not_matter() -> None:
    rules = Rules(most=12)
    revenue = sources().catalogue.goods.revenue
    mixed = [everything()[k] for k in np.random.default_rng(1).permutation(len(everything()))]
    assert chosen(mixed, revenue, rules).candidates == chosen(everything(), revenue, rules).candidates


@pytest.mark.parametrize("most", [8, 15, 30])
def test_the_choice_is_more_diverse_than_chance(most: int) -> None:
    """Of 300 random sets with as many repeats, personal and public offers nearly all differ less.

    By the mean distance, and by the least: they hold two that are nearer to each other than any two that were kept.
    With one goal; where six ask for a place each, less is left to choose.
    """
    wishes = asked(most=most, goals=(Goal.PROFIT,))
    everyone = proposals(sources(), wishes)
    kept = choose(everyone, sources(), wishes)
    whole = distances(everyone, sources().catalogue.goods.revenue)
    groups = np.array([group(one.candidate) for one in everyone])
    wanted = Counter(group(one) for one in kept.candidates)
    rng, above = np.random.default_rng(2), np.triu_indices(most, 1)
    draws = []
    for _ in range(300):
        parts = [rng.permutation(np.flatnonzero(groups == name))[:n] for name, n in wanted.items()]
        drawn = np.concatenate(parts)
        draws.append(whole[np.ix_(drawn, drawn)][above])
    assert len(kept.candidates) == most
    assert np.mean([kept.mean > draw.mean() for draw in draws]) > 0.95
    assert np.mean([kept.least >= draw.min() for draw in draws]) > 0.9


def group(one: Candidate) -> str:
    return "past" if one.past else str(one.scope is Scope.PERSONAL)


def test_limits_hold_on_a_real_choice() -> None:
    wishes = asked(most=20, per_mechanism=2, least_distance=0.2)
    kept = choose(proposals(sources(), wishes), sources(), wishes)
    assert kept.least >= 0.2
    assert len(kept.candidates) == 20
    kinds = [one.kind for one in kept.candidates if one.past is None]
    assert max(map(kinds.count, kinds)) <= 2
    assert {one.goal for one in kept.candidates} == set(Goal)
