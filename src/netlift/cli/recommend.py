"""`netlift recommend`: what customers of a workspace may want next, and which offers on it earn most."""

from pathlib import Path
from typing import Annotated

import typer

from netlift.cli import _options as option

User = Annotated[str | None, typer.Option(help="One customer, by the pseudonym that the workspace's tables have.")]
Everybody = Annotated[bool, typer.Option("--all", help="Every customer; keeps derived/recommendations.")]
Number = Annotated[int, typer.Option("--n", "-n", min=1, help="Length of a list.")]
Model = Annotated[
    str | None, typer.Option(help="Kind of the recommender; default: item_knn, or with --evaluate the best.")
]
Evaluate = Annotated[
    bool,
    typer.Option("--evaluate", help="Try recommenders on what came later, print the figures, use the best."),
]
Bought = Annotated[str, typer.Option(help="Goods that a customer had before: exclude, allow or only.")]
Offers = Annotated[bool, typer.Option("--offers", help="With --user: offers on goods, by what they earn.")]


def recommend(
    workspace: Annotated[Path, typer.Argument(help="Workspace with orders or events.", show_default=False)],
    *,
    user: User = None,
    everybody: Everybody = False,
    n: Number = 10,
    model: Model = None,
    evaluate: Evaluate = False,
    bought: Bought = "exclude",
    offers: Offers = False,
    json: option.Json = False,
    lang: option.Lang = "en",
) -> None:
    """Recommend goods to one customer or to all, with reasons; what is sold out is left out and replaced.

    With --evaluate, recommenders are tried on the last tenth of what happened, and the one is used that did best on the
    tenth before it.
    """
    from netlift.cli._recommending import Asked, recommend_workspace
    from netlift.report.words import language

    asked = Asked(user, everybody, n, model, evaluate, bought, offers)
    recommend_workspace(workspace, asked, language(lang), json=json)
