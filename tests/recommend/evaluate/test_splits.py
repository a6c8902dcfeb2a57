"""Nothing that judges is learned from, and nothing is lost that should be kept."""

from datetime import UTC, datetime

import numpy as np
import pytest

from netlift.errors import ConfigError
from netlift.recommend.evaluate.splits import at_random, by_time, next_baskets
from netlift.recommend.interactions import Interactions
from tests.recommend.test_contract import shop
from tests.recommend.test_interactions import events

TENTH = datetime(2026, 5, 10, tzinfo=UTC)
TWENTIETH = datetime(2026, 5, 20, tzinfo=UTC)


def test_time_parts_what_is_learned_from_what_judges() -> None:
    seen = shop()
    learn, judge = by_time(seen, TENTH, TWENTIETH)
    assert learn.at.max() < TENTH.timestamp() * 1e6 <= judge.at.min()
    assert judge.at.max() < TWENTIETH.timestamp() * 1e6
    assert len(learn) + len(by_time(seen, TENTH).judge) == len(seen)
    with pytest.raises(ConfigError, match="ends before"):
        by_time(seen, TENTH, TENTH)
    with pytest.raises(ConfigError, match="no time zone"):
        by_time(seen, datetime(2026, 5, 1))  # noqa: DTZ001


def test_the_next_basket_is_all_that_was_bought_at_its_time_and_no_more() -> None:
    rows = [("ann", "tea", 1), ("ann", "cup", 12), ("ann", "pot", 12), ("ann", "jar", 13), ("bob", "tea", 2)]
    seen = Interactions.of(events(*((*row, 1.0) for row in rows), ("cat", "jar", 25, 1.0)))
    split = next_baskets(seen, TENTH, TWENTIETH)
    assert [seen.users.names_of([user])[0] for user in split.judged] == ["ann"]
    assert seen.items.names_of(split.judge.item.astype(np.int64)) == ["cup", "pot"]
    assert len(split.learn) == 2


def test_a_share_of_each_customer_is_drawn_at_random() -> None:
    seen = shop()
    learn, judge = at_random(seen, 0.25, seed=1)
    each = np.diff(seen.starts)
    assert np.diff(judge.starts).tolist() == np.rint(0.25 * each).astype(int).tolist()
    assert len(learn) + len(judge) == len(seen)
    both = sorted(zip([*learn.user, *judge.user], [*learn.item, *judge.item], strict=True))
    assert both == sorted(zip(seen.user, seen.item, strict=True))
    assert at_random(seen, 0.25, seed=1).judge.item.tolist() == judge.item.tolist()
    assert at_random(seen, 0.25, seed=2).judge.item.tolist() != judge.item.tolist()
    for share in (0.0, 1.0):
        with pytest.raises(ConfigError, match="share"):
            at_random(seen, share)
    assert len(at_random(Interactions.of(events())).judge) == 0
