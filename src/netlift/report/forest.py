"""The forest: net lift of every promotion with its interval, on one scale."""

import math
from collections.abc import Sequence

from netlift.evaluation.results import Audit, Finding
from netlift.report.amounts import Amounts
from netlift.report.canvas import Canvas, Drawing, Label, clipped, widest
from netlift.report.figures import Scale, Writers, each, label_of, unit_of
from netlift.report.table import MARKS
from netlift.types import Effect, Grade, Verdict

MOST_ROWS = 40
"""A forest shows the promotions with most money at stake, at most so many."""


def forest(audit: Audit, writers: Writers, *, wide: int = 860) -> Drawing | None:
    """Net lift of every promotion with its interval, None without any; below 600 pixels names stand above lines."""
    rows = audit.findings[:MOST_ROWS]
    if not rows:
        return None
    unit = unit_of(writers, audit.level)
    return _forest_wide(rows, writers, wide, unit) if wide >= 600 else _forest_narrow(rows, writers, wide, unit)


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
        canvas.text(scale(0) + 8, y + 4, label_of(writers, "reason", code), role="soft", size=11)
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

    return each(writers, write)


def _verdict(row: Finding, writers: Writers) -> Label:
    return each(writers, lambda write: f"{MARKS[row.verdict]} {write.words.label('verdict', row.verdict.value)}")


def _page(writers: Writers, code: str) -> Label:
    return each(writers, lambda write: write.words.page(code))
