"""When a promotion runs: dates, weekdays and hours in its own time zone, also over midnight and clock changes."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netlift.promotions import Benefit, Cart, Engine, Facts, Hours, Line, Percent, Promotion, Window

moments = st.integers(0, 365 * 24 * 3600).map(
    lambda seconds: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
CART = Cart("EUR", (Line("a", 1000, 1),))
TENTH = Promotion("p", (Benefit(Percent(Decimal(10))),))


def verdict(window: Window, now: str | datetime | None) -> str:
    """The reason of a refusal; empty where the promotion runs."""
    moment = datetime.fromisoformat(now) if isinstance(now, str) else now
    quote = Engine([replace(TENTH, window=window)]).quote(CART, Facts(now=moment))
    return "" if quote.applied else quote.refusals["p"].value


EVENT = Window(start=datetime(2026, 11, 11, tzinfo=UTC), end=datetime(2026, 11, 12, tzinfo=UTC))
SHANGHAI = Window(time_zone="Asia/Shanghai", weekdays=(6, 7))
NIGHT = Window(hours=(Hours(time(22), time(2)),), weekdays=(5,))  # Friday night
LUNCH = Window(hours=(Hours(time(11), time(13)), Hours(time(17), time(17, 30))))
BERLIN = Window(time_zone="Europe/Berlin", hours=(Hours(time(2), time(3)),))


@pytest.mark.parametrize(
    ("window", "now", "reason"),
    [
        (EVENT, "2026-11-10T23:59:59+00:00", "not_started"),
        (EVENT, "2026-11-11T00:00:00+00:00", ""),
        (EVENT, "2026-11-11T23:59:59+00:00", ""),
        (EVENT, "2026-11-12T00:00:00+00:00", "ended"),
        (EVENT, "2026-11-12T07:59:00+08:00", ""),  # the same moment as 23:59 UTC
        (EVENT, "2026-11-12T08:00:00+08:00", "ended"),
        (EVENT, None, "fact_unknown"),
        (SHANGHAI, "2026-11-13T15:59:00+00:00", "outside_hours"),  # Friday 23:59 there
        (SHANGHAI, "2026-11-13T16:00:00+00:00", ""),  # Saturday there, Friday here
        (SHANGHAI, "2026-11-15T16:00:00+00:00", "outside_hours"),  # Monday there
        (NIGHT, "2026-11-13T21:59:00+00:00", "outside_hours"),
        (NIGHT, "2026-11-13T22:00:00+00:00", ""),
        (NIGHT, "2026-11-14T01:59:00+00:00", ""),  # Saturday, but the night began on Friday
        (NIGHT, "2026-11-14T02:00:00+00:00", "outside_hours"),
        (NIGHT, "2026-11-13T01:00:00+00:00", "outside_hours"),  # the night of Thursday
        (NIGHT, "2026-11-14T22:00:00+00:00", "outside_hours"),
        (LUNCH, "2026-11-13T11:00:00+00:00", ""),
        (LUNCH, "2026-11-13T13:00:00+00:00", "outside_hours"),
        (LUNCH, "2026-11-13T17:15:00+00:00", ""),
        (Window(days_of_month=(1, 15, 31)), "2026-11-15T12:00:00+00:00", ""),
        (Window(days_of_month=(1, 15, 31)), "2026-11-16T12:00:00+00:00", "outside_hours"),
        (Window(dates=(date(2026, 11, 11), date(2026, 12, 12))), "2026-12-12T00:00:00+00:00", ""),
        (Window(dates=(date(2026, 11, 11),)), "2026-11-12T00:00:00+00:00", "outside_hours"),
        (Window(dates=(date(2026, 11, 11),), time_zone="Asia/Shanghai"), "2026-11-10T16:00:00+00:00", ""),
        # 25 October 2026: 02:30 happens twice in Berlin; 29 March 2026: never
        (BERLIN, "2026-10-25T00:30:00+00:00", ""),
        (BERLIN, "2026-10-25T01:30:00+00:00", ""),
        (BERLIN, "2026-10-25T02:00:00+00:00", "outside_hours"),
        (BERLIN, "2026-03-29T00:59:00+00:00", "outside_hours"),
        (BERLIN, "2026-03-29T01:00:00+00:00", "outside_hours"),
    ],
)
def test_windows(window: Window, now: str | None, reason: str) -> None:
    assert verdict(window, now) == reason


def test_a_promotion_without_a_window_needs_no_clock() -> None:
    assert verdict(Window(), None) == ""
    assert verdict(Window(time_zone="Asia/Shanghai"), None) == ""


@given(
    moments,
    st.sampled_from(("UTC", "Asia/Shanghai", "Europe/Berlin", "America/New_York")),
    st.sampled_from(("UTC", "Asia/Tokyo")),
    st.times(),
    st.times(),
)
def test_the_hours_of_a_day_and_the_other_hours_make_up_the_day(
    moment: datetime, zone: str, asked_in: str, start: time, end: time
) -> None:
    """From start to end, or from end to start: at every moment exactly one of them runs."""
    if start == end:
        return
    now = moment.astimezone(ZoneInfo(asked_in))
    inside = verdict(Window(time_zone=zone, hours=(Hours(start, end),)), now) == ""
    outside = verdict(Window(time_zone=zone, hours=(Hours(end, start),)), now) == ""
    assert inside != outside
    local = now.astimezone(ZoneInfo(zone)).time()
    assert inside == (start <= local < end if start < end else local >= start or local < end)


@given(moments, st.integers(-100_000, 100_000))
def test_a_window_is_its_start_and_not_its_end_in_any_time_zone(moment: datetime, minutes: int) -> None:
    now = moment
    window = Window(start=now + timedelta(minutes=minutes), end=now + timedelta(minutes=minutes + 60))
    expected = "not_started" if minutes > 0 else "ended" if minutes <= -60 else ""
    assert verdict(window, now) == expected
    assert verdict(window, now.astimezone(ZoneInfo("Asia/Kathmandu"))) == expected
