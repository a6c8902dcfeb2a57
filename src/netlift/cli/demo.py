"""`netlift demo`: the main job on real grocery data that ships with the package, from the past to the next plans."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netlift.cli._auditing import Output, as_mappings, audit_workspace, introduce, show
from netlift.cli._planning import Wish, Written, as_json, export_command, plan_workspace, write
from netlift.cli._planning import show as show_plans

if TYPE_CHECKING:
    from netlift.data.workspace import Workspace
    from netlift.evaluation.results import Audit
    from netlift.plan.make import Made

MOST_LOGS = 3
"""Campaigns that the demo's plans learn from, so that it is done in two minutes; `netlift plan` learns from all."""


def demo(
    *,
    workspace: Annotated[Path, typer.Option(help="Folder for the demo's tables and report.")] = Path("netlift-demo"),
    margin: Annotated[float, typer.Option(help="Gross margin at list price; the data hold no cost of goods.")] = 0.30,
    budget: Annotated[str, typer.Option(help="What the plans may spend, in whole dollars.")] = "500",
    plans: Annotated[bool, typer.Option(help="Whether to go on from the audit to plans.")] = True,
    lang: Annotated[str, typer.Option(help="Language of texts: en or zh-CN.")] = "en",
    json: Annotated[
        bool, typer.Option("--json", help="Print JSON instead of tables: the audit, then the plans.")
    ] = False,
) -> None:
    """Audit one year of a real grocer (900 households, 27 coupon campaigns, every price cut), then plan the next weeks.

    The data are a sample of whole households of "The Complete Journey 2.0" by 84.51°.
    """
    from netlift.data.ingest import ingest
    from netlift.data.sample import FOLDER
    from netlift.data.workspace import Settings, Workspace
    from netlift.evaluation.customers import Rules
    from netlift.report.words import language

    shop = Workspace.create(workspace, Settings(name="Complete Journey", currency="USD", timezone="America/New_York"))
    receipts = ingest([FOLDER], shop)
    output = Output(lang=language(lang), json=json)
    introduce(receipts, output)
    found = audit_workspace(shop, Rules(), margin=margin, receipts=as_mappings(receipts))
    wish = Wish(budget, margin=margin, most_logs=MOST_LOGS)
    if json:
        typer.echo(_json(found, plan_workspace(shop, wish) if plans else None, shop, output))
        return
    show(found, shop.path, output)
    if plans:
        typer.echo()
        made = plan_workspace(shop, wish)
        _conclude(found, made, show_plans(made, shop, output.lang), output.lang)


def _json(found: "Audit", made: "Made | None", shop: "Workspace", output: Output) -> str:
    """One document: the audit, and the plans where they were made."""
    import json

    from netlift.report.html import write_html
    from netlift.report.json import to_json

    report = shop.path / "reports" / "audit.html"
    report.parent.mkdir(parents=True, exist_ok=True)
    write_html(found, report, output.lang)
    told: dict[str, object] = {"audit": to_json(found)}
    if made is not None:
        told["plans"] = as_json(made, write(made, shop, output.lang))
    return json.dumps(told, ensure_ascii=False, indent=2, allow_nan=False)


def _conclude(found: "Audit", made: "Made", written: Written, lang: str) -> None:
    """Three sentences: what the past earned, what to do next, and which command makes it real."""
    from rich.console import Console
    from rich.text import Text

    from netlift.report.amounts import Amounts
    from netlift.report.headline import headline
    from netlift.report.plan_sentences import next_step
    from netlift.report.plan_values import advised
    from netlift.report.words import words

    console, amounts = Console(), Amounts(words(lang), made.plans[0].head.currency)
    chosen = advised(made.plans)
    (_, earned, advice), step = headline(found, lang), next_step(made, amounts)
    told = [earned, step if chosen else amounts.words.say("sentences").join([step, advice])]
    if chosen is not None:
        command = export_command(written.folders[chosen.head.code])
        told.append(amounts.words.say("plan_step_real", command=command))
    console.print()
    for number, text in enumerate(told, 1):
        console.print(Text(f"{number}. ", style="bold").append(text, style="not bold"), soft_wrap=number == len(told))
