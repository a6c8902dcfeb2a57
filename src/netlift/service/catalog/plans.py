"""Plans: taken in as drafts, and their way from there to live, back to the one before, and to their end."""

from datetime import datetime
from math import isfinite
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from netlift.plan.artefact import Plan
from netlift.plan.diff import GIVEN
from netlift.service.access.caller import Caller
from netlift.service.catalog import artefacts, moves
from netlift.service.catalog.known import known
from netlift.service.catalog.live import read_plan
from netlift.service.catalog.models import PlanVersion
from netlift.service.catalog.moves import Subject, acting, move, one_at_a_time, record_and_tell
from netlift.service.catalog.promotions import rejection
from netlift.service.catalog.states import LIVE, MOVES, PAUSED
from netlift.service.core.refusals import Conflict, NotFound


def take(source: Path, by: Caller, name: str = "", *, now: datetime | None = None) -> PlanVersion:
    """Take a plan into the catalogue as a draft; one that is there already stays where it stands.

    Each time it is counted anew how many of its customers are known here.

    Args:
        source: folder of the plan, in the workspace or unpacked from an upload.
        by: its author, who then cannot approve it.
        name: what people call it.
        now: the moment; default: this one.

    Raises:
        DataError: it is no plan, or was altered after it was made.
    """
    by.need("plans:make")
    identity, plan = artefacts.keep(source)
    here = known(plan)
    with transaction.atomic():
        made, fresh = PlanVersion.objects.get_or_create(
            plan_id=identity,
            defaults=_told(plan)
            | {"name": name[:200], "author": acting(by), "made_at": now or timezone.now(), "known": here},
        )
        if fresh:
            record_and_tell(_subject(made), "taken", by, made.revision)
        elif made.known != here:
            PlanVersion.objects.filter(pk=made.pk).update(known=here)
            made.known = here
    return made


def submit(plan_id: str, by: Caller, *, expected: int | None = None, now: datetime | None = None) -> PlanVersion:
    """Ask a second person to approve a draft."""
    by.need("plans:make")
    changes = {"submitted_by": acting(by), "submitted_at": now or timezone.now(), "reason": ""}
    return _move("submit", plan_id, by, expected, **changes)


def approve(plan_id: str, by: Caller, *, expected: int | None = None, now: datetime | None = None) -> PlanVersion:
    """Approve what somebody else took in and submitted."""
    by.need("plans:approve")
    changes = {"approved_by": acting(by), "approved_at": now or timezone.now()}
    return _move("approve", plan_id, by, expected, **changes)


def reject(plan_id: str, by: Caller, reason: str, *, expected: int | None = None) -> PlanVersion:
    """Send what was submitted or approved back, with a reason."""
    by.need("plans:approve")
    return _move("reject", plan_id, by, expected, **rejection(reason))


def publish(plan_id: str, by: Caller, *, expected: int | None = None, now: datetime | None = None) -> PlanVersion:
    """Let an approved or paused plan go live in the place of the one that is live now, which is paused.

    Its files are checked against its id, and are on the disk, before anything points to them; then one transaction
    flips the pointer: whoever asks meanwhile gets the one plan or the other, never none and never half of one.

    Raises:
        Unavailable: its files are missing or damaged; nothing has changed.
        Conflict: it is neither approved nor paused, or somebody published another plan at the same moment.
    """
    by.need("plans:publish")
    found = _found(plan_id)
    if found.state not in MOVES["publish"].before:
        return _move("publish", plan_id, by, expected)  # which says why not
    read_plan(plan_id)
    with one_at_a_time("another plan was published"):
        before = _replaced()
        changes = {} if before is None else {"replaced": before}
        return _published(found, before, "paused", by, expected=expected, now=now, **changes)


def rollback(by: Caller, *, now: datetime | None = None) -> PlanVersion:
    """Bring back the plan that was live before the one that is live now, which is paused.

    Raises:
        Conflict: no plan is live, there was none before it, or that one has been ended.
        Unavailable: the files of the one before are damaged; nothing has changed.
    """
    by.need("plans:publish")
    live = PlanVersion.objects.filter(state=LIVE).select_related("replaced").first()
    if live is None:
        raise Conflict("no plan is live: publish one", "no_plan_live")
    back = live.replaced
    if back is None:
        raise Conflict(f"plan {live.plan_id[:8]} replaced none: there is nothing to go back to", "none_before")
    read_plan(back.plan_id)
    with one_at_a_time("another plan was published"):
        gone = _replaced()
        if gone is None or gone.pk != live.pk:
            raise Conflict("another plan was published meanwhile: look again", "changed_meanwhile")
        return _published(back, gone, "rolled_back", by, expected=None, now=now)


def pause(plan_id: str, by: Caller, *, expected: int | None = None) -> PlanVersion:
    """Stop the live plan for now; no other takes its place."""
    by.need("plans:write")
    return _move("pause", plan_id, by, expected)


def end(plan_id: str, by: Caller, *, expected: int | None = None, now: datetime | None = None) -> PlanVersion:
    """Stop a plan for good."""
    by.need("plans:write")
    return _move("end", plan_id, by, expected, ended_at=now or timezone.now())


def _replaced() -> PlanVersion | None:
    """The plan that was live, now paused; to be called inside the transaction that publishes another."""
    live = PlanVersion.objects.select_for_update().filter(state=LIVE).first()
    if live is None:
        return None
    if not PlanVersion.objects.filter(pk=live.pk, state=LIVE).update(state=PAUSED, revision=F("revision") + 1):
        raise Conflict("another plan was published meanwhile: look again", "changed_meanwhile")
    return live


def _published(
    plan: PlanVersion,
    gone: PlanVersion | None,
    done: str,
    by: Caller,
    *,
    expected: int | None,
    now: datetime | None,
    **changes: Any,
) -> PlanVersion:
    """Let a plan go live, then tell of the one that is gone and of the one that came."""
    rows, moment = PlanVersion.objects.filter(pk=plan.pk), now or timezone.now()
    live = moves.take(rows, _subject(plan), "publish", by, expected=expected, published_at=moment, **changes)
    if gone is not None:
        record_and_tell(_subject(gone), done, by, gone.revision + 1)
    record_and_tell(_subject(live), MOVES["publish"].done, by, live.revision)
    return live


def _move(step: str, plan_id: str, by: Caller, expected: int | None, **changes: Any) -> PlanVersion:
    with transaction.atomic():
        rows = PlanVersion.objects.filter(plan_id=plan_id)
        return move(rows, _subject(_found(plan_id)), step, by, expected=expected, **changes)


def _found(plan_id: str) -> PlanVersion:
    found = PlanVersion.objects.filter(plan_id=plan_id).first()
    if found is None:
        raise NotFound(f"there is no plan {plan_id[:64]}")
    return found


def _subject(plan: PlanVersion) -> Subject:
    return Subject("plan", f"plan:{plan.plan_id}", {"plan_id": plan.plan_id, "code": plan.code})


def _told(plan: Plan) -> dict[str, Any]:
    """What a list of plans shows, out of its head and rows."""
    import pyarrow as pa
    import pyarrow.compute as pc

    head, worth = plan.head, plan.head.worth
    figures = {
        "net": worth.net.estimate, "lower": worth.net.lower, "upper": worth.net.upper, "spend_low": worth.spend_low,
        "spend_high": worth.spend_high, "profit_low": worth.profit_low, "p_loss": worth.p_loss,
    }  # fmt: skip
    given = plan.rows.filter(pc.is_in(plan.rows["arm"], value_set=pa.array(GIVEN)))
    return {
        "code": head.code[:60], "currency": head.currency, "as_of": head.as_of[:10], "budget_minor": head.budget_minor,
        "customers": pc.count_distinct(given["customer_id"]).as_py(), "offers": len(head.parts) + len(head.public),
        "figures": {name: _finite(value) for name, value in figures.items()} | {"grade": str(head.grade)},
    }  # fmt: skip


def _finite(value: float) -> float | None:
    return value if isfinite(value) else None  # what is not known has no number in JSON
