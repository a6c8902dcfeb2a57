"""The small values: evidence grades, effects, windows."""

import math
from datetime import UTC, datetime, timedelta

import pytest

from netlift.errors import ConfigError
from netlift.types import Effect, Grade, Window

MONDAY = datetime(2024, 1, 1, tzinfo=UTC)


def effect(estimate: float, se: float, lower: float = 0.0, upper: float = 0.0) -> Effect:
    return Effect(estimate, lower, upper, 0.9, se, 100, 100, "welch", Grade.RANDOMIZED)


def test_a_failed_check_lowers_the_grade_by_one_and_at_most_to_weak() -> None:
    assert Grade.RANDOMIZED.lowered() is Grade.QUASI
    assert Grade.OBSERVATIONAL.lowered() is Grade.WEAK
    assert [grade.lowered() for grade in (Grade.WEAK, Grade.BOUND, Grade.ASSUMED)] == [
        Grade.WEAK,
        Grade.BOUND,
        Grade.ASSUMED,
    ]
    assert [grade.rank for grade in Grade] == list(range(len(Grade)))


@pytest.mark.parametrize(
    ("estimate", "se", "probability"),
    [(0, 1, 0.5), (1.6449, 1, 0.95), (-1.2816, 1, 0.10), (25.758, 10, 0.995)],  # quantiles of the standard normal
)
def test_the_probability_of_a_gain_follows_the_normal(estimate: float, se: float, probability: float) -> None:
    assert effect(estimate, se).p_positive == pytest.approx(probability, abs=1e-4)


@pytest.mark.parametrize("se", [0.0, math.nan])
def test_without_a_standard_error_there_is_no_probability(se: float) -> None:
    assert math.isnan(effect(1, se).p_positive)


@pytest.mark.parametrize(("lower", "upper", "excludes"), [(1, 2, True), (-2, -1, True), (-1, 1, False), (0, 1, False)])
def test_an_interval_excludes_zero_only_from_one_side(lower: float, upper: float, excludes: bool) -> None:
    assert effect(0, 1, lower, upper).excludes_zero is excludes


def test_a_window_holds_its_start_but_not_its_end() -> None:
    week = Window(MONDAY, MONDAY + timedelta(days=7))
    assert week.days == 7
    assert not week.overlaps(week.shifted(7))
    assert week.overlaps(week.shifted(6.99))
    assert week.shifted(-7).end == MONDAY


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        (MONDAY.replace(tzinfo=None), MONDAY, "needs time zones"),
        (MONDAY, MONDAY, "must end after it starts"),
    ],
)
def test_an_impossible_window_is_refused(start: datetime, end: datetime, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Window(start, end)
