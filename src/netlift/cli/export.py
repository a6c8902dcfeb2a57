"""`netlift export`: write a plan for other systems."""

from pathlib import Path
from typing import Annotated

import typer

PlanFolder = Annotated[Path, typer.Argument(help="Folder of a plan, or a workspace.", show_default=False)]
Code = Annotated[
    str | None, typer.Option("--plan", help="Which plan of the workspace: its code, or how its id begins.")
]
Kind = Annotated[str, typer.Option("--format", help="codes, audiences, shopify, json or exposures.")]
Out = Annotated[Path, typer.Option(help="Folder for the files; new or empty.")]
Force = Annotated[
    bool, typer.Option("--force", help="Write into a folder that holds files; those of an earlier export there go.")
]
OneCode = Annotated[bool, typer.Option("--one-code", help="One code per offer instead of one per customer.")]
Shop = Annotated[
    Path | None, typer.Option("--workspace", help="Workspace whose key makes the codes; default: that of the plan.")
]
Ids = Annotated[
    Path | None, typer.Option(help="Shopify's ids of goods: CSV with the columns name (product:TEA-1) and id.")
]
At = Annotated[
    str | None, typer.Option(help="When the offers reach the customers, for exposures; default: when they start.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


def export(
    plan: PlanFolder,
    kind: Kind,
    out: Out,
    *,
    code: Code = None,
    force: Force = False,
    one_code: OneCode = False,
    workspace: Shop = None,
    ids: Ids = None,
    at: At = None,
    json: Json = False,
) -> None:
    """Write coupon codes, audiences, Shopify discounts, JSON, or the log of exposures that an audit reads later.

    What a format cannot say is listed with the reason, and the exit status is 1.
    """
    from netlift.cli._deciding import find_plan, moment
    from netlift.cli._quoting import print_json
    from netlift.data.workspace import Workspace
    from netlift.export.format import FORMATS, Asked
    from netlift.export.format import export as exported
    from netlift.export.formats.shopify import read_ids

    FORMATS[kind]  # an unknown format is told before any work
    chosen, holder = find_plan(plan, code)
    shop = holder if workspace is None else Workspace.open(workspace)
    asked = Asked(
        None if shop is None else shop.key, one_code, None if at is None else moment(at, shop),
        {} if ids is None else read_ids(ids),
    )  # fmt: skip
    found = exported(chosen, kind, out, asked, force=force)
    if json:
        print_json(
            {"folder": str(found.folder), "files": [one._asdict() for one in found.files],
             "refused": [one._asdict() for one in found.refused]}
        )  # fmt: skip
    else:
        for file in found.files:
            typer.echo(f"{found.folder / file.name}")
        for one in found.refused:
            typer.echo(f"left out: {one.offer_id} {one.why}", err=True)
    if found.refused:
        raise typer.Exit(1)
