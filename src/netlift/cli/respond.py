"""`netlift respond`: who is moved by which offer, and what is not shown. From a workspace or a plain experiment."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from netlift.cli import _options as option
from netlift.cli._auditing import Output
from netlift.cli._responding import Asked, respond_experiment, respond_workspace
from netlift.errors import ConfigError

Workspace = Annotated[
    Path | None, typer.Argument(help="Workspace with orders and a list of who was reached.", show_default=False)
]
AsOf = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help="Nothing of this day (UTC) or later is read; default: all data."),
]
Assume = Annotated[
    Path | None, typer.Option(help="TOML file of offers without a log: what you expect of them, or only their depth.")
]
Report = Annotated[Path | None, typer.Option(help="HTML report; default: reports/respond.html in the workspace.")]
Table = Annotated[Path | None, typer.Option(help="Also write one row per offer as a Parquet table.")]
Experiment = Annotated[
    Path | None, typer.Option(help="Learn from a plain table instead: one row per unit with its arm and outcomes.")
]


def respond(
    workspace: Workspace = None,
    *,
    as_of: AsOf = None,
    assume: Assume = None,
    margin: option.Margin = None,
    level: option.Level = 0.9,
    seed: option.Seed = 0,
    lang: option.Lang = "en",
    report: Report = None,
    table: Table = None,
    json: option.Json = False,
    experiment: Experiment = None,
    unit: option.Unit = None,
    arm: option.Arm = None,
    control: option.Control = None,
    outcomes: option.Outcomes = None,
    covariates: option.Covariates = None,
) -> None:
    """Learn what each past offer changes for each customer: net margin with an interval, and what is not shown.

    Writes one row per customer and offer to derived/response.parquet in the workspace.
    """
    output = Output(lang, report, table, json)
    asked = Asked(as_of.replace(tzinfo=UTC) if as_of is not None else None, level, seed, margin, assume)
    if experiment is not None:
        if workspace is not None or as_of is not None or assume is not None:
            raise ConfigError("--experiment takes a table by itself: leave out the workspace, --as-of and --assume")
        roles = {"unit": unit, "arm": arm, "control": control}
        respond_experiment(experiment, asked, output, **roles, outcomes=outcomes, covariates=covariates)
        return
    if workspace is None:
        raise ConfigError(
            "nothing to learn from: give a workspace (make one with netlift ingest), or a table with --experiment"
        )
    respond_workspace(workspace, asked, output)
