"""Plans as a table for the terminal: one row per plan, as many columns as the width allows."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console, ConsoleOptions, RenderResult
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from netlift.plan.artefact import Head, Plan
from netlift.report.amounts import Amounts, percent
from netlift.report.plan_sentences import cost, whom_reached
from netlift.report.plan_values import Outlook, brief, estimate, gap, name, offers, outlook, span, unbeaten
from netlift.report.table import MARKS, STYLES
from netlift.report.words import words

if TYPE_CHECKING:
    from netlift.plan.make import Made

_WIDTHS = ((112, ("customers", "cost", "loss", "gap", "rivals")), (84, ("customers", "cost", "loss", "gap")),
           (72, ("customers", "cost", "loss")), (58, ("cost",)), (0, ()))  # fmt: skip
"""From so many columns on, these are shown beside plan, what it is expected to earn, and evidence."""


@dataclass(frozen=True, slots=True)
class PlanTable:
    """A Rich renderable that looks at the console's width when it is drawn."""

    made: "Made"
    lang: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the table in the width that there is."""
        if self.made.plans:
            wanted = next(columns for least, columns in _WIDTHS if options.max_width >= least)
            yield _table(self.made, Amounts(words(self.lang), self.made.plans[0].head.currency), wanted)


def plan_table(made: "Made", lang: str = "en") -> PlanTable:
    """One row per plan; fits 100 columns and drops columns below.

    Example:
        `rich.print(plan_table(made, "zh-CN"))`
    """
    return PlanTable(made, lang)


def _table(made: "Made", write: Amounts, wanted: tuple[str, ...]) -> Table:
    page, head = write.words.page, made.plans[0].head
    level = write.words.say("level_ahead", level=percent(head.worth.net.level))
    drawn = Table(
        title=f"{escape(head.shop)} · {page('plan_title')}", caption=page("plan_amounts").format(currency=write.unit),
        box=None, header_style="bold", title_justify="left", caption_justify="left", padding=(0, 1, 1, 0),
        pad_edge=False,
    )  # fmt: skip
    drawn.add_column(f"{page('plan')}\n{page('plan_offers')}", ratio=1, min_width=14, overflow="fold")
    if "customers" in wanted:
        drawn.add_column(page("plan_customers"), justify="right", no_wrap=True)
    if "cost" in wanted:
        drawn.add_column(f"{page('plan_cost')}\n{page('plan_nine_of_ten')}", justify="right", no_wrap=True)
    drawn.add_column(f"{page('plan_net')}\n{level}", justify="right", no_wrap=True)
    for code in ("loss", "gap"):
        if code in wanted:
            drawn.add_column(page(f"plan_{code}"), justify="right", no_wrap=True)
    drawn.add_column(f"{page('result')}\n{page('evidence')}", no_wrap=True)
    if "rivals" in wanted:
        drawn.add_column(page("plan_not_beaten"), max_width=26, overflow="fold")
    for plan in made.plans:
        drawn.add_row(*_row(plan, write, wanted))
    return drawn


def _row(plan: Plan, write: Amounts, wanted: tuple[str, ...]) -> list[Text]:
    head, place, words = plan.head, outlook(plan.head), write.words
    net, empty = head.worth.net, place is Outlook.NOTHING
    given = words.say("plan_offers", n=offers(plan)) if not empty else ""
    cells = [_two(name(head, write), given, "bold")]
    if "customers" in wanted:
        cells.append(Text("" if empty else whom_reached(plan, write)))
    if "cost" in wanted:
        cells.append(_two(brief(cost(head), write), "" if empty else spending(head, write)))
    cells.append(_two(estimate(net, write), span(net, write), "" if net.excludes_zero else "dim"))
    if "loss" in wanted:
        cells.append(Text("" if empty else percent(head.worth.p_loss)))
    if "gap" in wanted:
        cells.append(Text(gap(head)))
    said = f"{MARKS[place.verdict]} {words.label('outlook_plan', place.value)}"
    cells.append(_two(said, "" if empty else words.text("grade", head.grade.value, "short"), STYLES[place.verdict]))
    if "rivals" in wanted:
        cells.append(Text("" if empty else rivals(head, write)))
    return cells


def spending(head: Head, write: Amounts) -> str:
    """Between what nine of ten outcomes spend, without the currency."""
    low, high = head.worth.spend_low, head.worth.spend_high
    if not low < high:
        return ""
    return write.range(write.money(head.worth.net._replace(estimate=low, lower=low, upper=high), sign=False))


def rivals(head: Head, write: Amounts) -> str:
    """The simple answers that it is not shown to beat; in a word where it beats them all."""
    listed = [write.words.text("rival", one.code, "short") or one.code for one in unbeaten(head)]
    if listed:
        return write.words.say("comma").join(listed)
    return write.words.page("plan_all_beaten") if head.rivals else ""


def _two(first: str, second: str, style: str = "") -> Text:
    text = Text(first, style=style)
    return text.append("\n" + second, style="not bold dim") if second else text
