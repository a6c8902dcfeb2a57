"""Numbers: no digit that the interval does not support, the currency's own decimals, the shop's days."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netlift.evaluation.results import Assumption
from netlift.report.amounts import Amounts, Shown, count, percent, step, zone
from netlift.report.words import words
from netlift.types import Effect, Grade
from tests.report.examples import SHANGHAI, window


def effect(estimate: float, lower: float, upper: float) -> Effect:
    return Effect(estimate, lower, upper, 0.9, 1.0, 10, 10, "x", Grade.RANDOMIZED)


EUR, JPY, KWD = (Amounts(words("en"), code) for code in ("EUR", "JPY", "KWD"))


@pytest.mark.parametrize(
    ("ends", "shown"),
    [
        # half the width is 4,135.00: two digits of it are hundreds
        ((1_234_567, 820_000, 1_647_000), Shown("+12,300", "+8,200", "+16,500")),
        # half the width is 1.23: tenths
        ((150, 27, 273), Shown("+1.5", "+0.3", "+2.7")),
        # half the width is 0.05: cents are the finest there is
        ((12, 7, 17), Shown("+0.12", "+0.07", "+0.17")),
        ((-40_000, -140_000, 60_000), Shown("−400", "−1,400", "+600")),
        ((0, -9_000, 9_000), Shown("0", "−90", "+90")),
    ],
)
def test_an_effect_shows_the_digits_that_its_interval_supports(ends: tuple[float, float, float], shown: Shown) -> None:
    assert EUR.money(effect(*ends)) == shown


def test_yen_have_no_decimals_and_dinars_have_three() -> None:
    """ISO 4217: JPY has none, KWD three."""
    assert JPY.exact(-1234) == "−1,234"
    assert KWD.exact(1234, sign=True) == "+1.234"
    assert EUR.exact(123456) == "1,234.56"
    assert JPY.money(effect(4, 1, 7)) == Shown("+4", "+1", "+7")


def test_amounts_are_brief_from_a_hundred_on() -> None:
    assert EUR.brief(99_99) == "99.99"
    assert EUR.brief(100_49) == "100"
    assert EUR.brief(-1_234_567, sign=True) == "−12,346"


@given(st.floats(-1e12, 1e12), st.floats(1.0, 1e12))
def test_rounding_moves_nothing_by_more_than_a_twentieth_of_the_half_width(middle: float, half: float) -> None:
    """Two significant digits of the half-width: half a unit of the second digit is at most 5 %."""
    given_step = step(effect(middle, middle - half, middle + half))
    assert given_step <= max(1.0, half / 10 * 1.0000001)
    assert abs(round(middle / given_step) * given_step - middle) <= max(0.5, 0.0500001 * half)


def test_the_middle_of_two_limits_is_no_best_estimate() -> None:
    """Whatever an audit stores there, only the limits are shown."""
    limits = effect(100_00, -500_00, 700_00)._replace(grade=Grade.BOUND)
    assert EUR.money(limits) == Shown("", "−500", "+700")
    assert EUR.ratio(limits).estimate == ""


def test_one_open_end_is_said_in_words() -> None:
    """A limit without its other end is `at most` or `at least`."""
    upper = effect(math.nan, -math.inf, 480_000)
    shown = EUR.money(upper)
    assert shown == Shown("", "", "+4,800")
    assert EUR.interval(upper, shown) == "90% interval at most +4,800"
    assert EUR.range(shown) == "at most +4,800"
    assert EUR.range(EUR.money(effect(math.nan, 5, math.inf))) == "at least +0.05"


def test_an_interval_comes_with_its_level() -> None:
    one = effect(1_234_567, 820_000, 1_650_000)
    assert EUR.interval(one, EUR.money(one)) == "90% interval +8,200 to +16,500"
    chinese = Amounts(words("zh"), "CNY")
    assert chinese.interval(one, chinese.money(one)) == "90% 区间 +8,200 至 +16,500"
    assert chinese.named("5") == "5 元"


def test_ratios_keep_two_digits_of_the_half_width() -> None:
    assert EUR.ratio(effect(0.4231, 0.114, 0.732)) == Shown("+0.42", "+0.11", "+0.73")


@pytest.mark.parametrize(
    ("share", "text"), [(0.9, "90%"), (0.004, "<1%"), (0.997, ">99%"), (0.0, "0%"), (1.0, "100%"), (math.nan, "")]
)
def test_a_share_never_rounds_to_none_or_all(share: float, text: str) -> None:
    assert percent(share) == text


def test_counts_are_grouped() -> None:
    assert count(1234567) == "1,234,567"


@pytest.mark.parametrize(
    ("start", "days", "english", "chinese"),
    [
        ("2024-11-11", 1, "11 Nov 2024", "2024年11月11日"),
        ("2024-11-01", 11, "1–11 Nov 2024", "2024年11月1–11日"),
        ("2024-03-30", 5, "30 Mar – 3 Apr 2024", "2024年3月30日 – 4月3日"),
        ("2024-12-30", 5, "30 Dec 2024 – 3 Jan 2025", "2024年12月30日 – 2025年1月3日"),
    ],
)
def test_dates_are_the_shops_days(start: str, days: int, english: str, chinese: str) -> None:
    """The end of a window is open, and a day in Shanghai begins at 16:00 UTC the day before."""
    here = zone([Assumption("timezone", SHANGHAI, given=True)])
    span = window(start, days, SHANGHAI)
    assert Amounts(words("en"), "CNY", here).dates(span) == english
    assert Amounts(words("zh"), "CNY", here).dates(span) == chinese


def test_an_unknown_time_zone_falls_back_to_utc() -> None:
    assert str(zone([Assumption("timezone", "Mars/Olympus", given=True)])) == "UTC"


def test_axis_ticks_are_short() -> None:
    assert EUR.compact(1_200_000) == "12k"
    assert EUR.compact(-150_000_000) == "−1.5M"
    assert Amounts(words("zh"), "CNY").compact(1_200_000) == "1.2万"
    assert JPY.compact(0) == "0"
