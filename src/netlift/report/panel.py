"""The audit of a plain panel for people: a table for the terminal, sentences, an HTML report."""

import math
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from netlift.evaluation.panel_table import PanelAudit, PanelEffect
from netlift.report import sentences
from netlift.report.amounts import Amounts, count, percent
from netlift.report.bars import Bar, draw_bars
from netlift.report.canvas import Drawing
from netlift.report.cells import Cell
from netlift.report.figures import Writers, each
from netlift.report.plain import (
    PlainPage,
    Scaled,
    Section,
    each_language,
    figure,
    level_of,
    plain_amounts,
    with_level,
    without_level,
    write_pages,
)
from netlift.report.table import MARKS, STYLES
from netlift.types import Grade, Verdict


@dataclass(frozen=True, slots=True)
class PanelTable:
    """A Rich renderable: one row per outcome."""

    audit: PanelAudit
    lang: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the table; it is narrow enough for any console."""
        write, say = plain_amounts(self.lang), plain_amounts(self.lang).words.page
        level = level_of(self.audit.level, write)
        drawn = Table(box=None, padding=(0, 1, 1, 0), pad_edge=False, header_style="bold")
        drawn.add_column(say("outcome"), ratio=1, min_width=12, overflow="fold")
        drawn.add_column(f"{say('with_it')}\n{say('without_it')}", justify="right", no_wrap=True)
        drawn.add_column(f"{say('change')}\n{level}", justify="right", no_wrap=True)
        drawn.add_column(f"{say('relative')}\n{level}", justify="right", no_wrap=True)
        drawn.add_column(f"{say('result')}\n{say('evidence')}", no_wrap=True)
        for one in self.audit.effects:
            drawn.add_row(*_terminal_row(one, write))
        yield drawn


def panel_table(audit: PanelAudit, lang: str = "en") -> PanelTable:
    """One row per outcome.

    Example:
        `rich.print(panel_table(audit))`
    """
    return PanelTable(audit, lang)


def panel_headline(audit: PanelAudit, lang: str = "en") -> tuple[str, ...]:
    """One sentence per outcome on what is shown, and one on how sure it is."""
    write = plain_amounts(lang)
    return (*(_sentence(one, write) for one in audit.effects), *(_sure(one, write) for one in audit.effects))


def write_panel_html(audit: PanelAudit, path: Path | str, lang: str = "en", title: str = "") -> Path:
    """Write a self-contained HTML report in both languages.

    Args:
        audit: what the panel says.
        path: where to write; an existing file is replaced only when the new one is complete.
        lang: the language that is shown first.
        title: stands above the heading, for example the file's name.
    """
    writers = each_language()
    drawn = {one.outcome: _bars(one, writers) for one in audit.effects}
    return write_pages([_page(audit, write, drawn, title) for write in writers.values()], path, lang)


def _verdict(one: PanelEffect) -> Verdict:
    """More, less, or not shown; a comparison that finds effects where there are none shows nothing."""
    if not one.total.excludes_zero or _doubted(one):
        return Verdict.TEST
    return Verdict.KEEP if one.total.lower > 0 else Verdict.STOP


def _doubted(one: PanelEffect) -> bool:
    failed = [check.code for check in one.checks if check.passed is False]
    return one.total.grade is Grade.WEAK or any(code.startswith("placebo") for code in failed)


def _change(one: PanelEffect, write: Amounts) -> tuple[str, str]:
    total = one.total
    return Scaled(write, share=False).change(total.estimate, total.lower, total.upper, total.level)


def _relative(one: PanelEffect, write: Amounts) -> tuple[str, str]:
    ends = (one.relative, one.relative_lower, one.relative_upper)
    return Scaled(write, share=False).relative(*ends, one.total.level)


def _level_of_base(value: float, one: PanelEffect, write: Amounts) -> str:
    return Scaled(write, share=False).base(value, one.total.lower, one.total.upper)


def _sentence(one: PanelEffect, write: Amounts) -> str:
    unsure = "panel_doubt" if one.total.excludes_zero else "panel_open"
    code = {Verdict.KEEP: "panel_more", Verdict.STOP: "panel_less", Verdict.TEST: unsure}[_verdict(one)]
    text, interval = _change(one, write)
    relative = _relative(one, write)[0]
    said = write.words.say(
        code, outcome=one.outcome, change=text, interval=interval, base=_level_of_base(one.base, one, write)
    )
    return said + (write.words.say("panel_relative", relative=relative) if relative else "")


def _sure(one: PanelEffect, write: Amounts) -> str:
    words, grade = write.words, one.total.grade.value
    checked = sentences.checked(one.checks, write)
    name = words.label("grade", grade)
    return f"{one.outcome}{words.say('colon')}{words.say('sure', grade=name, text=checked)}"


def _short(said: tuple[str, str], write: Amounts, level: float) -> Text:
    text, ends = without_level(said, level, write)
    return Text(text).append("\n" + ends, style="not bold dim")


def _terminal_row(one: PanelEffect, write: Amounts) -> list[Text]:
    verdict, level = _verdict(one), one.total.level
    means = Text(_level_of_base(one.observed, one, write)).append(
        "\n" + _level_of_base(one.base, one, write), style="dim"
    )
    result = Text(f"{MARKS[verdict]} {write.words.label('course', verdict.value)}", style=STYLES[verdict])
    result.append("\n" + write.words.text("grade", one.total.grade.value, part="short"), style="not bold dim")
    change, relative = _short(_change(one, write), write, level), _short(_relative(one, write), write, level)
    return [Text(one.outcome, style="bold"), means, change, relative, result]


def _bars(one: PanelEffect, writers: Writers) -> tuple[Drawing | None, Drawing | None]:
    """What would have come, the difference with its interval, and what came."""
    if math.isnan(one.base):
        return None, None
    total = one.total

    def bar(code: str, value: float, ends: tuple[float, float], role: str) -> Bar:
        said = each(writers, lambda write: _level_of_base(value, one, write))
        return Bar(each(writers, lambda write: write.words.page(code)), *ends, role, said=said)

    change = bar("change", total.estimate, (one.base, one.observed), "plus" if total.estimate >= 0 else "minus")
    bars = [
        bar("without_it", one.base, (0.0, one.base), "total"),
        replace(
            change,
            bold=True,
            said=each(writers, lambda write: _change(one, write)[0]),
            whisker=(one.base + total.lower, one.base + total.upper),
        ),
        bar("with_it", one.observed, (0.0, one.observed), "total"),
    ]
    unit = each(writers, lambda write: level_of(total.level, write))
    return draw_bars(bars, 860, writers, unit), draw_bars(bars, 360, writers, unit)


def _page(
    audit: PanelAudit, write: Amounts, drawn: dict[str, tuple[Drawing | None, Drawing | None]], title: str
) -> PlainPage:
    say = write.words.page
    return PlainPage(
        lang=write.words.lang, words=write.words, title=title, subtitle=say("panel_subtitle"),
        headline=panel_headline(audit, write.words.lang),
        tiles=((say("units"), count(audit.units)), (say("periods"), count(audit.periods)),
               (say("treated_units"), count(audit.treated_units)), (say("affected_cells"), count(audit.affected_cells)),
               (say("missing_cells"), count(audit.missing_cells))),
        sections=tuple(_section(one, write, drawn[one.outcome]) for one in audit.effects),
        checks=(), warnings=(), notes=(say("note_panel"), say("note_interval").format(level=percent(audit.level))),
    )  # fmt: skip


def _section(one: PanelEffect, write: Amounts, drawn: tuple[Drawing | None, Drawing | None]) -> Section:
    say, verdict = write.words.page, _verdict(one)
    columns = ("outcome", "result", "change", "relative", "with_it", "without_it", "evidence")
    total, unit = one.total, "cell"
    change, relative = (
        without_level(said, total.level, write) for said in (_change(one, write), _relative(one, write))
    )
    means = (Cell(_level_of_base(value, one, write)) for value in (one.observed, one.base))
    result, grade = (write.words.label(*key) for key in (("course", verdict.value), ("grade", total.grade.value)))
    row = (Cell(one.outcome), Cell(result), Cell(*change), Cell(*relative), *means, Cell(grade))
    treated, control = (sentences.units(n, unit, write) for n in (total.n_treated, total.n_control))
    return Section(
        heading=one.outcome,
        note=write.words.text("design", "regions", treated=treated, control=control),
        svg=figure(drawn, write.words.lang, f"{one.outcome}: {say('change')}"),
        columns=with_level(columns, one.total.level, write),
        rows=(row,),
        chips=((verdict.value, MARKS[verdict]),),
        checks=tuple(sentences.check(check, write) for check in one.checks),
    )
