"""`netlift quote --orders`: past orders of a workspace through promotions, with progress, as tables or as files."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from netlift.cli._quoting import print_json, read_document, read_policy
from netlift.errors import ConfigError, DefinitionError

if TYPE_CHECKING:
    from netlift.data.workspace import Workspace
    from netlift.evaluation.replay import Offer
    from netlift.evaluation.replay_results import Replay
    from netlift.history.cart_quotes import Outcome
    from netlift.history.carts import Terms


@dataclass(frozen=True, slots=True)
class Dry:
    """What a dry run takes for granted."""

    since: date | None = None
    until: date | None = None
    codes: frozenset[str] = frozenset()
    floor: float | None = None
    workers: int | None = None


def dry_run(
    orders: Path, promotions: Path, dry: Dry, *, policy: Path | None, out: Path | None, json: bool, lang: str
) -> None:
    """Replay the orders and print, and keep where asked to."""
    from netlift.data.workspace import Workspace
    from netlift.evaluation.replay import Offer
    from netlift.history.carts import Terms
    from netlift.report.words import language

    language(lang)  # an unknown language is told before any work
    workspace = Workspace.open(orders)
    document = read_document(promotions)
    offer = Offer(document.promotions, document.root, read_policy(policy))
    terms = Terms(dry.since, dry.until, dry.codes, dry.floor, workspace.settings.margin)
    try:
        found = _replayed(workspace, offer, terms, dry.workers, out)
    except DefinitionError as error:
        raise DefinitionError(f"{promotions}: {error}") from error
    _show(found, out, json=json, lang=lang)


def _replayed(
    workspace: "Workspace", offer: "Offer", terms: "Terms", workers: int | None, out: Path | None
) -> "Replay":
    from netlift.evaluation.replay import replay

    with _progress() as tell:
        if out is None:
            return replay(workspace, offer, terms, workers=workers, on_progress=tell)
        with _kept_orders(workspace, _folder(out)) as keep:
            return replay(workspace, offer, terms, workers=workers, on_progress=tell, on_outcomes=keep)


def _show(found: "Replay", out: Path | None, *, json: bool, lang: str) -> None:
    from netlift.report.quote_json import replay_json

    if out is not None:
        _keep(found, out, lang)
    if json:
        print_json(replay_json(found, lang))
        return
    from rich.console import Console

    from netlift.report.replay_table import replay_table

    console = Console()
    console.print(replay_table(found, lang))
    if out is not None:
        console.print(f"\n{out.resolve()}", highlight=False, markup=False, soft_wrap=True, style="bold")


def _folder(out: Path) -> Path:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"--out: cannot make the folder {out}: {error.strerror}") from error
    return out


@contextmanager
def _kept_orders(workspace: "Workspace", out: Path) -> Iterator["Callable[[Sequence[Outcome]], None]"]:
    """Writes one row per order as they come; the file appears when it is complete."""
    import pyarrow.parquet as pq

    from netlift.evaluation.replay_tables import order_schema, order_table

    with (
        workspace.writing(out / "orders.parquet") as temporary,
        pq.ParquetWriter(temporary, order_schema()) as writer,
    ):
        yield lambda outcomes: writer.write_table(order_table(outcomes))


def _keep(found: "Replay", out: Path, lang: str) -> None:
    import json

    import pyarrow.parquet as pq

    from netlift.evaluation.replay_tables import promotion_table
    from netlift.report.quote_json import replay_json

    pq.write_table(promotion_table(found), out / "promotions.parquet")
    text = json.dumps(replay_json(found, lang), ensure_ascii=False, indent=2)
    (out / "replay.json").write_text(text + "\n", "utf-8")


@contextmanager
def _progress() -> Iterator["Callable[[int, int], None]"]:
    """A bar on standard error; silent where nobody looks."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("replaying orders", total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)
