"""Bar figures of one promotion: from revenue to net lift, and where the bump came from and the discount went."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from netlift.evaluation.results import Finding
from netlift.report.canvas import Canvas, Drawing, Label, clipped, widest
from netlift.report.figures import Scale, Writers, each, label_of, unit_of

ROW, THICK = 27, 15
"""Height of a row and of its bar, in pixels."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One row: a bar from `start` to `end` in minor units; the amount beside it is their difference."""

    label: Label
    start: float
    end: float
    role: str
    sign: bool = True
    """Whether a gain carries a plus."""
    bold: bool = False
    gap: float = 0.0
    """Space above it in pixels."""
    whisker: tuple[float, float] | None = None
    said: Label | None = None
    """What stands beside it instead of the difference."""


def waterfall(finding: Finding, writers: Writers, *, wide: int = 400) -> Drawing | None:
    """From extra revenue at list price to net lift, bar by bar; None where only limits are known."""
    falls = finding.waterfall
    if falls is None:
        return None
    bars, level = [], 0
    for step in falls.steps:
        role = "plus" if step.amount_minor >= 0 else "minus"
        bars.append(Bar(label_of(writers, "step", step.code), level, level + step.amount_minor, role))
        level += step.amount_minor
    bars.append(_total(finding, falls.total_minor, writers))
    return draw_bars(bars, wide, writers, unit_of(writers, finding.net_lift.level if finding.net_lift else None))


def decomposition(finding: Finding, writers: Writers, *, wide: int = 400) -> Drawing | None:
    """The bump split into what is really extra and the two thefts, the halo beside it, and the discount split."""
    parts = finding.decomposition
    if parts is None:
        return None
    bump, pulled, stolen = parts.gross_lift_minor, parts.pulled_forward_minor, parts.cannibalised_minor
    given, won = parts.discount_given_minor, parts.discount_on_incremental_minor
    rows = [
        ("gross_lift", 0, bump, "total"),
        ("pulled_forward", bump, bump - pulled, "minus" if pulled >= 0 else "plus"),
        ("cannibalised", bump - pulled, bump - pulled - stolen, "minus" if stolen >= 0 else "plus"),
        ("incremental", 0, parts.incremental_minor, "total"),
        ("halo", 0, parts.halo_minor, "plus" if parts.halo_minor >= 0 else "minus"),
        ("discount_given", 0, given, "total"),
        ("discount_on_incremental", given - won, given, "plus"),
        ("subsidy", 0, parts.subsidy_minor, "minus"),
    ]
    gaps, discount = {"halo": 8.0, "discount_given": 20.0}, {row[0] for row in rows[5:]}
    bars = [
        Bar(label_of(writers, "part", code), start, end, role, code not in discount,
            code in {"incremental", "subsidy"}, gaps.get(code, 0.0))
        for code, start, end, role in rows
    ]  # fmt: skip
    return draw_bars(bars, wide, writers, unit_of(writers, None))


def _total(finding: Finding, total: int, writers: Writers) -> Bar:
    effect, label = finding.net_lift, label_of(writers, "step", "net_lift")
    if effect is None:
        return Bar(label, 0, total, "total", bold=True, gap=4)
    ends = (effect.lower, effect.upper) if math.isfinite(effect.lower + effect.upper) else None
    said = each(writers, lambda write: write.money(effect).estimate)
    return Bar(label, 0, total, "total", bold=True, gap=4, whisker=ends, said=said)


def draw_bars(bars: Sequence[Bar], wide: int, writers: Writers, unit: Label) -> Drawing:
    """The bars below each other on one scale, with the unit at the foot."""
    high = round(sum(ROW + bar.gap for bar in bars)) + 26
    names = min(widest([bar.label for bar in bars], 12), 0.47 * wide)
    amounts = _amounts(bars, writers)
    canvas = Canvas(wide, high)
    ends = [end for bar in bars for end in (bar.start, bar.end, *(bar.whisker or ()))]
    scale = Scale(min(0.0, *ends), max(*ends, min(0.0, *ends) + 1), names + 12, wide - widest(amounts, 12) - 14)
    canvas.line([scale(0)] * 2, [2, high - 18], "soft")
    canvas.text(wide, high - 3, unit, role="soft", size=11, anchor="end")
    y = 5.0
    for i, (bar, amount) in enumerate(zip(bars, amounts, strict=True)):
        y += bar.gap
        _bar(canvas, bar, amount, scale, y)
        if i + 1 < len(bars) and bar.end in {bars[i + 1].start, bars[i + 1].end} and bar.end:
            canvas.line([scale(bar.end)] * 2, [y + 6 + THICK, y + ROW + 6 + bars[i + 1].gap], "soft", thick=0.8)
        y += ROW
    return canvas.drawing()


def _amounts(bars: Sequence[Bar], writers: Writers) -> list[Label]:
    """What stands beside each bar, all with the precision of the largest."""
    most = max(abs(bar.end - bar.start) for bar in bars)

    def said(bar: Bar) -> Label:
        return each(writers, lambda write: write.brief(bar.end - bar.start, sign=bar.sign, beside=most))

    return [bar.said or said(bar) for bar in bars]


def _bar(canvas: Canvas, bar: Bar, amount: Label, scale: Scale, top: float) -> None:
    middle, base = top + 6 + THICK / 2, top + 18
    label = {lang: clipped(text, scale.left - 8, 12) for lang, text in bar.label.items()}
    canvas.text(0, base, label, bold=bar.bold)
    canvas.bar((scale(bar.start), scale(bar.end)), (middle - THICK / 2, middle + THICK / 2), bar.role)
    if bar.whisker:
        ends = [scale(end) for end in bar.whisker]
        _interval(canvas, ends, middle, "paper", thick=4.2)
        _interval(canvas, ends, middle, "ink", thick=1.6)
    canvas.text(canvas.width, base, amount, bold=bar.bold, anchor="end")


def _interval(canvas: Canvas, x: Sequence[float], y: float, role: str, *, thick: float) -> None:
    canvas.line(list(x), [y, y], role, thick=thick)
    for end in x:
        canvas.line([end, end], [y - 4, y + 4], role, thick=thick)
