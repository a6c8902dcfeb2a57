"""The queue: in once, out to one worker at a time, back when that worker dies, and never beyond its attempts."""

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from django.db import DatabaseError, connections, transaction

from netlift.service.core.refusals import Conflict, NotFound, Refused
from netlift.service.runs import queue
from netlift.service.runs.models import Job

NOW = datetime(2026, 3, 1, tzinfo=UTC)
LATER = NOW + queue.LEASE + timedelta(seconds=1)


def put(**more: object) -> Job:
    return queue.enqueue("audit", {}, "user:ann", now=NOW, **more)


@pytest.mark.usefixtures("store")
def test_jobs_leave_in_the_order_in_which_they_came() -> None:
    first, second = put(), put()
    taken = [queue.claim(now=NOW) for _ in range(3)]
    assert [one.job_id if one else None for one in taken] == [first.job_id, second.job_id, None]
    job = taken[0]
    assert job
    assert (job.state, job.attempts, job.lease_until) == ("running", 1, NOW + queue.LEASE)
    assert queue.progress(job, 3, 10, "judging", now=NOW)
    assert queue.finish(job, {"files": {}}, now=NOW)
    kept = Job.objects.get(pk=job.pk)
    assert (kept.state, kept.done, kept.total, kept.note, kept.result) == ("done", 3, 10, "judging", {"files": {}})
    assert not queue.finish(job, {})
    assert not queue.progress(job, 1, 1)


@pytest.mark.usefixtures("store")
def test_a_key_stands_for_one_job() -> None:
    one, other = put(key="march"), put(key="march")
    assert one.pk == other.pk
    with pytest.raises(Conflict, match="another job"):
        queue.enqueue("audit", {"seed": 3}, "user:ann", "march")
    assert queue.enqueue("audit", {"seed": 3}, "user:ben", "march").pk != one.pk
    assert put().pk != put().pk
    assert queue.enqueue("audit", {"seed": 0}, "user:ann", "march").pk == one.pk  # 0 is what it is anyway


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        ("audit", {"level": 2}), ("audit", {"shell": "x"}), ("rm", {}), ("ingest", {"names": []}), ("plan", {}),
        ("ingest", {"names": ["../../etc/passwd"]}), ("ingest", {"names": [".hidden"]}),
        ("ingest", {"names": ["a\x00"]}),
        ("plan", {"budget": "-5"}), ("plan", {"budget": "5", "goals": ["fame"]}), ("audit", {"lang": "fr"}),
    ],
)  # fmt: skip
def test_arguments_stay_within_their_bounds(kind: str, arguments: dict[str, object]) -> None:
    with pytest.raises(Refused):
        queue.enqueue(kind, arguments, "user:ann")
    assert not Job.objects.exists()


@pytest.mark.usefixtures("store")
def test_a_silent_workers_job_comes_back_and_the_silent_one_can_no_longer_end_it() -> None:
    put()
    dead = queue.claim(now=NOW)
    assert dead
    assert queue.claim(now=NOW) is None
    again = queue.claim(now=LATER)
    assert again
    assert (again.pk, again.attempts) == (dead.pk, 2)
    assert not queue.finish(dead, {})
    assert not queue.fail(dead, "late", again=True)
    assert not queue.progress(dead, 1, 1)
    assert queue.claim(now=LATER + queue.LEASE + timedelta(seconds=1)) is None  # two attempts are all it has
    kept = Job.objects.get(pk=dead.pk)
    assert (kept.state, kept.attempts) == ("failed", 2)
    assert "ended without a word" in kept.error


@pytest.mark.usefixtures("store")
def test_a_failure_is_tried_again_later_unless_it_would_fail_again() -> None:
    put()
    job = queue.claim(now=NOW)
    assert job
    assert queue.fail(job, "killed", again=True, now=NOW)
    assert queue.claim(now=NOW) is None
    job = queue.claim(now=NOW + queue.AGAIN_AFTER)
    assert job
    assert queue.fail(job, "killed again", again=True, now=NOW)
    assert Job.objects.get().state == "failed"
    put()
    job = queue.claim(now=NOW)
    assert job
    assert queue.fail(job, "no currency", again=False, now=NOW)
    assert (Job.objects.get(pk=job.pk).state, Job.objects.get(pk=job.pk).attempts) == ("failed", 1)


@pytest.mark.usefixtures("store")
def test_cancelling_takes_it_out_or_stops_it() -> None:
    waiting = put()
    assert queue.cancel(waiting.job_id, "user:ben").state == "cancelled"
    assert queue.claim(now=NOW) is None
    put()
    job = queue.claim(now=NOW)
    assert job
    assert queue.cancel(job.job_id, "user:ben").state == "running"
    assert not queue.progress(job, 1, 2)
    assert queue.stopped(job)
    with pytest.raises(Conflict, match="cancelled already"):
        queue.cancel(job.job_id, "user:ben")
    with pytest.raises(NotFound):
        queue.cancel("job_none", "user:ben")
    put()
    job = queue.claim(now=NOW)
    assert job
    queue.cancel(job.job_id, "user:ben")
    assert queue.claim(now=LATER) is None  # its worker died before it saw that
    assert Job.objects.get(pk=job.pk).state == "cancelled"


@pytest.mark.usefixtures("store")
def test_a_worker_that_is_told_to_end_gives_its_attempt_back() -> None:
    put()
    job = queue.claim(now=NOW)
    assert job
    assert queue.release(job, now=NOW)
    again = queue.claim(now=NOW)
    assert again
    assert again.attempts == 1


@pytest.mark.usefixtures("store")
def test_the_store_refuses_states_and_attempts_that_cannot_be() -> None:
    job = put()
    for wrong in ({"state": "lost"}, {"attempts": 3}, {"state": "running"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Job.objects.filter(pk=job.pk).update(**wrong)


@pytest.mark.usefixtures("committed")
def test_many_workers_take_each_job_once() -> None:
    names = {put().job_id for _ in range(12)}
    taken: list[str] = []
    ready = Barrier(4)

    def worker() -> None:
        ready.wait()
        while (job := queue.claim(now=NOW)) is not None:
            taken.append(job.job_id)
        connections.close_all()

    threads = [Thread(target=worker) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(names)
