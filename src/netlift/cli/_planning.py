"""What `netlift plan` and `netlift demo` share: wishes in, plans written, a table and sentences on the screen."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

import typer

from netlift.cli._auditing import _progress, _terms
from netlift.errors import ConfigError

if TYPE_CHECKING:
    from rich.console import Console

    from netlift.candidates.asked import Channel
    from netlift.candidates.candidate import Goal
    from netlift.data.workspace import Workspace
    from netlift.history.shop import Terms
    from netlift.pipeline import Wanted
    from netlift.plan.limits import Limits
    from netlift.plan.make import Made
    from netlift.report.amounts import Amounts

PLANS = "plans"
"""Folder of a workspace that holds its plans."""
LISTED = 8
"""At most so many things that are not shown are listed in the terminal; the report has all."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What was typed."""

    budget: str
    goals: tuple[str, ...] = ()
    constraints: Path | None = None
    start: datetime | None = None
    """A day, without a time zone."""
    days: int = 14
    margin: float | None = None
    level: float = 0.9
    seed: int = 0
    engine: str = "duckdb"
    most_logs: int | None = None
    """Past campaigns to learn from; None: all."""


def plan_workspace(workspace: "Workspace", wish: Wish) -> "Made":
    """Make plans of a workspace, with a progress bar on standard error; nothing is written but what is derived."""
    from netlift.pipeline import run

    wanted = _wanted(workspace, wish)
    with _progress() as tell:
        return run(workspace, wanted, on_progress=tell)


def show(
    made: "Made", workspace: "Workspace", lang: str, report: Path | None = None, *, json: bool = False
) -> "Written":
    """Write the plans and the report, and print a table with what it means, or JSON."""
    written = write(made, workspace, lang, report)
    if json:
        import json as json_text

        typer.echo(json_text.dumps(as_json(made, written), ensure_ascii=False, indent=2, allow_nan=False))
    else:
        _print(made, written, lang)
    return written


class Written(NamedTuple):
    """Where plans and their report were written."""

    folders: dict[str, Path]
    """By the plan's code."""
    page: Path


def write(made: "Made", workspace: "Workspace", lang: str, report: Path | None = None) -> Written:
    """Write the plans and the report."""
    from netlift.plan.artefact import keep
    from netlift.report.plan_html import write_plans_html

    folder = workspace.path / PLANS
    folders = {plan.head.code: keep(plan, folder) for plan in made.plans}
    page = report or folder / "plans.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    write_plans_html(made, page, lang)
    return Written(folders, page)


def as_json(made: "Made", written: Written) -> dict[str, object]:
    """The plans as JSON's values, with where they were written."""
    from netlift.report.plan_json import to_json

    folders = {code: str(path) for code, path in written.folders.items()}
    return to_json(made) | {"folders": folders, "report": str(written.page)}


def _print(made: "Made", written: Written, lang: str) -> None:
    from rich.console import Console
    from rich.text import Text

    from netlift.report.amounts import Amounts
    from netlift.report.plan_sentences import LEADS, dropped, headline, not_shown
    from netlift.report.plan_table import plan_table
    from netlift.report.words import words

    console, write = Console(), Amounts(words(lang), made.plans[0].head.currency)
    say, title = write.words.say, write.words.page
    console.print(plan_table(made, lang))
    for lead, answer in zip(LEADS, headline(made, write), strict=True):
        if answer:
            console.print(Text(f"• {title(lead)}{say('colon')}", style="bold").append(answer, style="not bold"))
    listed = not_shown(made, write)
    if listed:
        console.print(Text(f"\n{title('respond_open')}", style="bold"))
    for text in listed[:LISTED]:
        console.print(Text(f"  ○ {text}"))
    if (rest := len(listed) - LISTED) > 0:
        console.print(Text(f"  {say('respond_rest', n=rest)}", style="dim"))
    for code, note in made.dropped:
        told = f"{write.words.label('plan', code)}{say('colon')}{dropped(code, note, write)}"
        console.print(Text(f"  – {told}", style="dim"))
    _print_next(console, made, written.folders, write)
    console.print(f"\n{written.page.resolve()}", highlight=False, markup=False, soft_wrap=True, style="bold")


def _print_next(console: "Console", made: "Made", folders: dict[str, Path], write: "Amounts") -> None:
    """How to make a plan real, and how it will be proved."""
    from rich.text import Text

    from netlift.report.plan_sentences import hold_out
    from netlift.report.plan_values import advised

    chosen = advised(made.plans)
    console.print()
    for text in hold_out(chosen.head, write)[:1] if chosen and chosen.head.hold_out else ():
        console.print(Text(text))
    folder = folders[chosen.head.code] if chosen else next(iter(folders.values())).parent / "PLAN"
    command = export_command(folder)
    console.print(Text(write.words.say("plan_next" if chosen else "plan_next_none", command=command)), soft_wrap=True)


def export_command(folder: Path) -> str:
    """What makes a plan real."""
    return f"netlift export {folder} --format codes --out FOLDER"


def _wanted(workspace: "Workspace", wish: Wish) -> "Wanted":
    """The wish as the pipeline takes it.

    Raises:
        ConfigError: a budget that is no amount, an unknown goal, or limits that are not allowed.
    """
    from netlift.candidates.asked import Asked
    from netlift.pipeline import Wanted

    zone, limits = workspace.settings.timezone, _limits(workspace, wish)
    start = None if wish.start is None else wish.start.replace(tzinfo=ZoneInfo(zone))
    goals = tuple(_goal(name) for name in wish.goals) or tuple(_goal(name) for name in limits.goals)
    asked = Asked(start=start, days=wish.days, channels=_channels(workspace, limits), time_zone=zone)
    asked = replace(asked, goals=goals) if goals else asked
    limits = replace(limits, goals=tuple(str(goal) for goal in goals))
    terms = _margin(workspace, wish.margin)
    return Wanted(limits, asked, terms, wish.seed, wish.level, wish.engine, wish.most_logs)


def _limits(workspace: "Workspace", wish: Wish) -> "Limits":
    """The file's limits with the budget that was typed."""
    from netlift.money import Money
    from netlift.plan.limits import Limits, read_limits

    currency = workspace.settings.currency
    if currency is None:
        raise ConfigError(f"{workspace.path} has no currency yet: take orders in first (netlift ingest)")
    budget = Money.of(wish.budget, currency)
    if budget.minor < 0:
        raise ConfigError(f"--budget must not be negative, got {wish.budget}")
    limits = Limits() if wish.constraints is None else read_limits(wish.constraints)
    return replace(limits, budget_minor=budget.minor)


def _goal(name: str) -> "Goal":
    from difflib import get_close_matches

    from netlift.candidates.candidate import Goal

    try:
        return Goal(name.replace("-", "_"))
    except ValueError:
        near = get_close_matches(name, list(Goal), n=1)
        hint = f"; did you mean {near[0]}?" if near else ";"
        raise ConfigError(f"unknown goal {name!r}{hint} known: {', '.join(Goal)}") from None


def _channels(workspace: "Workspace", limits: "Limits") -> "tuple[Channel, ...]":
    """Ways to tell customers: those of the past with what telling one cost, and those of the limits."""
    from netlift.candidates.asked import Channel
    from netlift.engines.duckdb import connect

    with connect() as con:
        for name in ("exposures", "promotions"):
            workspace.relation(con, name).create_view(name)
        used = dict(con.execute(_CHANNELS).fetchall())
    known = {**dict.fromkeys(limits.channels, 0), **used}
    caps = {name: int(most) for name, most in limits.channels.items()}
    return tuple(Channel(name, known[name], caps.get(name)) for name in sorted(known)) or (Channel("e-mail"),)


_CHANNELS = """
SELECT e.channel, coalesce(median(p.contact_cost_minor), 0)::BIGINT
FROM exposures e LEFT JOIN promotions p USING (promotion_id) WHERE e.channel IS NOT NULL GROUP BY 1
"""


def _margin(workspace: "Workspace", margin: float | None) -> "Terms":
    """The margin: as told now, as kept, as asked for once, or the default."""
    from netlift.engines.duckdb import connect

    with connect() as con:
        for name in ("order_lines", "products"):
            workspace.relation(con, name).create_view(name)
        terms: Terms = _terms(con, workspace, margin)
        return terms
