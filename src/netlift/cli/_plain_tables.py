"""Judging a plain experiment table or a plain panel, without a workspace."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from netlift.cli._auditing import Output

if TYPE_CHECKING:
    from rich.console import RenderableType

    from netlift.evaluation.customers import Rules


def judge_experiment(
    path: Path,
    output: Output,
    rules: "Rules",
    *,
    unit: str | None,
    arm: str | None,
    control: str | None,
    outcomes: Sequence[str] | None,
    covariates: Sequence[str] | None,
) -> None:
    """Compare the arms of a table with one row per unit."""
    from netlift.evaluation.experiment_table import audit_experiment
    from netlift.evaluation.plain_tables import read_table
    from netlift.report.experiment import experiment_headline, experiment_table, write_experiment_html

    found = audit_experiment(
        read_table(path), unit=unit, arm=arm, control=control, outcomes=outcomes or None,
        covariates=covariates or None, level=rules.level, seed=rules.seed,
    )  # fmt: skip
    report = _report(path, output)
    write_experiment_html(found, report, output.lang, title=path.name)
    _say(found.to_dict(), experiment_table(found, output.lang), experiment_headline(found, output.lang), report, output)


def judge_panel(
    path: Path,
    output: Output,
    rules: "Rules",
    *,
    unit: str | None,
    time: str | None,
    treated: str | None,
    outcomes: Sequence[str] | None,
) -> None:
    """Compare treated with untreated units over time."""
    from netlift.evaluation.panel_table import audit_panel
    from netlift.evaluation.plain_tables import read_table
    from netlift.report.panel import panel_headline, panel_table, write_panel_html

    found = audit_panel(
        read_table(path), unit=unit, time=time, treated=treated, outcomes=outcomes or None, level=rules.level,
        seed=rules.seed,
    )  # fmt: skip
    report = _report(path, output)
    write_panel_html(found, report, output.lang, title=path.name)
    _say(found.to_dict(), panel_table(found, output.lang), panel_headline(found, output.lang), report, output)


def _report(path: Path, output: Output) -> Path:
    """Where the report goes: as told, or under the table's name in the working folder."""
    report = output.report or Path(f"{path.name.split('.')[0]}.netlift.html")
    report.parent.mkdir(parents=True, exist_ok=True)
    return report


def _say(
    figures: dict[str, object], table: "RenderableType", sentences: Sequence[str], report: Path, output: Output
) -> None:
    if output.json:
        import json

        typer.echo(json.dumps(figures, ensure_ascii=False, indent=2))
        return
    from rich.console import Console

    console = Console()
    console.print(table)
    for sentence in sentences:
        console.print(f"• {sentence}", highlight=False)
    console.print(f"\n{report.resolve()}", highlight=False, soft_wrap=True, style="bold")
