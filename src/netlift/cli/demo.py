"""`netlift demo`: the main job on real grocery data that ships with the package, from the past to the next plans."""

from pathlib import Path
from typing import Annotated

import typer

from netlift.cli._auditing import Output, as_mappings, audit_workspace, introduce, show
from netlift.cli._planning import Wish, plan_workspace
from netlift.cli._planning import show as show_plans

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
    output = Output(lang=lang, json=json)
    introduce(receipts, output)
    found = audit_workspace(shop, Rules(), margin=margin, receipts=as_mappings(receipts))
    show(found, shop.path, output)
    if plans:
        typer.echo()
        made = plan_workspace(shop, Wish(budget, margin=margin, most_logs=MOST_LOGS))
        show_plans(made, shop, language(lang), json=json)
