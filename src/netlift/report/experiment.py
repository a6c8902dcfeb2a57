"""The audit of one experiment's table for people: a table for the terminal, sentences, an HTML report."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from netlift.evaluation.experiment_table import ArmMean, Comparison, ExperimentAudit
from netlift.report import sentences
from netlift.report.amounts import MINUS, Amounts, count, percent
from netlift.report.canvas import Drawing
from netlift.report.cells import Cell
from netlift.report.figures import Writers, each
from netlift.report.forest import Frame, Row, draw_forest
from netlift.report.plain import (
    VERDICTS,
    PlainPage,
    Scaled,
    Section,
    each_language,
    figure,
    level_of,
    plain_amounts,
    plain_effect,
    warnings,
    with_level,
    without_level,
    write_pages,
)
from netlift.report.table import MARKS, STYLES


@dataclass(frozen=True, slots=True)
class ExperimentTable:
    """A Rich renderable: one row per comparison; narrow consoles lose the relative change."""

    audit: ExperimentAudit
    lang: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the table in the width that there is."""
        write, say = plain_amounts(self.lang), plain_amounts(self.lang).words.page
        wide = options.max_width >= 92
        drawn = Table(box=None, padding=(0, 1, 1, 0), pad_edge=False, header_style="bold")
        drawn.add_column(f"{say('comparison')}\n{say('outcome')}", ratio=1, min_width=18, overflow="fold")
        drawn.add_column(f"{say('with_it')}\n{say('against')}", justify="right", no_wrap=True)
        drawn.add_column(f"{say('change')}\n{level_of(self.audit.level, write)}", justify="right", no_wrap=True)
        if wide:
            drawn.add_column(f"{say('relative')}\n{level_of(self.audit.level, write)}", justify="right", no_wrap=True)
        drawn.add_column(f"{say('result')}\n{say('p_corrected')}", no_wrap=True)
        for one in self.audit.comparisons:
            drawn.add_row(*_terminal_row(one, self.audit, write, wide=wide))
        yield drawn


def experiment_table(audit: ExperimentAudit, lang: str = "en") -> ExperimentTable:
    """One row per comparison and outcome.

    Example:
        `rich.print(experiment_table(audit))`
    """
    return ExperimentTable(audit, lang)


def experiment_headline(audit: ExperimentAudit, lang: str = "en") -> tuple[str, ...]:
    """What is shown for each pair of arms, what became of the checks, and what would decide what is open."""
    write = plain_amounts(lang)
    said = [_pair(arm, against, audit, write) for arm, against in _pairs(audit)]
    return (*said, sentences.checked(audit.checks, write), *_needed(audit, write))


def write_experiment_html(audit: ExperimentAudit, path: Path | str, lang: str = "en", title: str = "") -> Path:
    """Write a self-contained HTML report in both languages.

    Args:
        audit: what the table says.
        path: where to write; an existing file is replaced only when the new one is complete.
        lang: the language that is shown first.
        title: stands above the heading, for example the file's name.
    """
    writers = each_language()
    drawn = {outcome: _forests(outcome, audit, writers) for outcome in audit.roles.outcomes}
    return write_pages([_page(audit, write, drawn, title) for write in writers.values()], path, lang)


def _pairs(audit: ExperimentAudit) -> list[tuple[str, str]]:
    return list(dict.fromkeys((one.arm, one.against) for one in audit.comparisons))


def _pair(arm: str, against: str, audit: ExperimentAudit, write: Amounts) -> str:
    """One sentence for two arms over all outcomes: where it beats, is beaten, and is not shown to differ."""
    say, mine = write.words.say, [one for one in audit.comparisons if (one.arm, one.against) == (arm, against)]
    parts = []
    for wording in VERDICTS:
        outcomes = [one.outcome for one in mine if one.wording == wording]
        if outcomes:
            parts.append(say(wording, outcomes=write.words.listed(outcomes)))
    return say("pair", arm=say("name", name=arm), against=say("name", name=against), parts=say("next_join").join(parts))


def _needed(audit: ExperimentAudit, write: Amounts) -> list[str]:
    """The test that would decide the first open comparison with control."""
    for one in audit.comparisons:
        if one.needed is not None and one.against == audit.roles.control:
            name = write.words.say("name", name=one.arm)
            return [write.words.say(
                "needed", worth=percent(audit.worth), outcome=one.outcome, arm=name,
                total=count(one.needed.total), treatment=count(one.needed.treatment), control=count(one.needed.control),
            )]  # fmt: skip
    return []


def _scaled(outcome: str, audit: ExperimentAudit, write: Amounts) -> Scaled:
    return Scaled(write, any(arm.rate is not None for arm in audit.arms if arm.outcome == outcome))


def _arm(name: str, outcome: str, audit: ExperimentAudit) -> ArmMean:
    return next(arm for arm in audit.arms if arm.arm == name and arm.outcome == outcome)


def _means(one: Comparison, audit: ExperimentAudit, write: Amounts) -> tuple[Cell, Cell]:
    """Both arms' means as they were, with their counts."""
    scaled = _scaled(one.outcome, audit, write)
    cells = []
    for name in (one.arm, one.against):
        arm = _arm(name, one.outcome, audit)
        text = scaled.base(arm.mean, one.raw.lower, one.raw.upper)
        of = write.words.say("n_of", part=count(round(arm.mean * arm.n)), whole=count(arm.n))
        cells.append(Cell(text, of if scaled.share else write.words.say("n_units", n=count(arm.n)), arm.mean))
    return cells[0], cells[1]


def _change(one: Comparison, audit: ExperimentAudit, write: Amounts) -> tuple[str, str]:
    best = one.best
    return _scaled(one.outcome, audit, write).change(best.estimate, best.lower, best.upper, best.level)


def _relative(one: Comparison, audit: ExperimentAudit, write: Amounts) -> tuple[str, str]:
    best = one.best
    ends = (best.relative, best.relative_lower, best.relative_upper)
    return _scaled(one.outcome, audit, write).relative(*ends, best.level)


def _p(value: float, write: Amounts) -> str:
    return write.words.say("p_value", p=f"{value:.3f}") if value >= 0.001 else write.words.say("p_below", p="0.001")


def _terminal_row(one: Comparison, audit: ExperimentAudit, write: Amounts, *, wide: bool) -> list[Text]:
    verdict = VERDICTS[one.wording]
    label = f"{MARKS[verdict]} {write.words.label('wording', one.wording)}"
    arm, against = _means(one, audit, write)
    cells = [
        _two(write.words.say("versus", arm=one.arm, against=one.against), one.outcome, "bold"),
        _two(arm.text, against.text),
        _two(*without_level(_change(one, audit, write), audit.level, write)),
    ]
    if wide:
        cells.append(_two(*without_level(_relative(one, audit, write), audit.level, write)))
    return [*cells, _two(label, _p(one.p_holm, write), STYLES[verdict])]


def _two(first: str, second: str, style: str = "") -> Text:
    return Text(first, style=style).append("\n" + second, style="not bold dim")


def _forests(outcome: str, audit: ExperimentAudit, writers: Writers) -> tuple[Drawing | None, Drawing | None]:
    listed = [one for one in audit.comparisons if one.outcome == outcome]
    factor = _scaled(outcome, audit, next(iter(writers.values()))).factor
    mark = "%" if factor > 1 else ""
    frame = Frame(
        unit=each(writers, lambda write: level_of(audit.level, write)),
        lost=each(writers, lambda write: write.words.page("less")),
        paid=each(writers, lambda write: write.words.page("more")),
        tick=lambda value: {"": f"{value:g}{mark}".replace("-", MINUS)},
    )
    rows = [_forest_row(one, audit, writers, factor) for one in listed]
    return draw_forest(rows, frame), draw_forest(rows, frame, wide=360)


def _forest_row(one: Comparison, audit: ExperimentAudit, writers: Writers, factor: float) -> Row:
    verdict, best = VERDICTS[one.wording], one.best

    def values(write: Amounts) -> str:
        text, interval = without_level(_change(one, audit, write), audit.level, write)
        return write.words.say("with_interval", estimate=text, interval=interval)

    return Row(
        name=each(writers, lambda write: write.words.say("versus", arm=one.arm, against=one.against)), verdict=verdict,
        word=each(writers, lambda write: f"{MARKS[verdict]} {write.words.label('wording', one.wording)}"),
        values=each(writers, values), note={"": ""},
        effect=plain_effect(best.estimate, best.lower, best.upper, best.level, factor=factor),
    )  # fmt: skip


def _page(
    audit: ExperimentAudit, write: Amounts, drawn: dict[str, tuple[Drawing | None, Drawing | None]], title: str
) -> PlainPage:
    say = write.words.page
    return PlainPage(
        lang=write.words.lang, words=write.words, title=title, subtitle=say("experiment_subtitle"),
        headline=experiment_headline(audit, write.words.lang),
        tiles=((say("rows"), count(audit.rows)), (say("arms"), str(len(audit.roles.arms))),
               (say("control"), audit.roles.control), (say("comparisons"), str(len(audit.comparisons)))),
        sections=tuple(_section(outcome, audit, write, drawn[outcome]) for outcome in audit.roles.outcomes),
        checks=tuple(sentences.check(one, write) for one in audit.checks), warnings=warnings(audit.warnings, write),
        notes=(say("note_best"), say("note_holm"), say("note_interval").format(level=percent(audit.level))),
    )  # fmt: skip


def _section(
    outcome: str, audit: ExperimentAudit, write: Amounts, drawn: tuple[Drawing | None, Drawing | None]
) -> Section:
    say, listed = write.words.page, [one for one in audit.comparisons if one.outcome == outcome]
    columns = ("comparison", "result", "change", "relative", "with_it", "against", "beside")
    return Section(
        heading=outcome,
        note=write.words.say("section_note", level=percent(audit.level)),
        svg=figure(drawn, write.words.lang, f"{outcome}: {say('change')}"),
        columns=with_level(columns, audit.level, write),
        rows=tuple(_cells(one, audit, write) for one in listed),
        chips=tuple((VERDICTS[one.wording].value, MARKS[VERDICTS[one.wording]]) for one in listed),
    )


def _cells(one: Comparison, audit: ExperimentAudit, write: Amounts) -> tuple[Cell, ...]:
    name = write.words.say("versus", arm=one.arm, against=one.against)
    result = Cell(write.words.label("wording", one.wording), _p(one.p_holm, write), one.p_holm)
    change = Cell(*without_level(_change(one, audit, write), audit.level, write))
    relative = Cell(*without_level(_relative(one, audit, write), audit.level, write))
    return (Cell(name), result, change, relative, *_means(one, audit, write), Cell("", _beside(one, audit, write)))


def _beside(one: Comparison, audit: ExperimentAudit, write: Amounts) -> str:
    """The same comparison by the other estimators, so that nobody has to ask."""
    scaled, others = _scaled(one.outcome, audit, write), []
    if one.adjusted is not None:
        others.append(("unadjusted", one.raw.estimate, one.raw.lower, one.raw.upper))
    if one.winsorised is not None:
        capped = one.winsorised.difference
        others.append(("capped", capped.estimate, capped.lower, capped.upper))
    if one.bootstrap is not None:
        others.append(("bootstrap", one.bootstrap.estimate, one.bootstrap.lower, one.bootstrap.upper))
    return write.words.say("next_join").join(_other(code, ends, scaled, audit.level) for code, *ends in others)


def _other(code: str, ends: Sequence[float], scaled: Scaled, level: float) -> str:
    text, interval = scaled.change(ends[0], ends[1], ends[2], level)
    short = without_level((text, interval), level, scaled.write)[1]
    said = scaled.write.words.say("with_interval", estimate=text, interval=short)
    return f"{scaled.write.words.page(code)}{scaled.write.words.say('colon')}{said}"
