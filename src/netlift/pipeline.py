"""The whole line as one function: read this first.

    events -> profiles -> candidates -> response -> allocation -> plan -> decision -> evaluation (-> events)

`run` walks it from the first step to the sixth. The seventh, `decision`, reads a plan and nothing else; the eighth,
`evaluation`, reads what came of it out of the next events, so that the line closes.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from netlift.candidates.asked import Asked
from netlift.plan.limits import Limits

if TYPE_CHECKING:
    from netlift.candidates.candidate import Candidate
    from netlift.candidates.sources import Sources
    from netlift.data.workspace import Workspace
    from netlift.history.shop import Shop, Terms
    from netlift.plan.make import Eligible, Made, Setting

LINE = ("events", "profiles", "candidates", "response", "allocation", "plan", "decision", "evaluation")
"""The eight words that name rooms, chapters and commands."""
Progress = Callable[[str, int, int], None]  # what is being done, how many steps are done, of how many


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a merchant asks of the next plans."""

    limits: Limits = field(default_factory=Limits)
    asked: Asked = field(default_factory=Asked)
    """Goals, days and channels."""
    terms: "Terms | None" = None
    """What turns revenue into profit where the data do not say; None: the defaults."""
    seed: int = 0
    level: float = 0.9
    engine: str = "duckdb"
    """Where profiles are made, customers scored and plans chosen: duckdb (this machine) or spark."""
    most_logs: int | None = None
    """Past campaigns to learn from; None: all."""


def run(workspace: "Workspace", wanted: Wanted, on_progress: Progress | None = None) -> "Made":
    """Go through the line from a workspace's events to plans to choose from.

    Profiles, interests and responses are kept in `derived` of the workspace; writing plans is left to the caller.

    Raises:
        DataError: there are no orders. ConfigError: a limit on what does not exist, or an unknown engine.
    """
    from netlift.candidates.generate import generate
    from netlift.candidates.sources import gather
    from netlift.history.opened import opened
    from netlift.plan.calendar import public_parts
    from netlift.plan.laws import price_laws
    from netlift.plan.make import Known, make_plans
    from netlift.plan.work import work_on
    from netlift.profiles.kept import keep
    from netlift.response.dry_run import recent_orders
    from netlift.response.from_candidates import declared_of
    from netlift.response.respond import last_day, respond

    tell, seed, name = on_progress or (lambda *_: None), wanted.seed, workspace.settings.name
    with work_on(wanted.engine) as work, opened(workspace, wanted.terms) as shop:
        as_of = shop.span.end if wanted.asked.start is None else min(wanted.asked.start, shop.span.end)
        tell("profiles", 1, len(LINE))
        profiles, interests, _ = keep(workspace, as_of, wanted.engine)
        tell("candidates", 2, len(LINE))
        sources = gather(shop, profiles, interests, as_of=as_of)
        candidates = generate(sources, wanted.asked)
        tell("response", 3, len(LINE))
        declared = declared_of(shop, candidates, as_of=as_of, seed=seed, on_progress=on_progress)
        found = respond(
            shop, name=name, as_of=as_of, level=wanted.level, seed=seed, declared=declared, most_logs=wanted.most_logs,
            write=partial(workspace.keep, "response"), scorer=work.scorer, on_progress=on_progress,
        )  # fmt: skip
        public = public_parts(shop, candidates, declared, wanted.limits, as_of=as_of, seed=seed, level=wanted.level)
        carts = [order.cart for order in recent_orders(shop, last_day(shop, as_of), seed=seed).orders]
        setting = _setting(workspace, shop, as_of, wanted)
        tell("allocation", 4, len(LINE))
        known = Known(
            candidates, found.learned, workspace.kept("response"), _eligible(candidates, sources), profiles,
            found.judged, public, carts=carts, laws=price_laws(candidates, sources.catalogue.goods),
        )  # fmt: skip
        return make_plans(known, wanted.limits, setting, passes=work.passes, on_progress=on_progress)


def _eligible(candidates: "tuple[Candidate, ...]", sources: "Sources") -> "Eligible":
    """Who may get what: in the audience, willing, and rested."""
    from netlift.candidates.audiences import Crowd
    from netlift.candidates.eligible import masks
    from netlift.plan.make import Eligible

    crowd = Crowd(sources.profiles, sources.interests)
    audiences = {one.audience.audience_id: crowd.members(one.audience) for one in candidates}
    return Eligible.of(sources.profiles["customer_id"], masks(candidates, crowd, reached=sources.reached), audiences)


def _setting(workspace: "Workspace", shop: "Shop", as_of: datetime, wanted: Wanted) -> "Setting":
    """What all plans say of themselves: whose they are, as of when, and from what they were made."""
    from hashlib import sha256
    from importlib.metadata import version

    from netlift.plan.make import Setting

    hashes = {
        name: sha256(b"".join(sha256(file.read_bytes()).digest() for file in workspace.files(name))).hexdigest()
        for name in workspace.names
    }
    versions = {package: version(package) for package in ("netlift", "duckdb", "lightgbm", "numpy")}
    return Setting(
        workspace.settings.name, shop.currency, as_of.date().isoformat(), wanted.seed, str(wanted.asked.goals[0]),
        shop.washout_days, hashes, versions, wanted.level,
    )  # fmt: skip
