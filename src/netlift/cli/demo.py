"""`netlift demo`: the main job on real grocery data that ships with the package."""

from pathlib import Path
from typing import Annotated

import typer

from netlift.cli._auditing import Output, as_mappings, audit_workspace, introduce, show


def demo(
    *,
    workspace: Annotated[Path, typer.Option(help="Folder for the demo's tables and report.")] = Path("netlift-demo"),
    margin: Annotated[float, typer.Option(help="Gross margin at list price; the data hold no cost of goods.")] = 0.30,
    lang: Annotated[str, typer.Option(help="Language of texts: en or zh-CN.")] = "en",
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Audit one year of a real grocer: 900 households, 27 coupon campaigns, every price cut.

    The data are a sample of whole households of "The Complete Journey 2.0" by 84.51°.
    """
    from netlift.data.ingest import ingest
    from netlift.data.sample import FOLDER
    from netlift.data.workspace import Settings, Workspace
    from netlift.evaluation.customers import Rules

    shop = Workspace.create(workspace, Settings(name="Complete Journey", currency="USD", timezone="America/New_York"))
    receipts = ingest([FOLDER], shop)
    output = Output(lang=lang, json=json)
    introduce(receipts, output)
    found = audit_workspace(shop, Rules(), margin=margin, receipts=as_mappings(receipts))
    show(found, shop.path, output)
