"""Several recommenders on one shop: who is chosen, by what, and what happens to those that cannot run."""

import pytest

from netlift.errors import ConfigError, DataError
from netlift.recommend import trial as trials
from netlift.recommend.evaluate.splits import by_time, only
from netlift.recommend.interactions import Interactions
from netlift.recommend.recommender import RECOMMENDERS, Recommender
from netlift.recommend.trial import trial
from tests.recommend.test_contract import shop
from tests.recommend.test_interactions import events


def test_the_best_of_the_validation_period_is_chosen() -> None:
    """Two tastes: who is alike tells more than what is popular."""
    told: list[tuple[str, int, int]] = []
    seen = shop(users=200)
    found = trial(seen, kinds=["popular", "user_knn"], on_progress=lambda *now: told.append(now))
    assert found.chosen == "user_knn"
    assert told == [("popular", 0, 2), ("user_knn", 1, 2)]
    figures = {one.kind: one.validation for one in found.tried}
    assert (figures["user_knn"] or 0) > (figures["popular"] or 0) > 0
    assert found.validation_from < found.test_from
    assert found.customers == len(by_time(seen, found.test_from).judged)
    assert 0.05 < len(seen.since(found.test_from)) / len(seen) < 0.2


def test_a_recommender_that_cannot_run_is_left_out_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(RECOMMENDERS["popular"]):  # type: ignore[misc]
        def _fit(self) -> None:
            raise ConfigError("too many goods")

    monkeypatch.setattr(trials, "RECOMMENDERS", {"popular": RECOMMENDERS["popular"], "broken": Broken})
    found = trial(shop())
    assert found.chosen == "popular"
    assert found.tried[0] == ("broken", None, None, "too many goods")
    with pytest.raises(ConfigError, match="too many goods"):
        trial(shop(), kinds=["broken"])
    monkeypatch.setattr(trials, "RECOMMENDERS", {"broken": Broken})
    with pytest.raises(ConfigError, match="no recommender could be tried: too many goods"):
        trial(shop())


def test_what_was_looked_at_may_be_found_and_purchases_alone_teach_who_needs_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Everybody looks at the same cup each day and buys it at last."""
    looked = [(f"u{who}", "cup", day, 0.1) for who in range(10) for day in range(1, 9)]
    bought = [(f"u{who}", "cup", day, 1.0) for who in range(10) for day in (9, 10)]
    early = [(f"u{who}", "tea", 1, 1.0) for who in range(10)]
    seen = Interactions.of(events(*looked, *bought, *early))
    had = only(seen, seen.weight == 1)
    without, found = (trial(seen, kinds=["popular"], k=1, had=one).tried[0] for one in (None, had))
    assert (without.validation, found.validation) == (0.0, 1.0)
    taught: list[Interactions] = []
    fitted = RECOMMENDERS["next_basket"]._fit

    def fit(self: Recommender) -> None:
        taught.append(self.seen_)
        fitted(self)

    monkeypatch.setattr(RECOMMENDERS["next_basket"], "_fit", fit)
    trial(seen, kinds=["next_basket"], had=had)
    assert len(taught) == 2
    assert all(len(one) and (one.weight == 1).all() for one in taught)
    assert max(one.at.max() for one in taught) < had.at.max()


def test_too_little_is_refused() -> None:
    with pytest.raises(DataError, match="nothing happened"):
        trial(Interactions.of(events()))
    with pytest.raises(DataError, match="too close together"):
        trial(Interactions.of(events(*((f"u{who}", "tea", 3, 1.0) for who in range(9)))))
    with pytest.raises(ConfigError, match="unknown Recommender"):
        trial(shop(), kinds=["best"])
