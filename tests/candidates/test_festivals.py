"""Festivals fall on their days, and phases follow each other."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from netlift.candidates.festivals import CALENDAR, black_friday, easter, kept_where, phases
from netlift.errors import ConfigError
from netlift.types import Window


def test_what_the_calendar_holds() -> None:
    assert {"618", "double_11", "double_12", "lunar_new_year", "mid_autumn", "black_friday", "christmas",
            "easter"} <= set(CALENDAR)  # fmt: skip


@pytest.mark.parametrize(("year", "day"), [(2000, "04-23"), (2011, "04-24"), (2018, "04-01"), (2038, "04-25")])
def test_easter(year: int, day: str) -> None:
    """Dates from the tables of the churches; 2038 is the latest possible one, 2011 the day before it."""
    assert easter(year).isoformat() == f"{year}-{day}"


def test_easter_is_a_sunday_between_its_bounds() -> None:
    for year in range(1900, 2200):
        assert easter(year).weekday() == 6
        assert date(year, 3, 22) <= easter(year) <= date(year, 4, 25)


def test_black_friday_is_the_day_after_the_fourth_thursday() -> None:
    assert black_friday(2018).isoformat() == "2018-11-23"
    for year in range(2000, 2050):
        day = black_friday(year)
        assert day.weekday() == 4
        assert 22 <= (day - timedelta(days=1)).day <= 28


def test_moving_dates_keep_the_moon() -> None:
    """The 15th of the eighth month is 7 or, in a leap year, 8 months and 14 days after the first of the first."""
    for year in range(2015, 2036):
        new_year, autumn = CALENDAR["lunar_new_year"].day(year), CALENDAR["mid_autumn"].day(year)
        assert new_year is not None
        assert autumn is not None
        assert (autumn - new_year).days in {220, 221, 222, 249, 250, 251}
        assert date(year, 1, 21) <= new_year <= date(year, 2, 20)
        lunation = (new_year - date(2000, 1, 6)).days / 29.530588  # a new moon, and their mean distance
        assert abs(lunation - round(lunation)) < 0.06
    assert CALENDAR["lunar_new_year"].day(2036) is None


@pytest.mark.parametrize("name", sorted(CALENDAR))
def test_phases_follow_each_other_without_overlap(name: str) -> None:
    ends = [(phase.first, phase.end) for phase in CALENDAR[name].phases]
    assert all(first < end for first, end in ends)
    assert all(end <= later for (_, end), (later, _) in pairwise(ends))
    order = ["save_up", "warm_up", "burst", "encore"]
    names = [phase.name for phase in CALENDAR[name].phases]
    assert names == [phase for phase in order if phase in names]


def test_phases_are_cut_to_the_window_and_know_the_time_zone() -> None:
    window = Window(datetime(2024, 6, 16, 12, tzinfo=UTC), datetime(2024, 6, 19, tzinfo=UTC))
    warm, burst = phases(("618",), window, "Asia/Shanghai")
    assert warm.window == Window(window.start, datetime(2024, 6, 16, 16, tzinfo=UTC))
    assert burst.window == Window(datetime(2024, 6, 16, 16, tzinfo=UTC), window.end)


def test_new_year_is_seen_from_the_year_before() -> None:
    window = Window(datetime(2024, 12, 30, tzinfo=UTC), datetime(2025, 1, 3, tzinfo=UTC))
    assert [part.day.isoformat() for part in phases(("lunar_new_year",), window)] == ["2025-01-29"]


def test_festivals_go_with_the_currency() -> None:
    assert set(kept_where("CNY")) | set(kept_where("USD")) == set(CALENDAR)
    assert not set(kept_where("CNY")) & set(kept_where("USD"))


def test_unknown_names() -> None:
    window = Window(datetime(2024, 6, 1, tzinfo=UTC), datetime(2024, 6, 2, tzinfo=UTC))
    with pytest.raises(ConfigError, match="known: lunar_new_year"):
        phases(("double_13",), window)
    with pytest.raises(ConfigError, match="IANA"):
        phases(("618",), window, "Mars/Olympus")
