"""The search finds what is better, keeps what it was given if nothing is, and repeats itself."""

import pytest

from netlift.errors import ConfigError
from netlift.recommend.evaluate.splits import next_baskets
from netlift.recommend.evaluate.tuning import Range, tune
from netlift.recommend.interactions import Interactions
from netlift.recommend.models.repeat import Repeat
from tests.recommend.evaluate.test_splits import TWENTIETH
from tests.recommend.test_interactions import events

pytest.importorskip("optuna", reason="needs the extra netlift[tune]")


def habits() -> Interactions:
    """Each customer drops one good and takes another up on the 14th."""
    rows = [
        (f"u{user:02}", f"i{(user if day < 14 else user + 5) % 12:02}", day, 1.0)
        for user in range(30)
        for day in range(1, 25)
    ]
    return Interactions.of(events(*rows))


def test_better_settings_are_found_and_found_again() -> None:
    split = next_baskets(habits(), TWENTIETH)
    start = Repeat(half_life_days=None, prior=0.0)
    space = {"half_life_days": Range(1.0, 300.0, log=True), "prior": [0.0, 1.0]}
    found = tune(start, space, split, 1, trials=8, bought="allow", seed=3)
    assert found.started == 0.0
    assert found.figure == 1.0
    assert found.model.half_life_days is not None  # type: ignore[attr-defined]
    assert not hasattr(found.model, "seen_")
    assert found.tried[0][1] == found.started
    assert len(found.tried) == 8
    assert tune(start, space, split, 1, trials=8, bought="allow", seed=3).tried == found.tried


def test_what_was_given_stays_where_nothing_is_better() -> None:
    split = next_baskets(habits(), TWENTIETH)
    start = Repeat(half_life_days=2.0)
    found = tune(start, {"prior": Range(0, 3)}, split, 1, trials=3, bought="allow")
    assert found.model == start
    assert tune(start, {"prior": [5.0]}, split, 1, trials=1, bought="allow").tried == (({}, found.started),)


@pytest.mark.parametrize(
    ("space", "trials"),
    [
        ({}, 3),
        ({"prior": [1.0]}, 0),
        ({"luck": [1.0]}, 3),
        ({"prior": []}, 3),
        ({"prior": Range(2.0, 1.0)}, 3),
        ({"prior": Range(0.0, 1.0, log=True)}, 3),
    ],
)
def test_a_search_that_cannot_be_made_is_refused(space: dict[str, object], trials: int) -> None:
    with pytest.raises(ConfigError):
        tune(Repeat(), space, next_baskets(habits(), TWENTIETH), trials=trials)  # type: ignore[arg-type]
