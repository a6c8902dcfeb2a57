"""What `audit` and `demo` share: workspace in, judged promotions out, written where people can look."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from netlift.evaluation.results import Audit

if TYPE_CHECKING:
    from netlift.data.receipt import Receipt
    from netlift.data.workspace import Workspace
    from netlift.evaluation.audit import Progress
    from netlift.evaluation.customers import Rules


MEMORY_MB = 2048
"""What DuckDB may hold before it spills to disk; leaves room for the estimators within 4 GB."""


TERMINAL_CUTS = 10
"""Price cuts shown in the terminal; the report has all that were judged."""


@dataclass(frozen=True, slots=True)
class Output:
    """Where the results go."""

    lang: str = "en"
    report: Path | None = None
    """HTML file; None: `reports/audit.html` in the workspace."""
    table: Path | None = None
    """Parquet file with one row per promotion."""
    json: bool = False
    """Print JSON on standard output instead of tables."""


def as_mappings(receipts: "Sequence[Receipt]") -> list[Mapping[str, object]]:
    """Receipts as JSON-ready mappings, the form in which an audit carries them."""
    import json

    return [json.loads(receipt.to_json()) for receipt in receipts]


def introduce(receipts: "Sequence[Receipt]", output: Output) -> None:
    """Open with the data receipt, unless JSON was asked for (it carries the receipts)."""
    from rich.console import Console

    from netlift.report.receipt_table import receipt_table

    if not output.json:
        Console().print(receipt_table(as_mappings(receipts), output.lang), "")


def audit_workspace(
    workspace: "Workspace", rules: "Rules", *, margin: float | None, receipts: Sequence[Mapping[str, object]] = ()
) -> Audit:
    """Judge every promotion of a workspace, with a progress bar on standard error."""
    from netlift.engines.base import Settings
    from netlift.engines.duckdb import connect
    from netlift.evaluation.audit import audit
    from netlift.history.shop import open_shop
    from netlift.schema import TABLES

    with connect(Settings(memory_mb=MEMORY_MB, temp_folder=workspace.path / "spill")) as con, _progress() as tell:
        for name in TABLES:
            workspace.relation(con, name).create_view(name)
        shop = open_shop(con, _terms(con, workspace, margin))
        return audit(
            shop, rules, name=workspace.settings.name, now=datetime.now(UTC), receipts=receipts, on_progress=tell
        )


def _terms(con, workspace: "Workspace", margin: float | None):  # type: ignore[no-untyped-def]
    """The margin: as told now, as kept, as asked for once, or the default."""
    from netlift.history.shop import Terms, costs_are_known

    settings = workspace.settings
    if margin is not None and margin != settings.margin:
        workspace.save_settings(margin=margin)
    elif settings.margin is None and not costs_are_known(con):
        _ask_for_margin(workspace)
    settings, rate = workspace.settings, workspace.settings.payment_fee_rate
    return Terms(fee_rate=rate) if settings.margin is None else Terms(settings.margin, margin_given=True, fee_rate=rate)


def _ask_for_margin(workspace: "Workspace") -> None:
    """Profit needs a cost of goods; where people sit at the terminal they are asked once, and it is kept."""
    from netlift.history.shop import DEFAULT_MARGIN

    if sys.stdin.isatty() and sys.stderr.isatty():
        share = typer.prompt(
            "The data hold no cost of goods. Gross margin at list price, in percent",
            default=100 * DEFAULT_MARGIN, type=float, err=True,
        )  # fmt: skip
        workspace.save_settings(margin=share / 100)
        return
    typer.echo(
        f"no cost of goods in the data: assuming a gross margin of {DEFAULT_MARGIN:.0%} (tell yours with --margin)",
        err=True,
    )


@contextmanager
def _progress() -> "Iterator[Progress]":
    """A bar with the name of what is being judged; silent where nobody looks."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading orders", total=None)
        yield lambda what, done, of: bar.update(task, description=what[:40], completed=done, total=max(of, 1))


def show(audit: Audit, workspace: Path, output: Output) -> None:
    """Print the table and the three sentences (or JSON), and write the report."""
    from netlift.report.html import write_html
    from netlift.report.json import to_json, to_table

    report = output.report or workspace / "reports" / "audit.html"
    report.parent.mkdir(parents=True, exist_ok=True)
    write_html(audit, report, output.lang)
    if output.table is not None:
        import pyarrow.parquet as pq

        pq.write_table(to_table(audit), output.table)
    if output.json:
        import json

        typer.echo(json.dumps(to_json(audit), ensure_ascii=False, indent=2))
        return
    _print(audit, report, output.lang)


def _print(audit: Audit, report: Path, lang: str) -> None:
    from rich.console import Console

    from netlift.report.headline import headline
    from netlift.report.table import table

    console = Console()
    named = [finding for finding in audit.findings if finding.design != "price_cut"]
    cuts = [finding for finding in audit.findings if finding.design == "price_cut"]
    ordered = replace(audit, findings=(*named, *cuts))
    console.print(table(ordered, lang, most=len(named) + TERMINAL_CUTS))
    for sentence in headline(audit, lang):
        console.print(f"• {sentence}", highlight=False)
    console.print(f"\n{report.resolve()}", highlight=False, soft_wrap=True, style="bold")
