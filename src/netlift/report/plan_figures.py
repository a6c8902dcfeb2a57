"""Figures of plans: all beside each other, what each budget returns, and what is left of a plan's margin."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from netlift.plan.artefact import Head, Plan
from netlift.report.amounts import Amounts
from netlift.report.bars import Bar, draw_bars
from netlift.report.canvas import Canvas, Drawing, Label, clipped, widest, width
from netlift.report.figures import Scale, Writers, each, label_of, unit_of
from netlift.report.forest import Frame, Row, draw_forest
from netlift.report.plan_sentences import cost
from netlift.report.plan_values import Outlook, estimate, known, name, outlook, span
from netlift.report.table import MARKS

if TYPE_CHECKING:
    from netlift.plan.curve import Curve
    from netlift.plan.explain import Step

Pair = tuple[Drawing | None, Drawing | None]
"""A figure for wide and for narrow screens."""
FAR = 2.0
"""A budget so many times the largest that was tried is out of the picture."""


def forest(plans: Sequence[Plan], writers: Writers) -> Pair:
    """What each plan is expected to earn, with its interval; None where nothing is done by any."""
    doing = [one.head for one in plans if outlook(one.head) is not Outlook.NOTHING]
    if not doing:
        return None, None
    frame = Frame(
        unit_of(writers, doing[0].worth.net.level), _page(writers, "lost_side"), _page(writers, "paid_side"),
        lambda minor: each(writers, lambda write: write.compact(minor)),
    )  # fmt: skip
    rows = [_row(head, writers) for head in doing]
    return draw_forest(rows, frame), draw_forest(rows, frame, wide=380)


def waterfall(steps: "Sequence[Step]", head: Head, writers: Writers, *, wide: int = 420) -> Drawing | None:
    """From extra margin to what a plan is expected to earn, bar by bar; None where nothing is done."""
    net = head.worth.net
    if not steps or not known(net):
        return None
    bars, level = [], 0.0
    for step in (one for one in steps if round(one.amount_minor)):
        role = "plus" if step.amount_minor >= 0 else "minus"
        bars.append(Bar(label_of(writers, "plan_step", step.code), level, level + step.amount_minor, role))
        level += step.amount_minor
    ends = None if net.lower == net.upper else (net.lower, net.upper)
    said = each(writers, lambda write: estimate(net, write))
    bars.append(
        Bar(label_of(writers, "plan_step", "net"), 0, net.estimate, "total", bold=True, gap=4, whisker=ends, said=said)
    )
    return draw_bars(bars, wide, writers, unit_of(writers, net.level if ends else None))


def curve(found: "Curve", plans: Sequence[Plan], writers: Writers, *, wide: int = 860) -> Drawing | None:
    """Expected to earn by budget, with the point where the next coin returns less than one, and the plans on it.

    Args:
        found: the curve.
        plans: drawn as diamonds at what they are expected to spend and to earn.
        writers: how numbers are written, by language.
        wide: width in pixels.
    """
    if len(found.points) < 2:
        return None
    high = 360 if wide >= 600 else 300
    canvas = Canvas(wide, high)
    plans = [one for one in plans if known(one.head.worth.net)]
    places = [(cost(one.head), one.head.worth.net.estimate) for one in plans]
    budget = float(plans[0].head.budget_minor) if plans else 0.0
    x, y = _scales(
        found, [*places, (budget if budget < FAR * found.points[-1].budget_minor else 0.0, 0.0)], (wide, high)
    )
    _grid(canvas, x, y, writers)
    _marks(canvas, found, plans, (x, y), writers)
    line = sorted((x(point.budget_minor), y(point.value_minor)) for point in found.points)
    if found.one is not None:  # more budget than that earns as much
        line.append((x.right, line[-1][1]))
    canvas.line([at for at, _ in line], [up for _, up in line], "keep", thick=2.6)
    _plans(canvas, plans, [(x(at), y(up)) for at, up in places], writers)
    return canvas.drawing()


def _scales(found: "Curve", places: Sequence[tuple[float, float]], size: tuple[int, int]) -> tuple[Scale, Scale]:
    """From budget and from earnings to pixels; earnings grow upwards."""
    wide, high = size
    most = max([point.budget_minor for point in found.points] + [at for at, _ in places] + [1.0])
    values = [point.value_minor for point in found.points] + [up for _, up in places] + [0.0]
    low, top = min(values), max(values)
    room = 0.08 * (top - low) or 1.0
    return (
        Scale(0.0, 1.02 * most, 54, wide - 14),
        Scale(low - (room if low < 0 else 0.0), top + room, high - 46, 48),
    )


def _grid(canvas: Canvas, x: Scale, y: Scale, writers: Writers) -> None:
    for tick in y.ticks(5):
        canvas.line([x.left, x.right], [y(tick)] * 2, "ink" if tick == 0 else "rule", thick=1.2 if tick == 0 else 0.8)
        canvas.text(x.left - 8, y(tick) + 4, _tick(tick, writers), role="soft", size=11, anchor="end")
    for tick in x.ticks(5):
        canvas.line([x(tick)] * 2, [y.left, y.left + 4], "soft", thick=0.8)
        canvas.text(x(tick), y.left + 18, _tick(tick, writers), role="soft", size=11, anchor="middle")
    canvas.text(x.left - 46, 14, _page(writers, "plan_net"), role="soft", size=11)
    canvas.text(x.right, y.left + 36, _page(writers, "plan_spend_axis"), role="soft", size=11, anchor="end")


def _marks(
    canvas: Canvas, found: "Curve", plans: Sequence[Plan], scales: tuple[Scale, Scale], writers: Writers
) -> None:
    """Where the next coin stops paying, and the budget that was asked for."""
    x, y = scales
    if found.one is not None and x.holds(found.one):
        canvas.bar((x(found.one), x.right), (y.left, y.right), "minus", shade=0.12)
        canvas.line([x(found.one)] * 2, [y.left, y.right], "stop", thick=1.4, dash="--")
        _beside(canvas, x(found.one), 42, _page(writers, "plan_curve_stop"), "stop")
    if plans and x.holds(plans[0].head.budget_minor):
        at = x(plans[0].head.budget_minor)
        canvas.line([at] * 2, [y.left, y.right], "soft", thick=1.2, dash=":")
        _beside(canvas, at, 26, _page(writers, "plan_curve_budget"), "soft")
        canvas.line([at] * 2, [30, y.right], "soft", thick=1.2, dash=":")


def _plans(canvas: Canvas, plans: Sequence[Plan], places: Sequence[tuple[float, float]], writers: Writers) -> None:
    """A diamond for each plan with its name beside it; names that would overlap are moved down."""
    taken: list[tuple[float, float, float]] = []
    for plan, (at, up) in sorted(zip(plans, places, strict=True), key=lambda pair: pair[1][1]):
        role = outlook(plan.head).verdict.value
        canvas.shape([(at, up - 6), (at + 6, up), (at, up + 6), (at - 6, up)], role, hollow=role == "test")
        if outlook(plan.head) is Outlook.NOTHING:  # it stands where the axes meet
            continue
        label = {lang: clipped(name(plan.head, write), 150, 12) for lang, write in writers.items()}
        long = widest([label], 12)
        left = at + 10 if at + 10 + long < canvas.width else at - 10 - long
        base = up + 4
        while any(abs(base - other) < 14 and left < end and start < left + long for start, end, other in taken):
            base += 14
        taken.append((left, left + long, base))
        canvas.text(left, base, label, size=12, bold=True)


def _beside(canvas: Canvas, at: float, y: float, label: Label, role: str) -> None:
    """A label right of a line, or left of it where there is no room."""
    room = at + 6 + max(width(text, 11) for text in label.values()) < canvas.width
    canvas.text(at + 6 if room else at - 6, y, label, role=role, size=11, anchor="start" if room else "end")


def _row(head: Head, writers: Writers) -> Row:
    place = outlook(head)
    return Row(
        name=each(writers, lambda write: name(head, write)),
        verdict=place.verdict,
        word=each(writers, lambda write: f"{MARKS[place.verdict]} {write.words.label('outlook_plan', place.value)}"),
        values=each(writers, lambda write: _figures(head, write)),
        effect=head.worth.net if known(head.worth.net) else None,
        note=each(writers, lambda write: write.words.say("no_interval")),
    )


def _figures(head: Head, write: Amounts) -> str:
    ends = span(head.worth.net, write)
    value = estimate(head.worth.net, write)
    return write.words.say("with_interval", estimate=value, interval=ends) if ends else value


def _tick(minor: float, writers: Mapping[str, Amounts]) -> Label:
    return each(writers, lambda write: write.compact(minor))


def _page(writers: Writers, code: str) -> Label:
    return each(writers, lambda write: write.words.page(code))
