"""The calendar: festivals with fixed and moving dates, and the phases of a mega-sale around them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from typing import NamedTuple
from zoneinfo import ZoneInfo

from netlift.errors import ConfigError
from netlift.promotions.form import Words
from netlift.types import Window

_LUNAR_NEW_YEAR = (
    "2015-02-19 2016-02-08 2017-01-28 2018-02-16 2019-02-05 2020-01-25 2021-02-12 2022-02-01 2023-01-22 2024-02-10 "
    "2025-01-29 2026-02-17 2027-02-06 2028-01-26 2029-02-13 2030-02-03 2031-01-23 2032-02-11 2033-01-31 2034-02-19 "
    "2035-02-08"
)
_MID_AUTUMN = (
    "2015-09-27 2016-09-15 2017-10-04 2018-09-24 2019-09-13 2020-10-01 2021-09-21 2022-09-10 2023-09-29 2024-09-17 "
    "2025-10-06 2026-09-25 2027-09-15 2028-10-03 2029-09-22 2030-09-12 2031-10-01 2032-09-19 2033-09-08 2034-09-27 "
    "2035-09-16"
)
CHINESE = frozenset({"CNY", "HKD", "MOP", "TWD", "SGD"})
"""Currencies of shops that keep the Chinese calendar."""


class Phase(NamedTuple):
    """A part of a mega-sale, in whole days around the festival."""

    name: str
    """save_up, warm_up, burst or encore, as in `Candidate.phase`."""
    first: int
    """Days after the festival's day (negative: before) on which it begins."""
    end: int
    """First day after it."""


@dataclass(frozen=True, slots=True)
class Festival:
    """A day of the year on which people buy."""

    name: str
    title: Words
    day: Callable[[int], date | None]
    """Its date in a year; None where the table does not reach."""
    phases: tuple[Phase, ...]
    chinese: bool
    """Kept where the Chinese calendar is; else everywhere."""


class Part(NamedTuple):
    """A phase of a festival in a certain year."""

    festival: Festival
    day: date
    phase: Phase
    window: Window


_MEGA = (Phase("save_up", -21, -7), Phase("warm_up", -7, -1), Phase("burst", -1, 2), Phase("encore", 2, 5))
_SHORT = (Phase("warm_up", -7, -1), Phase("burst", -1, 1), Phase("encore", 1, 4))
_GIFTS = (Phase("save_up", -28, -14), Phase("warm_up", -14, -4), Phase("burst", -4, 0), Phase("encore", 1, 7))
"""Feasts for which presents are bought ahead; what is left is sold after them."""


def _fixed(month: int, day: int) -> Callable[[int], date | None]:
    return lambda year: date(year, month, day)


def _listed(dates: str) -> Callable[[int], date | None]:
    by_year = {day.year: day for day in map(date.fromisoformat, dates.split())}
    return by_year.get


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (anonymous algorithm, Nature 13, 1876, p. 487).

    >>> easter(2024).isoformat(), easter(2025).isoformat()
    ('2024-03-31', '2025-04-20')
    """
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (b - (b + 8) // 25 + 1) // 3
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


def black_friday(year: int) -> date:
    """The day after the fourth Thursday of November.

    >>> black_friday(2024).isoformat()
    '2024-11-29'
    """
    first = date(year, 11, 1)
    return first + timedelta(days=(3 - first.weekday()) % 7 + 22)


def _festival(
    name: str, titles: tuple[str, str], day: Callable[[int], date | None], phases: tuple[Phase, ...], chinese: bool
) -> tuple[str, Festival]:
    return name, Festival(name, Words(*titles), day, phases, chinese)


CALENDAR: Mapping[str, Festival] = MappingProxyType(
    dict(
        (
            _festival("lunar_new_year", ("Lunar New Year", "春节"), _listed(_LUNAR_NEW_YEAR), _GIFTS, True),
            _festival("womens_day", ("Women's Day", "三八女王节"), _fixed(3, 8), _SHORT, True),
            _festival("618", ("618", "618"), _fixed(6, 18), _MEGA, True),
            _festival("mid_autumn", ("Mid-Autumn Festival", "中秋节"), _listed(_MID_AUTUMN), _SHORT, True),
            _festival("double_11", ("Double 11", "双十一"), _fixed(11, 11), _MEGA, True),
            _festival("double_12", ("Double 12", "双十二"), _fixed(12, 12), _MEGA, True),
            _festival("valentines_day", ("Valentine's Day", "情人节"), _fixed(2, 14), _SHORT, False),
            _festival("easter", ("Easter", "复活节"), easter, _SHORT, False),
            _festival("black_friday", ("Black Friday", "黑色星期五"), black_friday, _MEGA, False),
            _festival("christmas", ("Christmas", "圣诞节"), _fixed(12, 25), _GIFTS, False),
        )
    )
)
"""Festivals by name."""


def kept_where(currency: str) -> tuple[str, ...]:
    """Names of the festivals that are usual where a currency is used.

    >>> "double_11" in kept_where("CNY"), "double_11" in kept_where("EUR"), "christmas" in kept_where("EUR")
    (True, False, True)
    """
    chinese = currency.upper() in CHINESE
    return tuple(name for name, festival in CALENDAR.items() if festival.chinese == chinese)


def phases(names: tuple[str, ...], window: Window, time_zone: str = "UTC") -> tuple[Part, ...]:
    """The phases of these festivals that share time with a window, cut to it, in the order of their start.

    Raises:
        ConfigError: there is no such festival or time zone.

    >>> november = Window(datetime(2024, 11, 8, tzinfo=UTC), datetime(2024, 11, 15, tzinfo=UTC))
    >>> [(part.phase.name, part.window.days) for part in phases(("double_11",), november)]
    [('warm_up', 2.0), ('burst', 3.0), ('encore', 2.0)]
    """
    zone = _zone(time_zone)
    found = []
    for name in names:
        if name not in CALENDAR:
            raise ConfigError(f"unknown festival {name!r}; known: {', '.join(CALENDAR)}")
        festival = CALENDAR[name]
        for year in range(window.start.year - 1, window.end.year + 2):
            day = festival.day(year)
            found += [] if day is None else _cut(festival, day, window, zone)
    return tuple(sorted(found, key=lambda part: (part.window.start, part.festival.name)))


def _cut(festival: Festival, day: date, window: Window, zone: ZoneInfo) -> list[Part]:
    found = []
    for phase in festival.phases:
        start, end = (_midnight(day + timedelta(days=d), zone) for d in (phase.first, phase.end))
        start, end = max(start, window.start), min(end, window.end)
        if start < end:
            found.append(Part(festival, day, phase, Window(start, end)))
    return found


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError) as error:
        raise ConfigError(f"unknown time zone {name!r}: give an IANA name such as Asia/Shanghai") from error
