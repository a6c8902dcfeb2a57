"""Responses as a table for the terminal: one row per offer, as many columns as the width allows."""

from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from netlift.report.amounts import count, percent
from netlift.report.respond_sentences import share
from netlift.report.respond_values import SURE, Outlook, Values, names, outlook_label, outlooks, values
from netlift.report.table import DENSE, MARKS, STYLES
from netlift.response.results import Learned, Responses

_WIDTHS = ((98, ("scored", "cost", "moved", "differ")), (82, ("scored", "cost", "moved")), (68, ("moved",)), (0, ()))
"""From so many columns on, these are shown beside offer, net margin and evidence."""


@dataclass(frozen=True, slots=True)
class ResponseTable:
    """A Rich renderable that looks at the console's width when it is drawn."""

    responses: Responses
    lang: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the table in the width that there is, and below it the offers that could not be learned from."""
        value = values(self.responses, self.lang)
        if self.responses.learned:
            wanted = next(columns for least, columns in _WIDTHS if options.max_width >= least)
            yield _table(self.responses, value, wanted)
        for unknown in self.responses.unknown:
            words, name = value.write.words, unknown.offer.name or unknown.offer.offer_id
            yield Text(f"○ {name}{words.say('colon')}{words.label('reason', unknown.refused.value)}", style="dim")


def response_table(responses: Responses, lang: str = "en") -> ResponseTable:
    """One row per offer; fits 100 columns and drops columns below.

    Example:
        `rich.print(response_table(responses, "zh-CN"))`
    """
    return ResponseTable(responses, lang)


def _table(responses: Responses, value: Values, wanted: tuple[str, ...]) -> Table:
    page, learned = value.write.words.page, responses.learned
    level = value.write.words.say("level_ahead", level=percent(learned[0].net.level))
    heading = page("respond_title") if value.money else responses.outcome
    drawn = Table(
        title=f"{escape(responses.name)} · {escape(heading)}", box=None, header_style="bold", title_justify="left",
        padding=(0, 1, 0 if len(learned) > DENSE else 1, 0), pad_edge=False, caption_justify="left",
        caption=_caption(value),
    )  # fmt: skip
    drawn.add_column(f"{page('offer')}\n{page('source')}", ratio=1, min_width=16, overflow="fold")
    if "scored" in wanted:
        drawn.add_column(page("scored"), justify="right", no_wrap=True)
    net = page("net_margin") if value.money else page("change")
    drawn.add_column(f"{net}\n{level}", justify="right", no_wrap=True)
    if "cost" in wanted and value.money:
        drawn.add_column(page("cost_each"), justify="right", no_wrap=True)
    if "moved" in wanted:
        drawn.add_column(page("moved_harmed"), justify="right", no_wrap=True)
    if "differ" in wanted:
        drawn.add_column(page("differences_short"), no_wrap=True)
    drawn.add_column(f"{page('result')}\n{page('evidence')}", no_wrap=True)
    for name, one, outlook in zip(names(learned), learned, outlooks(learned), strict=True):
        drawn.add_row(*_row(name, one, outlook, value, wanted))
    return drawn


def _caption(value: Values) -> str:
    code = "respond_amounts" if value.money else "respond_plain_amounts"
    return value.write.words.page(code).format(unit=value.unit, level=percent(SURE))


def _row(name: str, one: Learned, outlook: Outlook, value: Values, wanted: tuple[str, ...]) -> list[Text]:
    words = value.write.words
    cells = [_two(name, words.label("source", one.source.value), "bold")]
    if "scored" in wanted:
        cells.append(Text(count(one.scored)))
    cells.append(_two(value.estimate(one.net), value.range(one.net), _style(outlook)))
    if "cost" in wanted and value.money:
        cells.append(_two(value.estimate(one.cost, sign=False), value.range(one.cost, sign=False)))
    if "moved" in wanted:
        cells.append(_two(_counted(one.moved, one, value), _counted(one.harmed, one, value)))
    if "differ" in wanted:
        cells.append(_two(words.page("yes" if one.personal else "no"), _slope(one, value)))
    said = f"{MARKS[outlook.verdict]} {outlook_label(outlook, value)}"
    return [*cells, _two(said, words.text("grade", one.grade.value, "short"), STYLES[outlook.verdict])]


def _slope(one: Learned, value: Values) -> str:
    """The calibration slope alone; empty where there is none."""
    return Values(value.write, money=False).shown(one.slope, sign=False).estimate if one.slope else ""


def _counted(part: int, one: Learned, value: Values) -> str:
    """A count with its share."""
    of = share(part, one.scored)
    return value.write.words.say("moved_share", moved=count(part), share=of) if of else count(part)


def _style(outlook: Outlook) -> str:
    return "" if outlook in {Outlook.PAYS, Outlook.LOSES} else "dim"


def _two(first: str, second: str, style: str = "") -> Text:
    return Text(first, style=style).append("\n" + second, style="not bold dim")
