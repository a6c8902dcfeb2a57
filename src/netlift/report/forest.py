"""The forest: intervals of many promotions, or of the arms of a test, on one scale."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from netlift.evaluation.results import Audit, Finding
from netlift.report import sentences
from netlift.report.amounts import Amounts
from netlift.report.canvas import Canvas, Drawing, Label, clipped, widest
from netlift.report.figures import Scale, Writers, each, label_of, unit_of
from netlift.report.table import MARKS
from netlift.types import Effect, Grade, Verdict

MOST_ROWS = 25
"""A forest of a report shows at most so many promotions."""


@dataclass(frozen=True, slots=True)
class Row:
    """One interval with what stands around it."""

    name: Label
    verdict: Verdict
    """Colour and shape: keep for good, stop for bad, test for not shown."""
    word: Label
    """The verdict in words."""
    values: Label
    """Best estimate and interval in figures."""
    effect: Effect | None
    note: Label
    """Stands in place of the interval where there is none."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around all rows."""

    unit: Label
    lost: Label
    """Left of zero."""
    paid: Label
    """Right of zero."""
    tick: Callable[[float], Label]


def forest(audit: Audit, writers: Writers, *, wide: int = 860, most: int = MOST_ROWS) -> Drawing | None:
    """Net lift of promotions with its interval, None without any.

    Args:
        audit: what was found.
        writers: how numbers are written, by language.
        wide: width in pixels; below 600 names stand above their lines.
        most: at most so many rows: those with advice first, then those with most money at stake.
    """
    frame = Frame(
        unit_of(writers, audit.level), _page(writers, "lost_side"), _page(writers, "paid_side"),
        lambda minor: each(writers, lambda write: write.compact(minor)),
    )  # fmt: skip
    listed = _chosen(audit.findings, most)
    names = {lang: sentences.names(listed, write) for lang, write in writers.items()}
    named = [{lang: names[lang][i] for lang in writers} for i in range(len(listed))]
    return draw_forest([_row(*pair, writers) for pair in zip(listed, named, strict=True)], frame, wide=wide)


def _chosen(findings: Sequence[Finding], most: int) -> list[Finding]:
    """At most so many, in their order; what the audit advises on goes before what it cannot tell."""
    ranked = sorted(range(len(findings)), key=lambda i: (findings[i].verdict is Verdict.TEST, i))
    return [findings[i] for i in sorted(ranked[:most])]


def draw_forest(rows: Sequence[Row], frame: Frame, *, wide: int = 860) -> Drawing | None:
    """The rows on one scale; None without any."""
    if not rows:
        return None
    return _forest_wide(rows, frame, wide) if wide >= 600 else _forest_narrow(rows, frame, wide)


def _row(finding: Finding, name: Label, writers: Writers) -> Row:
    effect, verdict = finding.net_lift, finding.verdict
    return Row(
        name=name,
        verdict=verdict,
        word=each(writers, lambda write: f"{MARKS[verdict]} {write.words.label('verdict', verdict.value)}"),
        values=_effect(writers, effect) if effect else {"": ""},
        effect=effect,
        note=label_of(writers, "reason", finding.refused.value if finding.refused else "no_outcome"),
    )


def _forest_wide(rows: Sequence[Row], frame: Frame, wide: int) -> Drawing:
    names = min(widest([row.name for row in rows], 13), 300)
    values, words = widest([row.values for row in rows], 12), widest([row.word for row in rows], 12)
    top, step = 26, 32
    canvas = Canvas(wide, top + step * len(rows) + 26)
    canvas.text(wide - words - 20, top - 9, frame.unit, role="soft", size=11, anchor="end")
    scale = _scale(rows, names + 22, wide - values - words - 40)
    for i in range(0, len(rows), 2):
        canvas.bar((0, wide), (top + i * step, top + (i + 1) * step), "band")
    _axis(canvas, scale, [(top, top + step * len(rows))], frame, top=top)
    for i, row in enumerate(rows):
        y = top + i * step + step / 2
        canvas.text(8, y + 4.5, _clipped(row.name, names), size=13)
        _lift(canvas, row, scale, y)
        canvas.text(wide - words - 20, y + 4, row.values, anchor="end")
        canvas.text(wide - words - 6, y + 4, row.word, role=row.verdict.value, bold=True)
    return canvas.drawing()


def _forest_narrow(rows: Sequence[Row], frame: Frame, wide: int) -> Drawing:
    words = widest([row.word for row in rows], 12)
    top, step = 24, 50
    canvas = Canvas(wide, top + step * len(rows) + 44)
    canvas.text(wide - 6, top + step * len(rows) + 38, frame.unit, role="soft", size=11, anchor="end")
    scale = _scale(rows, 10, wide - 10)
    for i in range(0, len(rows), 2):
        canvas.bar((0, wide), (top + i * step, top + (i + 1) * step), "band")
    _axis(canvas, scale, [(top + i * step + 24, top + i * step + 45) for i in range(len(rows))], frame, top=top)
    for i, row in enumerate(rows):
        y = top + i * step
        canvas.text(6, y + 18, _clipped(row.name, wide - words - 24), size=13)
        canvas.text(wide - 6, y + 18, row.word, role=row.verdict.value, bold=True, anchor="end")
        _lift(canvas, row, scale, y + 34)
    return canvas.drawing()


def _clipped(name: Label, most: float) -> Label:
    return {lang: clipped(text, most, 13) for lang, text in name.items()}


def _scale(rows: Sequence[Row], left: float, right: float) -> Scale:
    """Room for all best estimates, and for intervals up to twice that; longer ones get an arrow."""
    effects = [row.effect for row in rows if row.effect is not None]
    middles = [e.estimate for e in effects if math.isfinite(e.estimate)] or [0.0]
    ends = sorted(end for e in effects for end in (e.lower, e.upper) if math.isfinite(end)) or [-1.0, 1.0]
    usual = max(map(abs, [*middles, *ends[len(ends) // 10 : len(ends) - len(ends) // 10]]))
    low, high = max(ends[0], -2 * usual), min(ends[-1], 2 * usual)
    low, high = min(low, 0.0, *middles), max(high, 0.0, *middles)
    margin = 0.04 * (high - low) or 1.0
    return Scale(low - margin, high + margin, left, right)


def _axis(canvas: Canvas, scale: Scale, spans: Sequence[tuple[float, float]], frame: Frame, *, top: float) -> None:
    for tick in scale.ticks():
        role = "ink" if tick == 0 else "rule"
        for span in spans:
            canvas.line([scale(tick)] * 2, list(span), role, thick=1.2 if tick == 0 else 0.8)
        canvas.text(scale(tick), spans[-1][1] + 17, frame.tick(tick), role="soft", size=11, anchor="middle")
    lost, paid = sides(scale, widest([frame.lost], 11), widest([frame.paid], 11))
    canvas.text(lost, top - 9, frame.lost, role="soft", size=11, anchor="end")
    canvas.text(paid, top - 9, frame.paid, role="soft", size=11)


def sides(scale: Scale, lost: float, paid: float) -> tuple[float, float]:
    """Where the words left of zero end and those right of it begin; at the edge of the picture both move inwards."""
    begin = min(scale(0) + 8, scale.right - paid)
    end = max(min(scale(0) - 8, begin - 16), scale.left + lost)
    return end, max(begin, end + 16)


def _lift(canvas: Canvas, row: Row, scale: Scale, y: float) -> None:
    effect = row.effect
    if effect is None:
        canvas.text(scale(0) + 8, y + 4, row.note, role="soft", size=11)
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


def _effect(writers: Writers, effect: Effect) -> Label:
    """Best estimate and interval; the interval alone where only limits are known."""

    def write(how: Amounts) -> str:
        shown = how.money(effect)
        ends = how.range(shown)
        return how.words.say("with_interval", estimate=shown.estimate, interval=ends) if shown.estimate else ends

    return each(writers, write)


def _page(writers: Writers, code: str) -> Label:
    return each(writers, lambda write: write.words.page(code))
