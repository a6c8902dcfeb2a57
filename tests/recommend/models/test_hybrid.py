"""Weights follow what helps, and nothing breaks where there is nothing to learn them from."""

import dataclasses

import numpy as np
import pyarrow as pa
import pytest

from netlift.errors import ConfigError
from netlift.recommend.about import About
from netlift.recommend.evaluate.judging import judge
from netlift.recommend.evaluate.splits import next_baskets
from netlift.recommend.ids import Ids, Ints
from netlift.recommend.interactions import Interactions
from netlift.recommend.models.hybrid import Hybrid, last_part, spread
from netlift.recommend.models.item_knn import ItemKnn
from netlift.recommend.models.repeat import Repeat
from netlift.recommend.recommender import Recommender, Scores
from tests.recommend.evaluate.test_splits import TWENTIETH
from tests.recommend.test_contract import shop
from tests.recommend.test_interactions import events


@dataclasses.dataclass(kw_only=True)
class Constant(Recommender):
    """Says nothing."""

    kind = "constant"

    def _fit(self) -> None:
        pass

    def _score(self, users: Ints) -> Scores:
        return np.full((len(users), len(self.seen_.items)), 7.0, np.float32)


@dataclasses.dataclass(kw_only=True)
class Backwards(ItemKnn):
    """Says the opposite of what is true."""

    kind = "backwards"

    def _score(self, users: Ints) -> Scores:
        return -super()._score(users)


def test_a_part_that_misleads_gets_no_weight() -> None:
    model = Hybrid(parts=(Backwards(), "item_knn", "popular")).fit(shop(users=200))
    assert model.weights_[0] == 0
    assert model.weights_[1] > 0
    assert model.weights_.sum() == pytest.approx(1)
    assert (model.weights_ >= 0).all()


def test_a_part_that_says_nothing_changes_no_list() -> None:
    seen = shop(users=100)
    alone, beside = (Hybrid(parts=parts).fit(seen) for parts in (("item_knn",), (Constant(), "item_knn")))
    columns = ["customer_id", "rank", "product_id"]
    assert alone.weights_.tolist() == [1.0]
    assert alone.recommend(None, 5).select(columns).equals(beside.recommend(None, 5).select(columns))


def test_together_they_are_level_with_the_best_of_them() -> None:
    """Habits of three goods each, which one part finds and the other two do not."""
    rng = np.random.default_rng(8)
    rows = []
    for user in range(120):
        habits = rng.choice(30, 3, replace=False)
        rows += [
            (f"u{user:03}", f"i{item:03}", day, 1.0)
            for day in range(1, 26)
            for item in (*rng.choice(habits, 2, replace=False), rng.integers(30))
        ]
    split = next_baskets(Interactions.of(events(*rows)), TWENTIETH)
    parts = ("popular", Repeat(prior=0.0))
    mix = Hybrid(parts=parts, bought="allow", places=3).fit(split.learn)
    found = [judge(one, split, 3, bought="allow").means()["ndcg"] for one in (mix, *mix.models_)]
    assert found[0] >= max(found[1:]) - 0.01
    assert found[2] > found[1] + 0.2
    assert mix.weights_[1] > 0.8


def test_where_there_is_nothing_to_judge_by_all_parts_weigh_the_same() -> None:
    once = events(("ann", "tea", 1, 1.0), ("ann", "cup", 1, 1.0), ("bob", "tea", 1, 1.0))
    for seen in (Interactions.of(once), Interactions.of(events(), users=Ids(["ann"]), items=Ids(["tea"]))):
        assert Hybrid().fit(seen).weights_.tolist() == [0.25] * 4
    nothing = Hybrid().fit(Interactions.of(events()))
    assert nothing.recommend(["ann"]).num_rows == 0


def test_parts_are_copied_and_reasons_are_theirs() -> None:
    part = ItemKnn(neighbours=5)
    model = Hybrid(parts=(part, "popular")).fit(shop())
    assert not hasattr(part, "seen_")
    assert model.models_[0].neighbours == 5  # type: ignore[attr-defined]
    reasons = {row["reasons"][0].split(":")[0] for row in model.recommend(["u00", "u01"], 5).to_pylist()}
    assert reasons <= {"similar_to", "popular"}


def test_the_last_part_is_late_and_events_of_one_time_stay_together() -> None:
    seen = shop()
    learn, late = last_part(seen, 0.2)
    assert learn.at.max() < late.at.min()
    assert 0.15 * len(seen) < len(late) < 0.25 * len(seen)


def test_scores_are_measured_by_their_spread() -> None:
    found = spread(np.array([[1, 2, 3], [4, 4, 4]], np.float32))
    np.testing.assert_allclose(found, [[-np.sqrt(1.5), 0, np.sqrt(1.5)], [0, 0, 0]], rtol=1e-6)
    assert spread(np.empty((2, 0), np.float32)).shape == (2, 0)


@pytest.mark.parametrize("wrong", [{"parts": ()}, {"latest": 1.0}, {"steps": 0}, {"places": 0}, {"judges": 0}])
def test_settings_out_of_range_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="a hybrid needs"):
        Hybrid(**wrong).fit(shop())  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="unknown"):
        Hybrid(parts=("magic",)).fit(shop())


def test_reasons_of_many_are_those_of_each() -> None:
    model = Hybrid().fit(shop())
    users, starts = np.array([3, 0, 8]), np.array([0, 4, 4, 9])
    items = np.array([0, 31, 17, 5, 2, 2, 20, 9, 1])
    told = model.reason_lists(users, items, starts).to_pylist()
    each = [
        model.reasons(int(user), items[low:high]) for user, low, high in zip(users, starts, starts[1:], strict=False)
    ]
    assert told == [list(why) for part in each for why in part]


def test_content_is_a_part_where_something_is_told_of_products() -> None:
    seen = shop()
    names = seen.items.names
    told = About(pa.table({"product_id": names, "category": [str(name)[1] for name in names.to_pylist()]}))
    kinds = {
        about: [part.kind for part in Hybrid().fit(seen, about).models_]
        for about in (None, About(pa.table({"product_id": names})), told)
    }
    assert [("content" in some, len(some)) for some in kinds.values()] == [(False, 4), (False, 4), (True, 5)]
    assert [part.kind for part in Hybrid(parts=("content",)).fit(seen).models_] == ["content"]
    by_category = Hybrid(parts=("popular", "content")).fit(seen, told)
    assert len(by_category.weights_) == 2
    assert by_category.weights_[1] > 0  # customers keep to a half of the goods, and their ids' first digit tells it
