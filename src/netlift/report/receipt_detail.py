"""A data receipt for the terminal with all it holds: facts, refusals with example rows, columns, what is missing."""

from collections.abc import Mapping, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from netlift.report.amounts import Amounts
from netlift.report.receipts import Grid, receipt
from netlift.report.words import words


def receipt_details(receipts: Sequence[Mapping[str, object]], lang: str = "en") -> RenderableType:
    """One block per file.

    Args:
        receipts: receipts as JSON-ready mappings.
        lang: `en` or `zh-CN`.
    """
    return Group(*(_block(one, lang) for one in receipts))


def _block(one: Mapping[str, object], lang: str) -> RenderableType:
    write = Amounts(words(lang), "")
    view = receipt(one, write)
    facts = Table.grid(padding=(0, 2, 0, 0))
    for name, value in view.facts:
        facts.add_row(Text(name, style="dim"), Text(value))  # Text: names and cells of a file are no markup
    notes = [Text.assemble(("! ", "yellow"), (name, "bold"), f": {cost}" if cost else "") for name, cost in view.notes]
    parts: list[RenderableType] = [Text(view.title, style="bold"), Padding(facts, (0, 0, 0, 2))]
    parts += [Padding(_table(grid), (1, 0, 0, 2)) for grid in view.grids]
    return Group(*parts, Text(), *notes, Text())


def _table(grid: Grid) -> Table:
    drawn = Table(
        title=Text(grid.heading, style="bold"), title_justify="left", box=None, padding=(0, 2, 0, 0), header_style="dim"
    )
    for name in grid.columns:
        drawn.add_column(Text(name), overflow="fold")
    for row in grid.rows:
        drawn.add_row(*map(Text, row))
    return drawn
