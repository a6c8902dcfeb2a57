"""Who is due, what comes alone, and what happens where nothing is bought again."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from netlift.errors import ConfigError
from netlift.recommend.evaluate.comparing import compare
from netlift.recommend.evaluate.judging import judge
from netlift.recommend.evaluate.splits import Split, next_baskets
from netlift.recommend.habits import SIGNS
from netlift.recommend.ids import Ids
from netlift.recommend.interactions import Interactions
from netlift.recommend.models.next_basket import NextBasket
from netlift.recommend.models.repeat import Repeat
from netlift.recommend.rules import Rules
from tests.recommend.test_contract import shop

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
SMALL: dict[str, Any] = {"trees": 60, "had": 30, "popular": 10, "moments": 5, "every_days": 7.0}
PLAIN: dict[str, Any] = {"half_life_days": None, "popular_half_life_days": None, "prior": 0.0}


def told(rows: list[tuple[int, int, int]]) -> Interactions:
    """Of customer, product and day."""
    who, what, day = zip(*rows, strict=True)
    at = pa.array([BEGIN + timedelta(days=one) for one in day], pa.timestamp("us", tz="UTC"))
    names = {"customer_id": [f"u{one:03}" for one in who], "product_id": [f"i{one:03}" for one in what]}
    return Interactions.of(pa.table(names | {"at": at}))


def regular(customers: int = 120, days: int = 80) -> Interactions:
    """Each of everybody's eight products is bought once in its own number of days, from 3 to 9."""
    rng = np.random.default_rng(5)
    rows = []
    for user in range(customers):
        mine = rng.choice(40, 8, replace=False)
        every = rng.integers(3, 10, 8)
        begin = rng.integers(0, every)
        rows += [
            (user, int(item), day) for item, gap, first in zip(mine, every, begin, strict=True)
            for day in range(first, days, gap)
        ]  # fmt: skip
    return told(rows)


@pytest.fixture(scope="module")
def world() -> Split:
    return next_baskets(regular(), BEGIN + timedelta(days=75))


@pytest.fixture(scope="module")
def fitted(world: Split) -> NextBasket:
    return NextBasket(**SMALL).fit(world.learn)


def test_who_is_due_is_found_where_counts_cannot_tell(world: Split, fitted: NextBasket) -> None:
    models = (fitted, Repeat(**PLAIN).fit(world.learn), Repeat(half_life_days=3.0).fit(world.learn))
    recall = [judge(model, world, 3, bought="allow").recall for model in models]
    assert recall[0].mean() > 0.8
    for other in recall[1:]:
        assert compare(recall[0], other).lower > 0.25


def test_what_small_baskets_hold_comes_first() -> None:
    """Three of five baskets hold ten products of ten; the others hold one of two, which are bought less often."""
    rng = np.random.default_rng(8)
    rows = []
    for user in range(150):
        large, alone = np.arange(10) + 10 * (user % 3), 30 + user % 5
        for day in range(0, 90, 2):
            rows += [(user, int(item), day) for item in (large if rng.random() < 0.6 else [alone])]
    split = next_baskets(told(rows), BEGIN + timedelta(days=84))
    models = (NextBasket(**SMALL).fit(split.learn), Repeat(**PLAIN).fit(split.learn))
    recall = [judge(model, split, 2, bought="allow").recall for model in models]
    assert compare(recall[0], recall[1]).lower > 0.1


def test_lessons_end_before_what_is_asked_and_nothing_later_is_known(fitted: NextBasket) -> None:
    moments = fitted._moments()
    assert len(moments) == 5
    assert all(begin < until <= fitted.now_ for begin, until in moments)
    begin, until = moments[2]
    early = NextBasket(**SMALL)
    early.seen_ = fitted.seen_._only(fitted.seen_.at < until)
    for ours, theirs in zip(fitted._lesson(begin, until), early._lesson(begin, until), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_lesson_is_the_first_basket_and_all_baskets_weigh_the_same() -> None:
    seen = told([(0, 1, 1), (0, 2, 5), (0, 1, 12), (0, 3, 12), (0, 2, 13), (1, 2, 3), (1, 2, 30), (2, 1, 11)])
    model = NextBasket(popular=4)
    model.seen_ = seen
    X, right, weight = model._lesson(*(round((BEGIN + timedelta(days=day)).timestamp() * 1e6) for day in (10, 20)))
    # only the first customer had something before and came within these days; product 3 is not known yet
    assert right.tolist() == [1, 0]
    assert weight.tolist() == [0.5, 0.5]
    assert X[:, SIGNS.index("since")].tolist() == [9.0, 5.0]


def test_all_else_comes_behind_in_the_order_of_repeat(world: Split) -> None:
    model = NextBasket(**SMALL | {"had": 3, "popular": 2}).fit(world.learn)
    assert model.trees_ is not None
    users = np.arange(len(world.learn.users))
    scores, plain = model._score(users), Repeat().fit(world.learn)._score(users)
    assert np.isfinite(scores).all()
    for mine, theirs in zip(scores, plain, strict=True):
        asked = np.argsort(-mine, kind="stable")[:5]
        rest = np.setdiff1d(np.arange(len(mine)), asked)
        order = theirs[rest]
        assert (np.diff(mine[rest][np.argsort(-order, kind="stable")]) <= 0).all()
    np.testing.assert_array_equal(model._score(users[7:9]), scores[7:9])


def test_the_same_bytes_from_any_number_of_threads(world: Split, fitted: NextBasket) -> None:
    class Crowded(NextBasket):
        def _threads(self, rows: int) -> int:
            del rows
            return self.threads

    users = np.arange(len(world.learn.users))
    one, two = (Crowded(**SMALL, threads=threads).fit(world.learn)._score(users).tobytes() for threads in (1, 2))
    assert one == two == fitted._score(users).tobytes()


def test_lists_say_what_is_due(world: Split, fitted: NextBasket) -> None:
    seen = world.learn
    rows = fitted.recommend([f"u{user:03}" for user in range(8)], 40, Rules(bought="allow")).to_pylist()
    for row in rows:
        mine = seen.user == int(row["customer_id"][1:])
        came = np.unique(seen.at[mine]) / 86_400e6
        item = seen.items.positions([row["product_id"]])[0]
        days = seen.at[mine & (seen.item == item)] / 86_400e6
        if not len(days):
            assert row["reasons"] == ["popular"]
            continue
        soon = fitted.now_ / 86_400e6 + np.diff(came).mean()
        late = len(days) > 1 and soon - days.max() >= np.diff(days).mean()
        assert row["reasons"] == (["bought_again", "due"] if late else ["bought_again"])
    told = {tuple(row["reasons"]) for row in rows}
    assert told == {("bought_again", "due"), ("bought_again",), ("popular",)}


def test_repeat_answers_where_nothing_is_bought_again() -> None:
    few = shop()
    model = NextBasket(least=10_000).fit(few)
    assert model.trees_ is None
    users = np.arange(len(few.users))
    np.testing.assert_array_equal(model._score(users), Repeat().fit(few)._score(users))


def test_who_has_no_basket_is_scored_as_repeat_scores(world: Split) -> None:
    seen = world.learn
    known = Interactions(
        seen.users.with_also(Ids(["visitor"])), seen.items, seen.user, seen.item, seen.at, seen.weight
    )  # fmt: skip
    model = NextBasket(**SMALL).fit(known)
    visitor = np.array([len(seen.users)])
    np.testing.assert_array_equal(model._score(visitor), Repeat().fit(known)._score(visitor))


def test_settings_out_of_range_are_refused() -> None:
    wrong: list[dict[str, Any]] = [
        {"moments": 0}, {"customers": 0}, {"had": 0}, {"popular": 0}, {"trees": 0}, {"threads": 0}, {"leaves": 1},
        {"least": 0}, {"every_days": 0.0}, {"every_days": float("nan")}, {"rate": 0.0}, {"rate": 1.5},
    ]  # fmt: skip
    for settings in wrong:
        with pytest.raises(ConfigError, match="next_basket"):
            NextBasket(**settings).fit(shop())
