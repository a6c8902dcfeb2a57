"""Judging gives each model its lists, choosing finds the better, and comparing knows what is chance."""

from datetime import UTC, datetime

import numpy as np
import pytest

from netlift.errors import ConfigError, NotFittedError
from netlift.recommend.evaluate.choosing import choose
from netlift.recommend.evaluate.comparing import compare
from netlift.recommend.evaluate.judging import best_places, judge, top
from netlift.recommend.evaluate.splits import at_random, by_time
from netlift.recommend.models.item_knn import ItemKnn
from netlift.recommend.models.popular import Popular
from netlift.recommend.rules import Rules
from tests.recommend.test_contract import shop


@pytest.mark.parametrize("bought", ["allow", "exclude"])
def test_places_are_those_of_the_lists_that_are_shown(bought: str) -> None:
    model = ItemKnn().fit(shop())
    users = np.arange(20)
    places = best_places(model, users, 25, bought=bought, as_shown=True)  # type: ignore[arg-type]
    names = model.seen_.users.names_of(users)
    rows = model.recommend(names, 25, Rules(bought=bought)).to_pylist()  # type: ignore[arg-type]
    for user, name in enumerate(names):
        shown = [row["product_id"] for row in rows if row["customer_id"] == name]
        assert model.seen_.items.names_of(places[user][: len(shown)]) == shown


def test_the_highest_come_first_and_of_equals_the_first() -> None:
    rng = np.random.default_rng(0)
    scores = rng.integers(0, 6, (50, 20)).astype(np.float32)
    scores[scores == 5] = np.nan
    for k in (1, 4, 30):
        for row, found in zip(scores, top(scores, k), strict=True):
            order = [place for place in np.argsort(-row, kind="stable") if not np.isnan(row[place])][:k]
            assert found.tolist() == order + [-1] * (k - len(order))


def test_who_knows_tastes_is_chosen_over_who_does_not() -> None:
    split = at_random(shop(users=200), seed=2)
    choice = choose([Popular(), ItemKnn()], split, 5)
    assert choice.model.kind == "item_knn"
    assert choice.figures[1] > choice.figures[0]
    found = [judge(model.fit(split.learn), split, 5) for model in (ItemKnn(), Popular())]
    beside = compare(found[0].recall, found[1].recall)
    assert beside.lower > 0
    assert beside.ratio_lower > 1
    assert beside.customers == len(split.judged)


def test_a_choice_needs_something_to_choose_by() -> None:
    split = at_random(shop())
    with pytest.raises(ConfigError, match="nothing to choose"):
        choose([], split)
    with pytest.raises(ConfigError, match="no figure 'luck'"):
        choose([Popular()], split, by="luck")
    late = by_time(shop(), datetime(2027, 1, 1, tzinfo=UTC))
    with pytest.raises(ConfigError, match="nobody did anything"):
        choose([Popular()], late)


def test_a_model_is_judged_on_what_it_was_fitted_on() -> None:
    split = at_random(shop())
    with pytest.raises(ConfigError, match="fitted on"):
        judge(Popular().fit(shop(users=100, items=40)), split)
    with pytest.raises(ConfigError, match="fitted on"):
        judge(Popular().fit(shop(users=10, items=20)), split)
    with pytest.raises(NotFittedError):
        judge(Popular(), split)
    with pytest.raises(ConfigError, match="at least one place"):
        judge(Popular().fit(split.learn), split, 0)


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    rng = np.random.default_rng(5)
    held = []
    for seed in range(150):
        common = rng.random(150)
        ours, theirs = common + 0.1 + rng.normal(0, 0.1, 150), common + rng.normal(0, 0.1, 150)
        beside = compare(ours, theirs, draws=200, seed=seed)
        held.append([beside.lower <= 0.1 <= beside.upper, beside.ratio_lower <= 1.2 <= beside.ratio_upper])
    difference, ratio = np.mean(held, axis=0)
    assert 0.90 <= difference <= 0.99
    assert 0.90 <= ratio <= 0.99


def test_the_same_beside_itself_is_no_better() -> None:
    figures = np.array([0.0, np.nan, 0.5, 1.0])
    beside = compare(figures, figures)
    assert (beside.difference, beside.lower, beside.upper, beside.ratio, beside.customers) == (0, 0, 0, 1, 3)
    nothing = compare(np.ones(3), np.zeros(3))
    assert (nothing.ratio, nothing.ratio_lower, nothing.lower) == (np.inf, np.inf, 1)
    for ours, theirs in ((np.ones(2), np.ones(3)), (np.array([np.nan]), np.ones(1)), (np.ones(0), np.ones(0))):
        with pytest.raises(ConfigError):
            compare(ours, theirs)
