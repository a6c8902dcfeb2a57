"""`netlift serve --demo`: the package's real grocery data, moved to end now, planned from and published.

The data are of 2017 and a plan is for the days that follow its data, so all times are moved by the same whole number of
weeks: days of the week stay, holidays do not. Everything else is as `netlift demo` makes it.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from netlift.errors import ConfigError
from netlift.service.server.parent import NAME

CURRENCY, ZONE, MARGIN = "USD", "America/New_York", 0.30
BUDGET_MINOR = 50_000
MOST_LOGS = 3
"""Campaigns to learn from, so that it is done in two minutes."""
AUTHOR, APPROVER = "demo:author", "demo:approver"
"""Two callers, because nobody approves what they made."""
_DAYS_LEFT = timedelta(days=1)
"""The moved data end at least so long ago, in every time zone."""

Say = Callable[[str], None]


def load(say: Say) -> None:
    """Do it in a process of its own, which gives its memory back.

    Raises:
        ConfigError: it failed; why stands on standard error.
    """
    from netlift.service.catalog.live import live_plan

    if live_plan() is not None:
        say("demo: a plan is live already, nothing is taken in")
        return
    say("demo: taking in a grocer's year, learning from it and planning; this takes about two minutes")
    told = os.environ | {NAME: str(os.getpid())}
    done = subprocess.run([sys.executable, "-m", "netlift.service.server", "demo"], check=False, env=told)
    if done.returncode:
        raise ConfigError("the demo's data could not be taken in: see above")


def main() -> None:
    """Take in, plan, and publish the plan to carry out next."""
    import django

    django.setup()
    from django.conf import settings

    folders = make(settings.FOLDER.workspace, datetime.now(UTC), _tell)
    publish(folders)
    _tell("demo: the plan is live")


def make(workspace: Path, now: datetime, say: Say) -> list[Path]:
    """Folders of the plans, the one to carry out next first."""
    from netlift.candidates.asked import Asked
    from netlift.data.ingest import ingest
    from netlift.data.sample import FOLDER
    from netlift.data.workspace import Settings
    from netlift.history.shop import Terms
    from netlift.pipeline import Wanted, run
    from netlift.plan.artefact import keep
    from netlift.plan.limits import Limits
    from netlift.report.plan_values import advised
    from netlift.service.privacy.pseudonyms import served

    shop = served(workspace, Settings("Complete Journey (demo)", CURRENCY, ZONE, MARGIN))
    with tempfile.TemporaryDirectory(prefix=".demo-", dir=workspace) as folder:
        moved(FOLDER, Path(folder), now)
        say("demo: taking in orders, coupons and campaigns")
        ingest([folder], shop, now=now)
    wanted = Wanted(Limits(budget_minor=BUDGET_MINOR), Asked(time_zone=ZONE), Terms(MARGIN, True), most_logs=MOST_LOGS)
    made = run(shop, wanted, _steps(say))
    first = advised(made.plans)
    ordered = sorted(made.plans, key=lambda plan: plan is not first)
    return [keep(plan, workspace / "plans") for plan in ordered]


def publish(folders: Sequence[Path]) -> None:
    """Take the plans into the catalogue; the first goes all the way to live, and an audit is asked for."""
    from netlift.service.access.caller import Caller
    from netlift.service.access.roles import ROLES
    from netlift.service.catalog import plans
    from netlift.service.runs.queue import enqueue

    author = Caller(AUTHOR, "analyst", ROLES["analyst"])
    approver = Caller(APPROVER, "approver", ROLES["approver"])
    taken = [plans.take(folder, author, folder.name).plan_id for folder in folders]
    plans.submit(taken[0], author)
    plans.approve(taken[0], approver)
    plans.publish(taken[0], approver)
    enqueue("audit", {"margin": MARGIN}, AUTHOR, key="demo")


def moved(source: Path, target: Path, now: datetime) -> timedelta:
    """Copy the sample's files with every time moved by the same whole weeks, to end within the eight days before now.

    Returns:
        By how much.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    last = pc.max(pq.read_table(source / "transactions.parquet")["transaction_timestamp"]).cast(pa.timestamp("s"))
    by = (now.replace(tzinfo=None) - _DAYS_LEFT - last.as_py()) // timedelta(weeks=1) * timedelta(weeks=1)
    for file in sorted(source.glob("*.parquet")):
        table = pq.read_table(file)
        for place, column in enumerate(table.schema):
            if pa.types.is_timestamp(column.type):
                shift = pa.scalar(by, pa.duration(column.type.unit))
                table = table.set_column(place, column, pc.add(table[column.name], shift))
        pq.write_table(table, target / file.name)
    return by


def _steps(say: Say) -> Callable[[str, int, int], None]:
    """Tell each step once."""
    told: set[str] = set()

    def step(what: str, done: int, of: int) -> None:
        if what not in told:
            told.add(what)
            say(f"demo: {what[:60]} ({done} of {of})")

    return step


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
