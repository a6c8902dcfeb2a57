"""`netlift decide`: what one customer is offered by a plan, and what their basket costs."""

from pathlib import Path
from typing import Annotated

import typer

PlanFolder = Annotated[Path, typer.Argument(help="Folder of a plan, or a workspace.", show_default=False)]
Code = Annotated[
    str | None, typer.Option("--plan", help="Which plan of the workspace: its code, or how its id begins.")
]
Customer = Annotated[str | None, typer.Option(help="The customer, by the pseudonym that the workspace's tables have.")]
Person = Annotated[
    str | None,
    typer.Option(help="The customer, by the e-mail or number of your exports; the workspace's key hides it."),
]
Basket = Annotated[
    Path | None,
    typer.Option(help="Basket as JSON, with or without facts, as for netlift quote; - reads standard input."),
]
Now = Annotated[
    str | None, typer.Option(help="Moment, such as 2026-03-05T18:00; default: now. Without a zone, the shop's.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
Exposures = Annotated[
    bool, typer.Option("--exposures", help="Print what to log as JSON: offer, arm, propensity; one row per experiment.")
]
Lang = Annotated[str, typer.Option("--language", "--lang", help="Language of texts: en or zh-CN.")]


def decide(
    plan: PlanFolder,
    *,
    customer: Customer = None,
    person: Person = None,
    code: Code = None,
    basket: Basket = None,
    now: Now = None,
    json: Json = False,
    exposures: Exposures = False,
    lang: Lang = "en",
) -> None:
    """Answer one customer from a plan: what is given, withheld or closed, and why; with a basket, what it costs.

    The plan and the question are all that it needs: no database is asked, and the same question has the same answer.
    """
    from netlift.cli._deciding import customer_of, decision_table, find_plan, moment
    from netlift.cli._quoting import _request, print_json, read
    from netlift.decision.decider import Decider
    from netlift.errors import CartError
    from netlift.report.words import language

    language(lang)  # an unknown language is told before any work
    chosen, workspace = find_plan(plan, code)
    request = None if basket is None else read(basket, _request)
    asked, asked_for = moment(now, workspace), customer_of(customer, person, workspace)
    try:
        found = Decider(chosen).decide(
            asked_for, None if request is None else request.cart, now=asked,
            facts=None if request is None else request.facts,
        )  # fmt: skip
    except CartError as error:
        raise CartError(f"{basket}: {error}") from error
    if exposures:
        print_json([{**one._asdict(), "exposed_at": one.exposed_at.isoformat()} for one in found.exposures()])
    elif json:
        print_json(found.to_json())
    else:
        from rich.console import Console

        Console().print(decision_table(found, chosen, lang))
