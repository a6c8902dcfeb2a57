"""`netlift quote`: price a cart under promotions, or replay past orders through them before launch."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from netlift.errors import ConfigError

_DRY = "Dry run"

CartFile = Annotated[
    Path | None, typer.Argument(help="Cart as JSON, with or without facts; - reads standard input.", show_default=False)
]
PromotionFile = Annotated[
    Path | None, typer.Argument(help="Promotions as JSON, with their groups.", show_default=False)
]
SamePromotionFile = Annotated[Path | None, typer.Option("--promotions", help="As PROMOTIONS; for a dry run.")]
FactFile = Annotated[
    Path | None, typer.Option(help="Facts of the shopper and the moment as JSON, instead of those in the cart's file.")
]
PolicyFile = Annotated[Path | None, typer.Option(help="Policy as JSON: rounding, splitting, tax, search budget.")]
Explain = Annotated[
    bool, typer.Option("--explain", help="Say of every promotion that gives nothing what is missing, and how much.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
Lang = Annotated[str, typer.Option("--language", "--lang", help="Language of texts: en or zh-CN.")]
Orders = Annotated[Path | None, typer.Option(help=f"{_DRY}: workspace whose past orders are replayed.")]
Since = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help=f"{_DRY}: first day, in the shop's time zone.")
]
Until = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help=f"{_DRY}: last day.")]
Codes = Annotated[
    list[str] | None,
    typer.Option("--code", help=f"{_DRY}: a code that every shopper is taken to have entered; may be repeated."),
]
Floor = Annotated[
    float | None,
    typer.Option(min=0.0, help=f"{_DRY}: sell no unit below this multiple of its cost (1.0: never below cost)."),
]
Out = Annotated[
    Path | None, typer.Option(help=f"{_DRY}: folder for replay.json, promotions.parquet and orders.parquet.")
]
Workers = Annotated[
    int | None, typer.Option(min=1, help=f"{_DRY}: processes; default: one per core where there are many orders.")
]


def quote(
    cart: CartFile = None,
    promotions: PromotionFile = None,
    *,
    promotion_file: SamePromotionFile = None,
    facts: FactFile = None,
    policy: PolicyFile = None,
    explain: Explain = False,
    json: Json = False,
    lang: Lang = "en",
    orders: Orders = None,
    since: Since = None,
    until: Until = None,
    codes: Codes = None,
    floor: Floor = None,
    out: Out = None,
    workers: Workers = None,
) -> None:
    """Price a cart under promotions, with a reason for every one that gives nothing; or replay past orders (--orders).

    A replay shows what promotions would have cost had everybody bought the same, not what they bring.
    """
    from netlift.cli._quoting import quote_cart
    from netlift.cli._replaying import Dry, dry_run

    definitions = promotions or promotion_file
    if promotions is not None and promotion_file is not None:
        raise ConfigError("promotions were given twice: as an argument and as --promotions; leave one out")
    if orders is None:
        dry = {
            "--since": since,
            "--until": until,
            "--code": codes,
            "--floor": floor,
            "--out": out,
            "--workers": workers,
        }
        _refuse(dry, "is for a dry run: give --orders WORKSPACE")
        if cart is None or definitions is None:
            raise ConfigError(
                "nothing to quote: give CART.json PROMOTIONS.json, or --orders WORKSPACE --promotions P.json"
            )
        quote_cart(cart, definitions, facts=facts, policy=policy, explain=explain, json=json, lang=lang)
        return
    _refuse({"CART": cart, "--facts": facts, "--explain": explain or None}, "is for one cart, not for a dry run")
    if definitions is None:
        raise ConfigError("a dry run needs promotions: give --promotions P.json")
    days = (None if since is None else since.date(), None if until is None else until.date())
    dry_run(
        orders,
        definitions,
        Dry(*days, frozenset(codes or ()), floor, workers),
        policy=policy,
        out=out,
        json=json,
        lang=lang,
    )


def _refuse(options: Mapping[str, object], why: str) -> None:
    for name, value in options.items():
        if value is not None:
            raise ConfigError(f"{name} {why}")
