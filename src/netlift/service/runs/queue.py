"""The queue: jobs go in once, are taken by one worker at a time, and come back when that worker dies."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from netlift.service.access import log
from netlift.service.core.ids import new_id
from netlift.service.core.refusals import Conflict, NotFound
from netlift.service.runs.kinds import kind_of
from netlift.service.runs.models import CANCELLED, DONE, FAILED, QUEUED, RUNNING, Job

LEASE = timedelta(seconds=60)
"""A worker that is silent for so long has lost its job."""
AGAIN_AFTER = timedelta(seconds=10)
"""Before the second attempt; doubled for each further one."""


def enqueue(
    kind: str, arguments: Mapping[str, Any], by: str, key: str | None = None, *, now: datetime | None = None
) -> Job:
    """Put a job in the queue; with the same asker's same key, the job that is there already.

    Args:
        kind: name of one of `runs.kinds`.
        arguments: as that kind takes them.
        by: Caller.name of who asks.
        key: the asker's own name for it.
        now: the moment; default: this one.

    Raises:
        Refused: an unknown kind, or arguments that it does not take.
        Conflict: the key was used for something else.
    """
    known = kind_of(kind, arguments)
    told = known.model_dump(mode="json", exclude_defaults=True)
    now = now or timezone.now()
    values = {
        "job_id": new_id("job"), "kind": kind, "arguments": told, "digest": _digest(kind, told), "due_at": now,
        "made_at": now, "most_attempts": known.ATTEMPTS,
    }  # fmt: skip
    with transaction.atomic():
        if key is None:
            job, fresh = Job.objects.create(by=by, **values), True
        else:
            job, fresh = Job.objects.get_or_create(by=by, key=key, defaults=values)
        if fresh:
            log.record(by, "job.asked", job.job_id, kind=kind)
    if job.digest != values["digest"]:
        raise Conflict(f"key {key!r} was used for another job: take a new key", "key_reused")
    return job


def claim(*, now: datetime | None = None) -> Job | None:
    """Take the job that is due longest, or one whose worker fell silent; None where there is none.

    The row is locked past others' locks where the store can do that; what decides is the conditional statement.
    """
    now = now or timezone.now()
    due = Q(state=QUEUED, due_at__lte=now) | Q(state=RUNNING, lease_until__lt=now)
    with transaction.atomic():
        _give_up(now)
        found = (
            Job.objects.select_for_update(skip_locked=True)
            .filter(due, attempts__lt=F("most_attempts"))
            .order_by("due_at", "pk")
            .first()
        )
        if found is None:
            return None
        worker = new_id("run")
        taken = Job.objects.filter(due, pk=found.pk, attempts__lt=F("most_attempts")).update(
            state=RUNNING, worker=worker, lease_until=now + LEASE, attempts=F("attempts") + 1, started_at=now, done=0,
            total=0, note="", error="",
        )  # fmt: skip
        return Job.objects.get(pk=found.pk) if taken else None


def progress(job: Job, done: int, total: int, note: str = "", *, now: datetime | None = None) -> bool:
    """Tell how far a job is, which renews its lease; False: stop, it was cancelled or is somebody else's now."""
    now = now or timezone.now()
    mine = Job.objects.filter(pk=job.pk, worker=job.worker, state=RUNNING, stop_asked=False)
    return bool(mine.update(lease_until=now + LEASE, done=max(done, 0), total=max(total, 0), note=note[:200]))


def finish(job: Job, result: Mapping[str, Any], *, now: datetime | None = None) -> bool:
    """End a job well; False: it is somebody else's now, and nothing is kept."""
    return _end(job, DONE, now, result=dict(result))


def fail(job: Job, error: str, *, again: bool, now: datetime | None = None) -> bool:
    """End an attempt badly: the job waits for its next attempt, or is over where that was the last.

    Args:
        job: as it was claimed.
        error: what went wrong, for people.
        again: whether another attempt may go better, as after a kill; bad input stays bad.
        now: the moment; default: this one.
    """
    now = now or timezone.now()
    if not again or job.attempts >= job.most_attempts:
        return _end(job, FAILED, now, error=error[:1000])
    wait = AGAIN_AFTER * 2 ** (job.attempts - 1)
    mine = Job.objects.filter(pk=job.pk, worker=job.worker, state=RUNNING)
    return bool(mine.update(state=QUEUED, worker="", lease_until=None, due_at=now + wait, error=error[:1000]))


def stopped(job: Job, *, now: datetime | None = None) -> bool:
    """End a job that was asked to stop; False: it was not, or is somebody else's now."""
    mine = Job.objects.filter(pk=job.pk, worker=job.worker, state=RUNNING, stop_asked=True)
    return bool(mine.update(state=CANCELLED, ended_at=now or timezone.now(), lease_until=None))


def release(job: Job, *, now: datetime | None = None) -> bool:
    """Give a job back unharmed, as a worker does that is told to end: the attempt does not count."""
    mine = Job.objects.filter(pk=job.pk, worker=job.worker, state=RUNNING)
    return bool(
        mine.update(state=QUEUED, worker="", lease_until=None, due_at=now or timezone.now(), attempts=F("attempts") - 1)
    )


def cancel(job_id: str, by: str, *, now: datetime | None = None) -> Job:
    """Take a job out of the queue, or ask its worker to stop it.

    Raises:
        NotFound: there is none.
        Conflict: it is over.
    """
    now = now or timezone.now()
    with transaction.atomic():
        rows = Job.objects.filter(job_id=job_id)
        waiting = rows.filter(state=QUEUED).update(state=CANCELLED, ended_at=now, stop_asked=True)
        if not waiting and not rows.filter(state=RUNNING).update(stop_asked=True):
            found = rows.first()
            if found is None:
                raise NotFound(f"there is no job {job_id[:40]}")
            raise Conflict(f"job {job_id} is {found.state} already", "job_over", state=found.state)
        log.record(by, "job.cancelled", job_id)
        return rows.get()


def _give_up(now: datetime) -> None:
    """End jobs whose worker fell silent in their last attempt."""
    silent = Job.objects.filter(state=RUNNING, lease_until__lt=now)
    silent.filter(stop_asked=True).update(state=CANCELLED, ended_at=now)
    silent.filter(state=RUNNING, attempts__gte=F("most_attempts")).update(
        state=FAILED, ended_at=now, error="its worker ended without a word, in each attempt that it may have"
    )


def _end(job: Job, state: str, now: datetime | None, **changes: Any) -> bool:
    mine = Job.objects.filter(pk=job.pk, worker=job.worker, state=RUNNING)
    return bool(mine.update(state=state, ended_at=now or timezone.now(), lease_until=None, **changes))


def _digest(kind: str, arguments: Mapping[str, Any]) -> str:
    return sha256(json.dumps([kind, arguments], sort_keys=True).encode()).hexdigest()
