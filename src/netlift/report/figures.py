"""The three figures of an audit: intervals by promotion, from revenue to net lift, where bump and discount went."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from netlift.evaluation.results import Audit, Finding
from netlift.report.amounts import Amounts, percent
from netlift.report.canvas import Canvas, Drawing, Label, clipped, widest
from netlift.report.table import MARKS
from netlift.types import Effect, Grade, Verdict

Writers = Mapping[str, Amounts]
"""Language tag -> how numbers are written in it."""

MOST_ROWS = 40
"""A forest shows the promotions with most money at stake, at most so many."""


@dataclass(frozen=True, slots=True)
class Scale:
    """From money to pixels."""

    low: float
    high: float
    left: float
    right: float

    def __call__(self, minor: float) -> float:
        """Place of an amount, held inside the plot."""
        held = min(max(minor, self.low), self.high)
        return self.left + (held - self.low) / (self.high - self.low) * (self.right - self.left)

    def holds(self, minor: float) -> bool:
        """Whether an amount is inside the plot."""
        return self.low <= minor <= self.high

    def ticks(self, most: int = 5) -> list[float]:
        """Round amounts, at most `most` of them, zero among them."""
        span = self.high - self.low
        power = 10.0 ** math.floor(math.log10(span / most))
        gap = next(power * size for size in (1, 2, 5, 10, 20) if span / (power * size) <= most)
        return [gap * i for i in range(math.ceil(self.low / gap), math.floor(self.high / gap) + 1)]


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of a bar figure: a bar from `start` to `end`, with its label and its amount."""

    label: Label
    start: float
    end: float
    role: str
    amount: Label
    whisker: tuple[float, float] | None = None
    bold: bool = False
    gap: float = 0.0
    """Space above it in pixels."""


def forest(audit: Audit, writers: Writers, *, wide: int = 860) -> Drawing | None:
    """Net lift of every promotion with its interval, None without any; below 600 pixels names stand above lines."""
    rows = audit.findings[:MOST_ROWS]
    if not rows:
        return None
    unit = _unit(writers, audit.level)
    return _forest_wide(rows, writers, wide, unit) if wide >= 600 else _forest_narrow(rows, writers, wide, unit)


def waterfall(finding: Finding, writers: Writers, *, wide: int = 400) -> Drawing | None:
    """From extra revenue at list price to net lift, bar by bar; None where only limits are known."""
    falls = finding.waterfall
    if falls is None:
        return None
    bars, level = [], 0
    for step in falls.steps:
        role = "plus" if step.amount_minor >= 0 else "minus"
        bars.append(Bar(_label(writers, "step", step.code), level, level + step.amount_minor, role,
                        _amount(writers, step.amount_minor)))  # fmt: skip
        level += step.amount_minor
    bars.append(_total(finding, falls.total_minor, writers))
    return _bars(bars, wide, _unit(writers, finding.net_lift.level if finding.net_lift else None))


def decomposition(finding: Finding, writers: Writers, *, wide: int = 400) -> Drawing | None:
    """The bump split into what is really extra and the two thefts, the halo beside it, and the discount split."""
    parts = finding.decomposition
    if parts is None:
        return None
    bump = [("gross_lift", parts.gross_lift_minor), ("pulled_forward", -parts.pulled_forward_minor),
            ("cannibalised", -parts.cannibalised_minor)]  # fmt: skip
    whole, extra = parts.discount_given_minor, parts.discount_on_incremental_minor
    bars = [
        *_falling(bump, writers),
        _part("incremental", (0, parts.incremental_minor), "total", writers, bold=True),
        _part("halo", (0, parts.halo_minor), "plus", writers, gap=8),
        _part("discount_given", (0, whole), "total", writers, gap=20, sign=False),
        _part("discount_on_incremental", (whole - extra, whole), "plus", writers, sign=False),
        _part("subsidy", (0, parts.subsidy_minor), "minus", writers, bold=True, sign=False),
    ]
    return _bars(bars, wide, _unit(writers, None))


def _falling(steps: Sequence[tuple[str, int]], writers: Writers) -> list[Bar]:
    """The first step from zero, the others from where the one before ended."""
    bars, level = [], 0
    for i, (code, amount) in enumerate(steps):
        role = "total" if i == 0 else "plus" if amount >= 0 else "minus"
        bars.append(_part(code, (level, level + amount), role, writers))
        level += amount
    return bars


def _part(
    code: str, ends: tuple[int, int], role: str, writers: Writers,
    *, bold: bool = False, gap: float = 0.0, sign: bool = True,
) -> Bar:  # fmt: skip
    amount = _each(writers, lambda write: write.brief(ends[1] - ends[0], sign=sign))
    return Bar(_label(writers, "part", code), *ends, role, amount, bold=bold, gap=gap)


def _total(finding: Finding, total: int, writers: Writers) -> Bar:
    effect = finding.net_lift
    ends = (effect.lower, effect.upper) if effect and math.isfinite(effect.lower + effect.upper) else None
    amount = _each(writers, lambda write: write.money(effect).estimate if effect else write.brief(total, sign=True))
    return Bar(_label(writers, "step", "net_lift"), 0, total, "total", amount, ends, bold=True, gap=4)


ROW, THICK = 27, 15


def _bars(bars: Sequence[Bar], wide: int, unit: Label) -> Drawing:
    high = round(sum(ROW + bar.gap for bar in bars)) + 26
    names = min(widest([bar.label for bar in bars], 12), 0.47 * wide)
    amounts = widest([bar.amount for bar in bars], 12)
    canvas = Canvas(wide, high)
    ends = [end for bar in bars for end in (bar.start, bar.end, *(bar.whisker or ()))]
    scale = Scale(min(0.0, *ends), max(*ends, min(0.0, *ends) + 1), names + 12, wide - amounts - 14)
    canvas.line([scale(0)] * 2, [2, high - 18], "soft")
    canvas.text(wide, high - 3, unit, role="soft", size=11, anchor="end")
    y = 5.0
    for i, bar in enumerate(bars):
        y += bar.gap
        _bar(canvas, bar, scale, y, clip=names)
        if i + 1 < len(bars) and bar.end in {bars[i + 1].start, bars[i + 1].end} and bar.end:
            canvas.line([scale(bar.end)] * 2, [y + 6 + THICK, y + ROW + 6 + bars[i + 1].gap], "soft", thick=0.8)
        y += ROW
    return canvas.drawing()


def _bar(canvas: Canvas, bar: Bar, scale: Scale, top: float, *, clip: float) -> None:
    middle, base = top + 6 + THICK / 2, top + 18
    label = {lang: clipped(text, clip + 4, 12) for lang, text in bar.label.items()}
    canvas.text(0, base, label, bold=bar.bold)
    canvas.bar((scale(bar.start), scale(bar.end)), (middle - THICK / 2, middle + THICK / 2), bar.role)
    if bar.whisker:
        ends = [scale(end) for end in bar.whisker]
        _interval(canvas, ends, middle, "paper", thick=4.2)
        _interval(canvas, ends, middle, "ink", thick=1.6)
    canvas.text(canvas.width, base, bar.amount, bold=bar.bold, anchor="end")


def _interval(canvas: Canvas, x: Sequence[float], y: float, role: str, *, thick: float) -> None:
    canvas.line(list(x), [y, y], role, thick=thick)
    for end in x:
        canvas.line([end, end], [y - 4, y + 4], role, thick=thick)


def _forest_wide(rows: Sequence[Finding], writers: Writers, wide: int, unit: Label) -> Drawing:
    names = min(widest([{"": row.name or row.promotion_id} for row in rows], 13), 260)
    values = widest([_values(row, writers) for row in rows], 12)
    verdicts = widest([_verdict(row, writers) for row in rows], 12)
    top, step = 26, 32
    canvas = Canvas(wide, top + step * len(rows) + 26)
    canvas.text(wide - verdicts - 20, top - 9, unit, role="soft", size=11, anchor="end")
    scale = _scale(rows, names + 22, wide - values - verdicts - 40)
    for i in range(0, len(rows), 2):
        canvas.bar((0, wide), (top + i * step, top + (i + 1) * step), "band")
    _axis(canvas, scale, [(top, top + step * len(rows))], writers, top=top)
    for i, row in enumerate(rows):
        y = top + i * step + step / 2
        canvas.text(8, y + 4.5, {"": clipped(row.name or row.promotion_id, names, 13)}, size=13)
        _lift(canvas, row, scale, y, writers)
        canvas.text(wide - verdicts - 20, y + 4, _values(row, writers), anchor="end")
        canvas.text(wide - verdicts - 6, y + 4, _verdict(row, writers), role=row.verdict.value, bold=True)
    return canvas.drawing()


def _forest_narrow(rows: Sequence[Finding], writers: Writers, wide: int, unit: Label) -> Drawing:
    verdicts = widest([_verdict(row, writers) for row in rows], 12)
    top, step = 24, 50
    canvas = Canvas(wide, top + step * len(rows) + 44)
    canvas.text(wide - 6, top + step * len(rows) + 38, unit, role="soft", size=11, anchor="end")
    scale = _scale(rows, 10, wide - 10)
    for i in range(0, len(rows), 2):
        canvas.bar((0, wide), (top + i * step, top + (i + 1) * step), "band")
    _axis(canvas, scale, [(top + i * step + 24, top + i * step + 45) for i in range(len(rows))], writers, top=top)
    for i, row in enumerate(rows):
        y = top + i * step
        name = clipped(row.name or row.promotion_id, wide - verdicts - 24, 13)
        canvas.text(6, y + 18, {"": name}, size=13)
        canvas.text(wide - 6, y + 18, _verdict(row, writers), role=row.verdict.value, bold=True, anchor="end")
        _lift(canvas, row, scale, y + 34, writers)
    return canvas.drawing()


def _scale(rows: Sequence[Finding], left: float, right: float) -> Scale:
    """Room for all best estimates, and for intervals up to twice that; longer ones get an arrow."""
    effects = [row.net_lift for row in rows if row.net_lift is not None]
    middles = [e.estimate for e in effects if math.isfinite(e.estimate)] or [0.0]
    ends = sorted(end for e in effects for end in (e.lower, e.upper) if math.isfinite(end)) or [-1.0, 1.0]
    usual = max(map(abs, [*middles, *ends[len(ends) // 10 : len(ends) - len(ends) // 10]]))
    low, high = max(ends[0], -2 * usual), min(ends[-1], 2 * usual)
    low, high = min(low, 0.0, *middles), max(high, 0.0, *middles)
    margin = 0.04 * (high - low) or 1.0
    return Scale(low - margin, high + margin, left, right)


def _axis(canvas: Canvas, scale: Scale, spans: Sequence[tuple[float, float]], writers: Writers, *, top: float) -> None:
    foot = spans[-1][1]
    for tick in scale.ticks():
        role = "ink" if tick == 0 else "rule"
        for span in spans:
            canvas.line([scale(tick)] * 2, list(span), role, thick=1.2 if tick == 0 else 0.8)
        label = {lang: write.compact(tick) for lang, write in writers.items()}
        canvas.text(scale(tick), foot + 17, label, role="soft", size=11, anchor="middle")
    zero = scale(0)
    canvas.text(zero - 8, top - 9, _page(writers, "lost_side"), role="soft", size=11, anchor="end")
    canvas.text(zero + 8, top - 9, _page(writers, "paid_side"), role="soft", size=11)


def _lift(canvas: Canvas, row: Finding, scale: Scale, y: float, writers: Writers) -> None:
    effect = row.net_lift
    if effect is None:
        code = row.refused.value if row.refused else "no_outcome"
        canvas.text(scale(0) + 8, y + 4, _label(writers, "reason", code), role="soft", size=11)
        return
    role = row.verdict.value
    dash = ":" if effect.grade in {Grade.BOUND, Grade.ASSUMED} else "-"
    canvas.line([scale(effect.lower), scale(effect.upper)], [y, y], role, thick=2.2, dash=dash)
    for end, side in ((effect.lower, -1), (effect.upper, 1)):
        x = scale(end)
        if scale.holds(end):
            canvas.line([x, x], [y - 4, y + 4], role, thick=2.2)
        else:
            canvas.shape([(x + 5 * side, y), (x - 3 * side, y - 5), (x - 3 * side, y + 5)], role)
    if math.isfinite(effect.estimate) and effect.grade is not Grade.BOUND:
        _mark(canvas, row.verdict, scale(effect.estimate), y)


def _mark(canvas: Canvas, verdict: Verdict, x: float, y: float) -> None:
    shapes = {
        Verdict.KEEP: [(x, y - 7), (x + 7, y + 5), (x - 7, y + 5)],
        Verdict.STOP: [(x, y + 7), (x + 7, y - 5), (x - 7, y - 5)],
        Verdict.SHRINK: [(x, y - 7), (x + 7, y), (x, y + 7), (x - 7, y)],
        Verdict.TEST: [(x + 6 * math.cos(a * math.pi / 8), y + 6 * math.sin(a * math.pi / 8)) for a in range(16)],
    }
    canvas.shape(shapes[verdict], verdict.value, hollow=verdict is Verdict.TEST)


def _values(row: Finding, writers: Writers) -> Label:
    return _effect(writers, row.net_lift) if row.net_lift else {"": ""}


def _effect(writers: Writers, effect: Effect) -> Label:
    """Best estimate and interval; the interval alone where only limits are known."""

    def write(how: Amounts) -> str:
        shown = how.money(effect)
        ends = how.range(shown)
        return how.words.say("with_interval", estimate=shown.estimate, interval=ends) if shown.estimate else ends

    return _each(writers, write)


def _amount(writers: Writers, minor: int) -> Label:
    return _each(writers, lambda write: write.brief(minor, sign=True))


def _verdict(row: Finding, writers: Writers) -> Label:
    return _each(writers, lambda write: f"{MARKS[row.verdict]} {write.words.label('verdict', row.verdict.value)}")


def _label(writers: Writers, kind: str, code: str) -> Label:
    return _each(writers, lambda write: write.words.label(kind, code))


def _page(writers: Writers, code: str) -> Label:
    return _each(writers, lambda write: write.words.page(code))


def _unit(writers: Writers, level: float | None) -> Label:
    """The currency, and the level of the intervals where there are any."""
    if level is None:
        return _each(writers, lambda write: write.unit)
    return _each(writers, lambda write: write.words.say("unit_level", currency=write.unit, level=percent(level)))


def _each(writers: Writers, say: Callable[[Amounts], str]) -> Label:
    return {lang: say(write) for lang, write in writers.items()}
