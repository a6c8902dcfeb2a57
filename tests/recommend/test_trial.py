"""Several recommenders on one shop: who is chosen, by what, and what happens to those that cannot run."""

import pytest

from netlift.errors import ConfigError, DataError
from netlift.recommend import trial as trials
from netlift.recommend.evaluate.splits import by_time
from netlift.recommend.interactions import Interactions
from netlift.recommend.recommender import RECOMMENDERS
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


def test_too_little_is_refused() -> None:
    with pytest.raises(DataError, match="nothing happened"):
        trial(Interactions.of(events()))
    with pytest.raises(DataError, match="too close together"):
        trial(Interactions.of(events(*((f"u{who}", "tea", 3, 1.0) for who in range(9)))))
    with pytest.raises(ConfigError, match="unknown Recommender"):
        trial(shop(), kinds=["best"])
