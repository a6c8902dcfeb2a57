"""`netlift profile`: who the customers of a workspace are, as of a date."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from netlift.cli import _options as option


def profile(
    workspace: Annotated[Path, typer.Argument(help="Workspace with orders or events.", show_default=False)],
    *,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="Nothing of this day or later is read, in the shop's time zone; default: the day after the data end.",
        ),
    ] = None,
    engine: Annotated[str, typer.Option(help="Where tables are computed: duckdb or spark.")] = "duckdb",
    seed: option.Seed = 0,
    lang: option.Lang = "en",
    json: option.Json = False,
) -> None:
    """Describe every customer by what was known before a date: profile, interests, segment, churn and value.

    Keeps derived/profiles, derived/interests and derived/outlook in the workspace.
    """
    from zoneinfo import ZoneInfo

    from netlift.cli._profiling import keep_outlook, show
    from netlift.data.workspace import Workspace
    from netlift.profiles.kept import keep
    from netlift.profiles.overview import overview
    from netlift.report.words import language

    tag = language(lang)
    shop = Workspace.open(workspace)
    kept = keep(shop, as_of and as_of.replace(tzinfo=ZoneInfo(shop.settings.timezone)), engine)
    later = keep_outlook(shop, kept, seed=seed)
    show(overview(kept.profiles, kept.interests), later, shop, tag, json=json)
