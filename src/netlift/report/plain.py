"""What reports of plain tables share: numbers without a currency, lines of checks, one page per language."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from netlift.report import sentences
from netlift.report.amounts import Amounts, Shown, percent
from netlift.report.canvas import Drawing
from netlift.report.cells import Cell
from netlift.report.html import render, write_text
from netlift.report.words import LANGS, Words, language, words
from netlift.types import Effect, Grade, Verdict

VERDICTS = {"beats": Verdict.KEEP, "is_beaten_by": Verdict.STOP, "not_shown_to_beat": Verdict.TEST}
"""Colour and shape of a comparison's outcome."""


@dataclass(frozen=True, slots=True)
class Scaled:
    """How an outcome's numbers are written: as they are, or as percentages where each unit is 0 or 1."""

    write: Amounts
    share: bool

    @property
    def factor(self) -> float:
        """100 for percentages."""
        return 100.0 if self.share else 1.0

    def change(self, estimate: float, lower: float, upper: float, level: float) -> tuple[str, str]:
        """A difference and its interval, in percentage points where the outcome is a share."""
        effect = plain_effect(estimate, lower, upper, level, factor=self.factor)
        shown = self.write.ratio(effect)
        unit = self.write.words.say("points", n=shown.estimate) if self.share else shown.estimate
        return unit, self.write.interval(effect, shown)

    def relative(self, estimate: float, lower: float, upper: float, level: float) -> tuple[str, str]:
        """A relative change and its interval in percent; empty where the base is too close to zero."""
        if not math.isfinite(estimate + lower + upper):
            return "", ""
        effect = plain_effect(estimate, lower, upper, level, factor=100.0)
        shown = Shown(*(f"{figure}%" for figure in self.write.ratio(effect)))
        return shown.estimate, self.write.interval(effect, shown)

    def base(self, value: float, lower: float, upper: float) -> str:
        """A mean with the precision of the interval of the difference from it."""
        half = (upper - lower) / 2
        effect = plain_effect(value, value - half, value + half, 0.9, factor=self.factor)
        shown = self.write.ratio(effect, sign=False).estimate
        return f"{shown}%" if self.share else shown


@dataclass(frozen=True, slots=True)
class Section:
    """One outcome: a figure, a table, and its checks."""

    heading: str
    note: str
    svg: tuple[str, str]
    """For wide and for narrow screens; empty: no figure."""
    columns: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    chips: tuple[tuple[str, str], ...]
    """Colour and text of each row's verdict, shown in its second column."""
    checks: tuple[sentences.Line, ...] = ()


@dataclass(frozen=True, slots=True)
class PlainPage:
    """The whole report in one language."""

    lang: str
    words: Words
    title: str
    subtitle: str
    headline: tuple[str, ...]
    tiles: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    checks: tuple[sentences.Line, ...]
    warnings: tuple[str, ...]
    notes: tuple[str, ...]


def plain_effect(estimate: float, lower: float, upper: float, level: float, *, factor: float = 1.0) -> Effect:
    """A difference as an effect, so that it is written and drawn as one."""
    return Effect(
        factor * estimate, factor * lower, factor * upper, level, math.nan, 0, 0, "", Grade.RANDOMIZED
    )  # fmt: skip


def plain_amounts(lang: str) -> Amounts:
    """How numbers without a currency are written in a language."""
    return Amounts(words(lang), "")


def warnings(codes: Sequence[str], write: Amounts) -> tuple[str, ...]:
    """Warnings in words; `code:name` tells what it is about."""
    said = []
    for warning in codes:
        code, _, name = warning.partition(":")
        said.append(write.words.text("warning", code, name=name) or warning.replace("_", " "))
    return tuple(said)


def figure(drawn: tuple[Drawing | None, Drawing | None], lang: str, title: str) -> tuple[str, str]:
    """A figure for wide and for narrow screens."""
    wide, narrow = drawn
    if wide is None or narrow is None:
        return "", ""
    return wide.svg(lang, page=True, title=title), narrow.svg(lang, page=True, title=title)


def write_pages(pages: Sequence[PlainPage], path: Path | str, lang: str) -> Path:
    """Write the report of a plain table, the asked language first; an old file is replaced only by a whole one."""
    first = language(lang)
    listed = sorted(pages, key=lambda page: page.lang != first)
    return write_text(path, render("plain.html", {"pages": listed, "first": first}))


def each_language() -> dict[str, Amounts]:
    """A writer for each language."""
    return {lang: plain_amounts(lang) for lang in LANGS}


def level_of(level: float, write: Amounts) -> str:
    """`90% interval`."""
    return write.words.say("level_ahead", level=percent(level))


def without_level(said: tuple[str, str], level: float, write: Amounts) -> tuple[str, str]:
    """A change and its interval without the level, which the heading names."""
    return said[0], said[1].removeprefix(level_of(level, write)).strip()


def with_level(columns: Sequence[str], level: float, write: Amounts) -> tuple[Cell, ...]:
    """Headings; those of changes name the level of the intervals below them."""
    named = level_of(level, write)
    return tuple(Cell(write.words.page(code), named if code in {"change", "relative"} else "") for code in columns)
