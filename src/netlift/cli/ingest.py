"""`netlift ingest`: take files into a workspace, print the data receipt, or draft a mapping file."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from netlift.cli import _options as option
from netlift.errors import ConfigError

if TYPE_CHECKING:
    from netlift.data.receipt import Receipt
    from netlift.data.workspace import Workspace


def ingest(
    paths: option.Files,
    *,
    workspace: option.Store = Path("shop"),
    kind: option.Kind = None,
    currency: option.Currency = None,
    timezone: option.Timezone = None,
    mapping: option.Mapping = None,
    encoding: option.Encoding = None,
    margin: option.Margin = None,
    guess: option.Guess = False,
    html: option.ReceiptPage = None,
    lang: option.Lang = "en",
    json: option.Json = False,
) -> None:
    """Take files into a workspace: every row is kept, or refused with its reason."""
    from netlift.data.ingest import Wishes
    from netlift.data.ingest import ingest as take_in
    from netlift.data.mapping import read_mapping
    from netlift.data.workspace import Workspace

    if guess:
        _print_drafts(paths, encoding)
        return
    wishes = Wishes(kind, currency, timezone, read_mapping(mapping) if mapping is not None else None, encoding)
    with Workspace.made_for(workspace) as shop:
        _keep(shop, margin=margin, timezone=timezone)
        with _progress() as tell:
            receipts = take_in(paths, shop, wishes, progress=tell)
    _show(receipts, shop, lang=lang, html=html, json=json)


def _print_drafts(paths: Sequence[str], encoding: str | None) -> None:
    from netlift.data.guess import draft_mapping

    if len(paths) != 1:
        raise ConfigError(f"--guess drafts one mapping file for one file, got {len(paths)}")
    typer.echo(draft_mapping(paths[0], encoding=encoding), nl=False)


def _keep(shop: "Workspace", **settings: object) -> None:
    """Keep what was said once."""
    said = {name: value for name, value in settings.items() if value is not None}
    if said:
        shop.save_settings(**said)


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """A line that says what is being done; silent where nobody looks."""
    from rich.console import Console

    console = Console(stderr=True)
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    with console.status("reading") as status:
        yield status.update


def _show(receipts: "Sequence[Receipt]", shop: "Workspace", *, lang: str, html: Path | None, json: bool) -> None:
    import json as json_text

    from netlift.report.receipt_page import write_receipts

    found = [json_text.loads(receipt.to_json()) for receipt in receipts]
    if html is not None:
        write_receipts(found, html, lang)
    if json:
        typer.echo(json_text.dumps(found, ensure_ascii=False, indent=2))
        return
    from rich.console import Console

    from netlift.report.receipt_detail import receipt_details

    console = Console()
    console.print(receipt_details(found, lang))
    console.print(f"{shop.path.resolve()}", highlight=False, soft_wrap=True, style="bold")
