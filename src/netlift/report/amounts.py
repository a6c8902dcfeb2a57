"""Numbers for people: money, intervals, rates and dates with no more digits than their uncertainty supports."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from netlift.evaluation.results import Assumption, Audit
from netlift.money import exponent
from netlift.report.words import Words, words
from netlift.types import Effect, Grade, Window

_FINE = 1e6
"""Plain numbers are rounded in millionths, as money is in minor units."""
MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"


class Shown(NamedTuple):
    """An effect in figures of the same precision; an infinite or missing end is an empty string."""

    estimate: str
    lower: str
    upper: str


@dataclass(frozen=True, slots=True)
class Amounts:
    """How numbers are written in one language, currency and time zone."""

    words: Words
    currency: str
    zone: tzinfo = UTC

    @property
    def unit(self) -> str:
        """The currency's name."""
        return self.words.currency(self.currency)

    def exact(self, minor: int, *, sign: bool = False) -> str:
        """Every decimal of an amount, without its currency: `-1,234.50`."""
        return _digits(minor, self._places(), 1.0, sign=sign)

    def brief(self, minor: float, *, sign: bool = False, beside: float = 0.0) -> str:
        """An amount as people read it: whole units from 100 on, all decimals below.

        Args:
            minor: the amount.
            sign: whether gains carry a plus.
            beside: the largest amount that stands beside it; one list has one precision.
        """
        large = minor == 0 or max(abs(minor), abs(beside)) >= 100 * self._major
        return _digits(minor, self._places(), float(self._major) if large else 1.0, sign=sign)

    def named(self, amount: str) -> str:
        """An amount with its currency."""
        return self.words.say("money", amount=amount, currency=self.unit)

    def money(self, effect: Effect, *, sign: bool = True) -> Shown:
        """An effect in money (minor units) to the digits that its interval supports, without the currency."""
        return _shown(_honest(effect), self._places(), step(effect), sign=sign)

    def ratio(self, effect: Effect, *, sign: bool = True) -> Shown:
        """An effect per coin, or any other plain number, to the digits that its interval supports."""
        fine = {end: _FINE * getattr(effect, end) for end in ("estimate", "lower", "upper")}
        return _shown(_honest(effect), 6, step(effect._replace(**fine)), sign=sign, scale=_FINE)

    def interval(self, effect: Effect, shown: Shown) -> str:
        """The interval in words with its level: `90% interval 8,200 to 16,500`."""
        ends = {"lower": shown.lower, "upper": shown.upper}
        if not shown.lower or not shown.upper:
            open_ended = "at_most" if shown.upper else "at_least"
            return f"{self.words.say('level_ahead', level=percent(effect.level))} {self.words.say(open_ended, **ends)}"
        return self.words.say("interval", level=percent(effect.level), **ends)

    def range(self, shown: Shown) -> str:
        """The interval without its level, for a column whose heading names it."""
        if not shown.lower or not shown.upper:
            return self.words.say("at_most" if shown.upper else "at_least", lower=shown.lower, upper=shown.upper)
        return self.words.say("range", lower=shown.lower, upper=shown.upper)

    def dates(self, window: Window) -> str:
        """First to last day of a window in the shop's time zone."""
        first = window.start.astimezone(self.zone)
        last = (window.end - timedelta(microseconds=1)).astimezone(self.zone)
        if first.date() == last.date():
            return self.day(first)
        if first.year != last.year:
            return f"{self.day(first)} {DASH} {self.day(last)}"
        form = "days_of_month" if first.month == last.month else "days_of_year"
        return self._calendar(form, first, last)

    def day(self, moment: datetime) -> str:
        """One day in the shop's time zone."""
        local = moment.astimezone(self.zone)
        return self._calendar("one_day", local, local)

    def compact(self, minor: float) -> str:
        """A short form for the ticks of an axis: `12k`, `1.2M`; in Chinese by ten thousands."""
        major = minor / self._major
        for size, mark in self.words.sizes():
            if abs(major) >= size:
                return _trimmed(major / size) + mark
        return _trimmed(major)

    def _calendar(self, form: str, first: datetime, last: datetime) -> str:
        months = self.words.months()
        return self.words.say(
            form, year=first.year, day=first.day, month=months[first.month - 1],
            last_day=last.day, last_month=months[last.month - 1],
        )  # fmt: skip

    def _places(self) -> int:
        return exponent(self.currency)

    @property
    def _major(self) -> int:
        return int(10 ** exponent(self.currency))


def amounts(audit: Audit, lang: str) -> Amounts:
    """How an audit's numbers are written in a language."""
    return Amounts(words(lang), audit.currency, zone(audit.assumptions))


def zone(assumptions: Iterable[Assumption]) -> tzinfo:
    """The shop's time zone where one is declared, else UTC."""
    for assumption in assumptions:
        if assumption.code == "timezone":
            try:
                return ZoneInfo(str(assumption.value))
            except (ZoneInfoNotFoundError, ValueError):
                break
    return UTC


def step(effect: Effect) -> float:
    """The place to round to: half the interval's width keeps two significant digits, never finer than one.

    >>> step(Effect(1_234_567, 820_000, 1_650_000, 0.9, 0, 1, 1, "", Grade.RANDOMIZED))
    10000.0
    """
    ends = [end for end in (effect.lower, effect.upper) if math.isfinite(end)]
    half = (ends[1] - ends[0]) / 2 if len(ends) == 2 else abs(ends[0]) if ends else abs(effect.estimate)
    if not (math.isfinite(half) and half > 0):
        return 1.0
    return float(max(1.0, 10.0 ** (math.floor(math.log10(half)) - 1)))


def percent(share: float, *, digits: int = 0) -> str:
    """A share as a percentage; empty for nan. Anything between 0 and 1 never reads 0% or 100% by rounding.

    >>> percent(0.9), percent(0.0004), percent(0.9996)
    ('90%', '<1%', '>99%')
    """
    if not math.isfinite(share):
        return ""
    least = 10.0**-digits / 100
    if 0 < share < least / 2:
        return f"<{least:.{digits}%}"
    if 1 - least / 2 < share < 1:
        return f">{1 - least:.{digits}%}"
    return f"{share:.{digits}%}".replace("-", MINUS)


def count(n: float) -> str:
    """A number of things.

    >>> count(12345)
    '12,345'
    """
    return f"{n:,.0f}".replace("-", MINUS)


def _honest(effect: Effect) -> Effect:
    """Where only limits are known, their middle is no best estimate and is not shown."""
    return effect._replace(estimate=math.nan) if effect.grade is Grade.BOUND else effect


def _shown(effect: Effect, places: int, unit: float, *, sign: bool, scale: float = 1.0) -> Shown:
    ends = (effect.estimate, effect.lower, effect.upper)
    return Shown(*(_digits(end * scale, places, unit, sign=sign) if math.isfinite(end) else "" for end in ends))


def _digits(minor: float, places: int, unit: float, *, sign: bool) -> str:
    """`minor` rounded to a multiple of `unit`, in major units with the decimals that `unit` leaves."""
    rounded = math.floor(abs(minor) / unit + 0.5) * unit
    decimals = max(0, places - round(math.log10(unit)))
    text = f"{rounded / 10**places:,.{decimals}f}"
    if rounded == 0:
        return text
    return (MINUS if minor < 0 else "+" if sign else "") + text


def _trimmed(value: float) -> str:
    return f"{value:,.3g}".replace("-", MINUS) if abs(value) < 1000 else count(value)
