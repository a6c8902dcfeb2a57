"""`netlift simulate`: write a shop with known truth, to learn on, to test an audit on, or to load a machine with."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netlift.errors import ConfigError

if TYPE_CHECKING:
    from netlift.simulate import ShopConfig, Summary


def simulate(
    out: Annotated[Path, typer.Option("--out", help="Folder to write; becomes a workspace.")],
    preset: Annotated[
        str, typer.Option(help="easy, confounded, tiny, mega-sale, null, case1, case2 or case3.")
    ] = "confounded",
    *,
    customers: Annotated[int | None, typer.Option(min=1, help="Number of customers.")] = None,
    products: Annotated[int | None, typer.Option(min=1, help="Number of products.")] = None,
    categories: Annotated[int | None, typer.Option(min=2, help="Number of categories.")] = None,
    days: Annotated[int | None, typer.Option(min=1, help="Length; promotions that no longer fit are left out.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same shop.")] = 0,
    events: Annotated[bool, typer.Option("--events", help="Also write views and carts (large).")] = False,
    no_costs: Annotated[bool, typer.Option("--no-costs", help="Keep the cost of goods secret.")] = False,
    no_truth: Annotated[
        bool, typer.Option("--no-truth", help="Skip the runs without each promotion (faster).")
    ] = False,
    threads: Annotated[int, typer.Option(min=1, help="Blocks of customers at the same time.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Write a simulated shop: tables as any shop has them, and apart from them what each promotion truly earned."""
    from dataclasses import replace

    from netlift.simulate.presets import preset as named
    from netlift.simulate.presets import resized

    if (out / "tables").exists():
        raise ConfigError(f"{out} already holds tables: give another folder")
    whole = named(preset, seed)
    shop = resized(whole, customers=customers, products=products, categories=categories, days=days)
    shop = replace(shop, with_events=events, costs_known=not no_costs, with_truth=not no_truth)
    left_out = [p.promotion_id for p in whole.promotions if p not in shop.promotions]
    summary = _run(shop, out, threads, quiet=as_json)
    typer.echo(_json(shop, summary, left_out) if as_json else _text(shop, summary, left_out))


def _run(shop: "ShopConfig", out: Path, threads: int, *, quiet: bool) -> "Summary":
    """Simulate with a progress bar on standard error."""
    from rich.console import Console
    from rich.progress import Progress

    from netlift.simulate import stream

    with Progress(console=Console(stderr=True), disable=quiet, transient=True) as progress:
        bar = progress.add_task("customers", total=shop.customers)
        return stream(shop, out, threads=threads, progress=lambda done: progress.update(bar, completed=done))


def _json(shop: "ShopConfig", summary: "Summary", left_out: list[str]) -> str:
    found = {
        "workspace": str(summary.directory),
        "truth": str(summary.directory / "truth.parquet") if shop.with_truth else None,
        "seed": shop.seed,
        "currency": shop.currency,
        "days": shop.days,
        "rows": dict(summary.rows),
        "promotions": [spec.promotion_id for spec in shop.episodes()],
        "left_out": left_out,
    }
    return json.dumps(found, indent=2)


def _text(shop: "ShopConfig", summary: "Summary", left_out: list[str]) -> str:
    lines = [f"{name:<20}{count:>14,}" for name, count in summary.rows.items()]
    lines.append(f"promotions: {', '.join(spec.promotion_id for spec in shop.episodes()) or 'none'}")
    if left_out:
        lines.append(f"left out, they do not fit: {', '.join(left_out)}")
    lines.append(f"workspace: {summary.directory}")
    if shop.with_truth:
        lines.append(f"the truth, for afterwards: {summary.directory / 'truth.parquet'}")
    return "\n".join(lines)
