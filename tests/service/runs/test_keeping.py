"""Old jobs go with what they wrote, and old files with what they say of people."""

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings

from netlift.service.privacy.retention import outlook
from netlift.service.runs import child, inbox, keeping, queue
from netlift.service.runs.models import Job

pytestmark = pytest.mark.usefixtures("store")
NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    yield
    shutil.rmtree(settings.FOLDER.files, ignore_errors=True)


def test_old_jobs_go_with_their_files_and_those_that_wait_stay() -> None:
    for _ in range(3):
        queue.enqueue("audit", {}, "user:ann", now=NOW)
    for days in (0, 1):
        job = queue.claim(now=NOW)
        assert job
        child.folder_of(job.job_id).mkdir(parents=True)
        queue.finish(job, {}, now=NOW + timedelta(days=days))
    first, second, waiting = Job.objects.order_by("pk")
    half = NOW + timedelta(hours=12)
    assert keeping.old_jobs(half) == 1
    assert keeping.clear_jobs(half, 10) == 1
    assert not child.folder_of(first.job_id).exists()
    assert child.folder_of(second.job_id).exists()
    assert keeping.clear_jobs(NOW + timedelta(days=9), 10) == 1
    assert Job.objects.get() == waiting


def test_old_files_go() -> None:
    assert keeping.clear_files(NOW, 10) == 0
    for name, days in (("a.csv", 0), ("b.csv", 2)):
        inbox.receive(name, [b"x"])
        at = (NOW + timedelta(days=days)).timestamp()
        os.utime(child.inbox() / name, (at, at))
    assert keeping.old_files(NOW + timedelta(days=1)) == 1
    assert keeping.clear_files(NOW + timedelta(days=1), 10) == 1
    assert [one.name for one in inbox.waiting()] == ["b.csv"]


def test_retention_knows_them() -> None:
    assert {"jobs", "files sent", "stock movements"} <= {due.kind for due in outlook()}
