"""What `respond` does: workspace or table in, response table and report out, sentences on the screen."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from netlift.cli._auditing import MEMORY_MB, Output, _progress, _terms

if TYPE_CHECKING:
    import pyarrow as pa
    from rich.console import Console

    from netlift.evaluation.experiment_roles import Roles
    from netlift.report.respond_tally import Tally
    from netlift.response.results import Responses

LISTED = 12
"""At most so many things that are not shown are listed in the terminal; the report has all."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the user wants to know."""

    as_of: datetime | None
    """First day that must not be read; None: the day after the last order."""
    level: float
    seed: int
    margin: float | None
    assume: Path | None = None
    """File of declared offers."""


def respond_workspace(path: Path, asked: Asked, output: Output) -> None:
    """Learn from the offers of a workspace, keep the response table, report."""
    from netlift.data.workspace import Workspace
    from netlift.engines.base import Settings
    from netlift.engines.duckdb import connect
    from netlift.history.shop import open_shop
    from netlift.report.respond_tally import Tally
    from netlift.response.assumed_file import read_assumptions
    from netlift.response.respond import respond
    from netlift.schema import TABLES

    workspace, tally = Workspace.open(path), Tally()
    with connect(Settings(memory_mb=MEMORY_MB, temp_folder=workspace.path / "spill")) as con, _progress() as tell:
        for name in TABLES:
            workspace.relation(con, name).create_view(name)
        shop = open_shop(con, _terms(con, workspace, asked.margin))
        found = respond(
            shop, name=workspace.settings.name, as_of=asked.as_of, level=asked.level, seed=asked.seed,
            declared=() if asked.assume is None else read_assumptions(asked.assume),
            write=lambda rows: workspace.keep("response", tally.watch(rows)), on_progress=tell,
        )  # fmt: skip
    found = replace(found, facts={**found.facts, "margin": shop.terms.margin})
    show(found, output, output.report or workspace.path / "reports" / "respond.html", tally)


def respond_experiment(
    path: Path,
    asked: Asked,
    output: Output,
    *,
    unit: str | None,
    arm: str | None,
    control: str | None,
    outcomes: Sequence[str] | None,
    covariates: Sequence[str] | None,
) -> None:
    """Learn from a table with one row per unit whom each arm moves."""
    from netlift.evaluation.experiment_roles import experiment_roles
    from netlift.evaluation.plain_tables import encoded, numbers_of, read_table, texts_of
    from netlift.response.experiment import experiment

    table = read_table(path)
    roles = experiment_roles(
        table, unit=unit, arm=arm, control=control, outcomes=outcomes or None, covariates=covariates or None
    )
    table = _complete(table, roles)
    X, names = encoded(table, roles.covariates)
    with _progress() as tell:
        found = experiment(
            X, texts_of(table, roles.arm), {name: numbers_of(table, name) for name in roles.outcomes},
            arms=roles.arms, names=names, name=path.name, level=asked.level, seed=asked.seed,
            on_progress=tell,
        )  # fmt: skip
    show(found, output, output.report or Path(f"{path.name.split('.')[0]}.respond.html"))


def _complete(table: "pa.Table", roles: "Roles") -> "pa.Table":
    """The rows with an arm and every outcome; says how many others there were."""
    import numpy as np

    from netlift.evaluation.plain_tables import numbers_of, texts_of

    kept = texts_of(table, roles.arm) != ""
    for name in roles.outcomes:
        kept &= np.isfinite(numbers_of(table, name))
    if left := int((~kept).sum()):
        typer.echo(f"left out {left} of {len(kept)} rows, which have no arm or miss an outcome", err=True)
    return table.filter(kept)


def show(found: "Responses | Sequence[Responses]", output: Output, report: Path, tally: "Tally | None" = None) -> None:
    """Write the report and the table of offers, and print tables and sentences, or JSON.

    Args:
        found: of a shop, or one for each outcome of a plain experiment; JSON is then a list.
        output: what was asked for.
        report: where the HTML goes.
        tally: how many rows of the response table carry each reason.
    """
    from netlift.report.respond_html import write_responses_html
    from netlift.report.respond_json import to_json, to_table
    from netlift.response.results import Responses

    listed = [found] if isinstance(found, Responses) else found
    report.parent.mkdir(parents=True, exist_ok=True)
    write_responses_html(found, report, output.lang, tally)
    if output.table is not None:
        import pyarrow.parquet as pq

        output.table.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(to_table(*listed), output.table)
    if output.json:
        import json

        told = to_json(found) if isinstance(found, Responses) else [to_json(one) for one in found]
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2, allow_nan=False))
        return
    _print(listed, report, output.lang)


def _print(found: "Sequence[Responses]", report: Path, lang: str) -> None:
    """Tables, the four answers with their questions, what is not shown, and the report's path."""
    from rich.console import Console

    from netlift.report.respond_table import response_table

    console = Console()
    for place, one in enumerate(found):
        if place:
            console.print()
        console.print(response_table(one, lang))
        _print_answers(console, one, lang)
    console.print(f"\n{report.resolve()}", highlight=False, markup=False, soft_wrap=True, style="bold")


def _print_answers(console: "Console", found: "Responses", lang: str) -> None:
    from rich.text import Text

    from netlift.report.respond_sentences import LEADS, headline, not_shown, pilots
    from netlift.report.respond_values import values

    value = values(found, lang)
    page, say = value.write.words.page, value.write.words.say
    for lead, answer in zip(LEADS, headline(found, value), strict=True):
        if answer:
            console.print(Text(f"• {page(lead)}{say('colon')}", style="bold").append(answer, style="not bold"))
    listed = not_shown(found, value)
    if listed:
        console.print(Text(f"\n{page('respond_open')}", style="bold"))
    for text in listed[:LISTED]:
        console.print(Text(f"  ○ {text}"))
    if (rest := len(listed) - LISTED) > 0:
        console.print(Text(f"  {say('respond_rest', n=rest)}", style="dim"))
    for text in pilots(found, value)[:1]:
        console.print(Text(f"\n{text}"))
