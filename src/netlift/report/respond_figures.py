"""Figures of responses: all offers on one scale, prediction beside what was found, policy beside simple answers."""

import math
from collections.abc import Mapping, Sequence

from netlift.report.amounts import percent
from netlift.report.canvas import Canvas, Drawing, Label, clipped, widest
from netlift.report.figures import Scale
from netlift.report.forest import MOST_ROWS, Frame, Row, draw_forest
from netlift.report.plain import VERDICTS
from netlift.report.respond_sentences import simple
from netlift.report.respond_values import Outlook, Values, as_effect, names, outlook_label, outlooks
from netlift.report.table import MARKS
from netlift.response.results import Learned, Responses, Test
from netlift.types import Verdict
from netlift.uplift.calibration import Group

Each = Mapping[str, Values]
"""Language tag -> how numbers are written in it."""
Pair = tuple[Drawing | None, Drawing | None]
"""A figure for wide and for narrow screens."""

ROW = 30
"""Height of a group, in pixels."""


def overview(responses: Responses, each: Each) -> Pair:
    """Net margin per customer of each offer with its interval; None without any."""
    listed = responses.learned[:MOST_ROWS]
    judged = zip(names(responses.learned), responses.learned, outlooks(responses.learned), strict=True)
    rows = [_offer(name, one, outlook, each) for name, one, outlook in list(judged)[: len(listed)]]
    level = listed[0].net.level if listed else math.nan
    return _both(rows, _frame(level, each, ("lost_side", "paid_side")))


def beside(test: Test, each: Each) -> Pair:
    """The personalised policy less each simple answer, with intervals."""
    found = test.comparison.differences
    level = next(iter(found.values())).level if found else math.nan
    frame = _frame(level, each, ("less", "more"))
    return _both([_difference(test, key, each) for key in found], frame)


def fifths(one: Learned, each: Each, *, wide: int = 420) -> Drawing | None:
    """What was found in groups of like prediction, beside what was predicted; None without groups.

    Args:
        one: the offer.
        each: how numbers are written, by language.
        wide: width in pixels.
    """
    groups = [group for group in one.groups if math.isfinite(group.predicted + group.found.estimate)]
    if not groups:
        return None
    labels = [_group(i, len(groups), each) for i in range(len(groups))]
    top, names_wide = 30, widest(labels, 12) + 14
    canvas = Canvas(wide, top + ROW * len(groups) + 42)
    scale = _scale(groups, names_wide, wide - 12)
    for i in range(0, len(groups), 2):
        canvas.bar((0, wide), (top + i * ROW, top + (i + 1) * ROW), "band")
    _axis(canvas, scale, (top, top + ROW * len(groups)), each)
    _legend(canvas, each, wide)
    for i, (label, group) in enumerate(zip(labels, groups, strict=True)):
        y = top + i * ROW + ROW / 2
        canvas.text(6, y + 4, {lang: clipped(text, names_wide - 10, 12) for lang, text in label.items()})
        _drawn(canvas, group, scale, y)
    return canvas.drawing()


def _offer(name: str, one: Learned, outlook: Outlook, each: Each) -> Row:
    known = math.isfinite(one.net.lower) and math.isfinite(one.net.upper)
    return Row(
        name={"": name},
        verdict=outlook.verdict,
        word={lang: f"{MARKS[outlook.verdict]} {outlook_label(outlook, value)}" for lang, value in each.items()},
        values={lang: _figures(one.net, value) if known else "" for lang, value in each.items()},
        effect=one.net if known else None,
        note={lang: value.write.words.say("no_interval") for lang, value in each.items()},
    )


def _difference(test: Test, key: str, each: Each) -> Row:
    found = test.comparison.differences[key]
    verdict = Verdict.KEEP if found.lower > 0 else Verdict.STOP if found.upper < 0 else Verdict.TEST
    words = {lang: value.write.words.label("wording", _WORDING[verdict]) for lang, value in each.items()}
    return Row(
        name={lang: simple(test, key, value) for lang, value in each.items()},
        verdict=verdict,
        word={lang: f"{MARKS[verdict]} {word}" for lang, word in words.items()},
        values={lang: _figures(found, value) for lang, value in each.items()},
        effect=as_effect(found) if math.isfinite(found.lower + found.upper) else None,
        note={lang: value.write.words.say("no_interval") for lang, value in each.items()},
    )


_WORDING = {verdict: wording for wording, verdict in VERDICTS.items()}


def _figures(found, value: Values) -> str:  # type: ignore[no-untyped-def]
    """Estimate and ends without unit and level, which the frame names."""
    shown = value.shown(found)
    if not shown.estimate:
        return value.range(found)
    return value.write.words.say("with_interval", estimate=shown.estimate, interval=value.range(found))


def _frame(level: float, each: Each, sides: tuple[str, str]) -> Frame:
    def unit(value: Values) -> str:
        told = value.write.words.say("level_ahead", level=percent(level))
        if not value.money:
            return told
        return value.write.words.say("unit_level", currency=value.unit, level=percent(level))

    lost, paid = sides
    plain = not next(iter(each.values())).money
    lost, paid = ("less", "more") if plain else (lost, paid)
    return Frame(
        unit={lang: unit(value) for lang, value in each.items()},
        lost={lang: value.write.words.page(lost) for lang, value in each.items()},
        paid={lang: value.write.words.page(paid) for lang, value in each.items()},
        tick=lambda number: {lang: value.tick(number) for lang, value in each.items()},
    )


def _both(rows: Sequence[Row], frame: Frame) -> Pair:
    if not rows:
        return None, None
    return draw_forest(rows, frame), draw_forest(rows, frame, wide=360)


def _group(i: int, of: int, each: Each) -> Label:
    """`1 lowest`, 2, 3, 4, `5 highest`."""

    def label(value: Values) -> str:
        say = value.write.words.say
        end = say("group_lowest") if i == 0 else say("group_highest") if i == of - 1 else ""
        return f"{i + 1} {end}".strip()

    return {lang: label(value) for lang, value in each.items()}


def _scale(groups: Sequence[Group], left: float, right: float) -> Scale:
    """Room for all estimates and for intervals up to three times as far; longer ones end at the edge."""
    middles = [number for group in groups for number in (group.predicted, group.found.estimate)]
    ends = [end for group in groups for end in (group.found.lower, group.found.upper) if math.isfinite(end)]
    most = 3 * max(map(abs, middles)) or 1.0
    low = min(0.0, *middles, max([-most, min(ends, default=0.0)]))
    high = max(0.0, *middles, min([most, max(ends, default=0.0)]))
    margin = 0.05 * (high - low) or 1.0
    return Scale(low - margin, high + margin, left, right)


def _axis(canvas: Canvas, scale: Scale, span: tuple[float, float], each: Each) -> None:
    for tick in scale.ticks():
        canvas.line([scale(tick)] * 2, list(span), "ink" if tick == 0 else "rule", thick=1.2 if tick == 0 else 0.8)
        label = {lang: value.tick(tick) for lang, value in each.items()}
        canvas.text(scale(tick), span[1] + 16, label, role="soft", size=11, anchor="middle")
    unit = {lang: value.unit for lang, value in each.items()}
    canvas.text(canvas.width - 4, span[1] + 34, unit, role="soft", size=11, anchor="end")


def _legend(canvas: Canvas, each: Each, wide: int) -> None:
    found = {lang: value.write.words.page("found") for lang, value in each.items()}
    predicted = {lang: value.write.words.page("predicted") for lang, value in each.items()}
    right = wide - widest([predicted], 11) - 8
    _diamond(canvas, right - 8, 12)
    canvas.text(right + 2, 16, predicted, role="soft", size=11)
    left = right - 34 - widest([found], 11)
    _dot(canvas, left - 8, 12)
    canvas.text(left, 16, found, role="soft", size=11)


def _drawn(canvas: Canvas, group: Group, scale: Scale, y: float) -> None:
    if math.isfinite(group.found.lower + group.found.upper):
        ends = [scale(group.found.lower), scale(group.found.upper)]
        canvas.line(ends, [y, y], "keep", thick=2.2)
        for end, x in zip((group.found.lower, group.found.upper), ends, strict=True):
            if scale.holds(end):
                canvas.line([x, x], [y - 4, y + 4], "keep", thick=2.2)
    _dot(canvas, scale(group.found.estimate), y)
    _diamond(canvas, scale(group.predicted), y)


def _dot(canvas: Canvas, x: float, y: float) -> None:
    canvas.shape([(x + 5 * math.cos(a * math.pi / 8), y + 5 * math.sin(a * math.pi / 8)) for a in range(16)], "keep")


def _diamond(canvas: Canvas, x: float, y: float) -> None:
    canvas.shape([(x, y - 6), (x + 6, y), (x, y + 6), (x - 6, y)], "shrink", hollow=True)
