"""Counts that fade, with everybody behind them."""

import numpy as np
import pytest

from netlift.errors import ConfigError
from netlift.recommend.evaluate.comparing import compare
from netlift.recommend.evaluate.judging import judge
from netlift.recommend.evaluate.splits import next_baskets
from netlift.recommend.interactions import Interactions
from netlift.recommend.models.popular import Popular
from netlift.recommend.models.repeat import Repeat, later_baskets
from netlift.recommend.rules import Rules
from tests.recommend.evaluate.test_splits import TWENTIETH
from tests.recommend.test_interactions import events

ROWS = [("ann", "tea", 1, 1.0), ("ann", "tea", 3, 1.0), ("ann", "cup", 9, 1.0), ("bob", "pot", 9, 1.0)]


def fitted(*rows: tuple[str, str, int, float], **settings: float | None) -> Repeat:
    return Repeat(**settings).fit(Interactions.of(events(*rows)))  # type: ignore[arg-type]


def test_scores_are_shares_with_a_prior_worked_by_hand() -> None:
    plain: dict[str, float | None] = {"half_life_days": None, "popular_half_life_days": None}
    model = fitted(*ROWS, prior=2.0, **plain)
    # everybody: tea 1/2, cup 1/4, pot 1/4; ann: tea 2, cup 1
    scores = model.score(["ann", "bob"], ["tea", "cup", "pot"])
    np.testing.assert_allclose(scores, [[3 / 5, 1.5 / 5, 0.5 / 5], [1 / 3, 0.5 / 3, 1.5 / 3]], rtol=1e-6)
    np.testing.assert_allclose(model.score(["ann"]).sum(), 1.0, rtol=1e-6)
    alone = fitted(*ROWS, prior=0.0, **plain)
    np.testing.assert_allclose(alone.score(["ann"], ["tea", "cup", "pot"]), [[2 / 3, 1 / 3, 0]], rtol=1e-6)


def test_what_is_old_counts_less_by_days_and_by_baskets() -> None:
    days = fitted(*ROWS, half_life_days=2.0, prior=0.0)
    tea, cup = 2.0**-4 + 2.0**-3, 1.0
    np.testing.assert_allclose(days.score(["ann"], ["tea"]), [[tea / (tea + cup)]], rtol=1e-6)
    baskets = fitted(*ROWS, half_life_days=None, half_life_baskets=1.0, prior=0.0)
    tea = 0.25 + 0.5
    np.testing.assert_allclose(baskets.score(["ann"], ["tea"]), [[tea / (tea + cup)]], rtol=1e-6)


def test_baskets_are_counted_by_customer_and_time() -> None:
    rows = [("ann", "tea", 1, 1.0), ("ann", "cup", 1, 1.0), ("ann", "tea", 2, 1.0), ("bob", "tea", 1, 1.0)]
    assert later_baskets(Interactions.of(events(*rows))).tolist() == [1, 1, 0, 0]
    assert later_baskets(Interactions.of(events())).tolist() == []


def test_lists_say_what_is_bought_again() -> None:
    rows = fitted(*ROWS).recommend(["ann"], 3, Rules(bought="allow")).to_pylist()
    assert [(row["product_id"], row["reasons"]) for row in rows] == [
        ("tea", ["bought_again"]), ("cup", ["bought_again"]), ("pot", ["popular"]),
    ]  # fmt: skip
    new = fitted(*ROWS).recommend(["ann"], 3).to_pylist()
    assert [row["product_id"] for row in new] == ["pot"]


def test_settings_out_of_range_are_refused() -> None:
    for settings in ({"half_life_days": 0.0}, {"half_life_baskets": -1.0}, {"prior": -1.0}, {"prior": float("nan")}):
        with pytest.raises(ConfigError):
            fitted(*ROWS, **settings)


def test_habits_that_change_are_followed() -> None:
    """Customers buy three of twenty goods day after day, and others from the middle of the month on."""
    rng = np.random.default_rng(4)
    rows = []
    for user in range(80):
        before, after = rng.choice(20, (2, 3), replace=False)
        for day in range(1, 23):
            rows += [(f"u{user:02}", f"i{item:02}", day, 1.0) for item in (before if day < 14 else after)]
    split = next_baskets(Interactions.of(events(*rows)), TWENTIETH)
    fading, counts = Repeat(half_life_days=3.0), Repeat(half_life_days=None, prior=0.0)
    recall = [judge(model.fit(split.learn), split, 3, bought="allow").recall for model in (fading, counts, Popular())]
    assert recall[0].mean() == 1.0
    assert compare(recall[0], recall[1]).lower > 0.3
    assert compare(recall[0], recall[2]).lower > 0.3


def test_a_prior_of_one_purchase_decides_ties_and_nothing_else() -> None:
    rng = np.random.default_rng(6)
    rows = [(f"u{user:02}", f"i{rng.integers(40):02}", 1, 1.0) for user in range(50) for _ in range(60)]
    plain: dict[str, float | None] = {"half_life_days": None, "popular_half_life_days": None}
    tied, counts = fitted(*rows, prior=1.0, **plain), fitted(*rows, prior=0.0, **plain)
    users = tied.seen_.users.names_of(range(50))
    often = np.bincount(tied.seen_.item, minlength=len(tied.seen_.items))
    for mine, count in zip(tied.score(users), counts.score(users), strict=True):
        order = np.argsort(-mine, kind="stable")
        assert order.tolist() == np.lexsort((np.arange(len(often)), -often, -count)).tolist()
