"""The audit as a table for the terminal: one row per promotion, as many columns as the width allows."""

from dataclasses import dataclass, replace

from rich.console import Console, ConsoleOptions, RenderResult
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from netlift.evaluation.results import Audit, Finding
from netlift.report.amounts import Amounts, Shown, amounts, count, percent
from netlift.report.standing import subsidy_of
from netlift.types import Effect, Verdict

MARKS = {Verdict.KEEP: "▲", Verdict.SHRINK: "◆", Verdict.STOP: "▼", Verdict.TEST: "○"}
"""A shape for each verdict, so that nothing rests on colour alone."""
STYLES = {Verdict.KEEP: "blue", Verdict.SHRINK: "yellow", Verdict.STOP: "red", Verdict.TEST: "dim"}

DENSE = 12
"""With more promotions than this there is no blank line between two."""
_WIDTHS = ((96, ("reached", "per_coin", "subsidised")), (86, ("reached", "subsidised")), (78, ("subsidised",)), (0, ()))
"""From so many columns on, these are shown beside promotion, discount, net lift, verdict and evidence."""


@dataclass(frozen=True, slots=True)
class AuditTable:
    """A Rich renderable that looks at the console's width when it is drawn."""

    audit: Audit
    lang: str
    most: int | None = None

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the table in the width that there is."""
        if not self.audit.findings:
            yield Text(amounts(self.audit, self.lang).words.page("none_found"))
            return
        wanted = next(columns for least, columns in _WIDTHS if options.max_width >= least)
        write, shown = amounts(self.audit, self.lang), self.audit.findings[: self.most]
        yield _table(replace(self.audit, findings=shown), write, wanted)
        if rest := len(self.audit.findings) - len(shown):
            yield Text(write.words.say("table_more", n=count(rest)))


def table(audit: Audit, lang: str = "en", *, most: int | None = None) -> AuditTable:
    """One row per promotion; fits 100 columns and drops columns below.

    Example:
        `rich.print(table(audit, "zh-CN"))`

    Args:
        audit: what was found.
        lang: `en` or `zh-CN`.
        most: show at most so many, those with most money at stake, and say how many more there are; None: all.
    """
    return AuditTable(audit, lang, most)


def _table(audit: Audit, write: Amounts, wanted: tuple[str, ...]) -> Table:
    page, level = write.words.page, write.words.say("level_ahead", level=percent(audit.level))
    gap = 0 if len(audit.findings) > DENSE else 1
    drawn = Table(
        title=f"{escape(audit.shop)} · {page('title')}", caption=page("amounts_in").format(currency=write.unit),
        box=None, padding=(0, 1, gap, 0), pad_edge=False, header_style="bold", title_justify="left",
        caption_justify="left",
    )  # fmt: skip
    drawn.add_column(f"{page('promotion')}\n{page('when')}", ratio=1, min_width=16, overflow="fold")
    if "reached" in wanted:
        drawn.add_column(page("reached_redeemed").replace(" / ", "\n"), justify="right", no_wrap=True)
    drawn.add_column(page("discount"), justify="right", no_wrap=True)
    drawn.add_column(f"{page('net_lift')}\n{level}", justify="right", no_wrap=True)
    if "per_coin" in wanted:
        drawn.add_column(page("per_coin_short"), justify="right", no_wrap=True)
    if "subsidised" in wanted:
        drawn.add_column(page("subsidised_short"), justify="right", no_wrap=True)
    drawn.add_column(f"{page('verdict')}\n{page('evidence')}", no_wrap=True)
    for finding in audit.findings:
        drawn.add_row(*_row(finding, write, wanted))
    return drawn


def _row(finding: Finding, write: Amounts, wanted: tuple[str, ...]) -> list[Text]:
    name = Text(finding.name or finding.promotion_id, style="bold").append(
        "\n" + write.dates(finding.window), style="not bold dim"
    )
    cells = [name]
    if "reached" in wanted:
        cells.append(_two(count(finding.customers), count(finding.redemptions)))
    cells.append(Text(write.brief(finding.discount_minor)))
    cells.append(_lift(finding, write))
    if "per_coin" in wanted:
        cells.append(_effect(finding.per_coin, write.ratio(finding.per_coin), write) if finding.per_coin else Text())
    if "subsidised" in wanted:
        cells.append(Text(subsidised(finding)))
    return [*cells, _verdict(finding, write)]


def subsidised(finding: Finding) -> str:
    """Share of the discount that fell on units that would have been sold anyway; empty if unknown."""
    part = subsidy_of(finding)
    return percent(part.subsidy / part.given) if part is not None and part.given > 0 else ""


def _lift(finding: Finding, write: Amounts) -> Text:
    if finding.net_lift is None:
        code = finding.refused.value if finding.refused else "no_outcome"
        return Text(write.words.label("reason", code), style="italic")
    return _effect(finding.net_lift, write.money(finding.net_lift), write)


def _effect(effect: Effect, shown: Shown, write: Amounts) -> Text:
    style = "" if effect.excludes_zero else "dim"
    return _two(shown.estimate or write.words.page("limits"), write.range(shown), style)


def _two(first: str, second: str, style: str = "") -> Text:
    return Text(first, style=style).append("\n" + second, style="not bold dim")


def _verdict(finding: Finding, write: Amounts) -> Text:
    said = f"{MARKS[finding.verdict]} {write.words.label('verdict', finding.verdict.value)}"
    grade = write.words.text("grade", finding.grade.value, part="short") if finding.grade else ""
    return Text(said, style=STYLES[finding.verdict]).append("\n" + grade, style="not bold dim")
