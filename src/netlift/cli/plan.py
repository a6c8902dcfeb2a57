"""`netlift plan`: several plans for the next promotions, beside each other."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from netlift.cli import _options as option

Workspace = Annotated[Path, typer.Argument(help="Workspace with orders.", show_default=False)]
Budget = Annotated[
    str, typer.Option(help="What may be spent, expected, in whole coins: 500 is 500.00.", show_default=False)
]
Goals = Annotated[
    list[str] | None,
    typer.Option(
        "--goal", help="profit, revenue, new_buyers, stickiness, clear_stock or win_back; may be named several times."
    ),
]
Constraints = Annotated[Path | None, typer.Option(help="TOML file of further limits (docs/reference/limits.md).")]
Start = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help="First day, in the shop's time zone; default: the day after the data end."),
]
Days = Annotated[int, typer.Option(min=1, help="Length of the window in days.")]
Report = Annotated[Path | None, typer.Option(help="HTML report; default: plans/plans.html in the workspace.")]
EngineKind = Annotated[
    str, typer.Option("--engine", help="Where profiles, scores and plans are computed: duckdb (here) or spark.")
]


def plan(
    workspace: Workspace,
    *,
    budget: Budget,
    goals: Goals = None,
    constraints: Constraints = None,
    start: Start = None,
    days: Days = 14,
    margin: option.Margin = None,
    level: option.Level = 0.9,
    seed: option.Seed = 0,
    lang: option.Lang = "en",
    engine: EngineKind = "duckdb",
    report: Report = None,
    json: option.Json = False,
) -> None:
    """Make plans that differ, doing nothing among them: who gets what, what it earns, how sure, how it is proved.

    Writes one folder per plan and a report to plans/ in the workspace; netlift decide and netlift export read them.
    """
    from netlift.cli._planning import Wish, plan_workspace, show
    from netlift.data.workspace import Workspace as Store
    from netlift.report.words import language

    tag, shop = language(lang), Store.open(workspace)
    wish = Wish(budget, tuple(goals or ()), constraints, start, days, margin, level, seed, engine)
    show(plan_workspace(shop, wish), shop, tag, report, json=json)
