"""A job as a child process: bounded, ended with its worker, and its output kept."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from typing import ClassVar

import pytest
from django.conf import settings
from django.db import OperationalError

from netlift.service.privacy.pseudonyms import pseudonym
from netlift.service.runs import child, queue
from netlift.service.runs import kinds as registry
from netlift.service.runs.kinds.kind import Kind, Place
from netlift.service.runs.models import Job
from netlift.service.runs.worker import work


class Script(Kind):
    """Runs the Python text that it is given."""

    NAME: ClassVar[str] = "script"
    SCOPE: ClassVar[str] = "audits:run"
    PROGRAM: ClassVar[tuple[str, ...]] = ("-c",)

    text: str

    def command(self, place: Place) -> list[str]:  # noqa: ARG002  scripts need no place
        return [self.text]


@pytest.fixture(autouse=True)
def scripts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    known = {**registry.kinds(), "script": Script}
    monkeypatch.setattr(registry, "kinds", lambda: known)
    monkeypatch.setattr(child, "BEAT_S", 0.1)
    yield
    for folder in (settings.FOLDER.files, settings.FOLDER.workspace):
        shutil.rmtree(folder, ignore_errors=True)


def ran(text: str, limits: child.Bounds | None = None, stop: Event | None = None) -> Job:
    asked = queue.enqueue("script", {"text": text}, "user:ann")
    job = queue.claim()
    assert job
    assert job.pk == asked.pk
    child.run(job, stop or Event(), limits)
    return Job.objects.get(pk=job.pk)


@pytest.mark.usefixtures("store")
def test_what_it_prints_is_kept() -> None:
    job = ran("print('[1, 2]')")
    assert (job.state, job.result) == ("done", {"files": {"json": "result.json"}})
    assert child.read_result(job) == [1, 2]
    assert sorted(path.name for path in child.folder_of(job.job_id).iterdir()) == ["result.json"]


@pytest.mark.usefixtures("store")
def test_its_last_words_say_what_went_wrong_and_only_a_kill_is_tried_again() -> None:
    job = ran("import sys; sys.exit('netlift: no currency')")
    assert (job.state, job.error) == ("failed", "netlift: no currency")
    job = ran("import sys\ntry:\n 1/0\nexcept Exception as error:\n raise KeyError('two\\nlines') from error")
    assert (job.state, job.error) == ("failed", "KeyError: 'two\\nlines'")
    advice = "Out of Memory Error: no room\\n\\nPossible solutions:\\n* less\\n\\nSee also https://example.com"
    job = ran(f"raise RuntimeError('{advice}')")
    assert job.error.startswith("it needed more memory than a job may (NETLIFT_JOB_MEMORY_MB): RuntimeError: Out of")
    job = ran("import os; os.kill(os.getpid(), 9)")
    assert (job.state, job.attempts, job.error) == ("queued", 1, "it ended with status -9")
    queue.cancel(job.job_id, "user:ann")


@pytest.mark.usefixtures("store")
def test_memory_and_time_are_bounded() -> None:
    job = ran("x = bytearray(10**10)", child.Bounds(memory_mb=300))  # more than the kernel gives it
    assert (job.state, "NETLIFT_JOB_MEMORY_MB" in job.error, "MemoryError" in job.error) == ("failed", True, True)
    job = ran("import time; x = b'x' * 10**9; time.sleep(60)", child.Bounds(memory_mb=300))  # more than it may use
    assert (job.state, "NETLIFT_JOB_MEMORY_MB" in job.error, "MemoryError" in job.error) == ("failed", True, False)
    job = ran("import mmap; x = mmap.mmap(-1, 10**9); y = bytearray(10**8); print(1)", child.Bounds(memory_mb=300))
    assert job.state == "done"  # what is mapped and not used is nobody's memory
    begun = time.monotonic()
    job = ran("import time; time.sleep(60)", child.Bounds(seconds=0))
    assert (job.state, "NETLIFT_JOB_SECONDS" in job.error) == ("failed", True)
    assert time.monotonic() - begun < 20


@pytest.mark.usefixtures("store")
def test_answers_have_the_processors_first() -> None:
    job = ran("import os; print(os.getpriority(os.PRIO_PROCESS, 0))")
    assert child.read_result(job) == min(os.getpriority(os.PRIO_PROCESS, 0) + 10, 19)  # 19 is the most


@pytest.mark.usefixtures("store")
def test_it_knows_neither_the_store_nor_the_folders_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETLIFT_DATABASE", "postgresql://u:secret@h/d")
    job = ran("import os, json; print(json.dumps([name for name in os.environ if name.startswith('NETLIFT')]))")
    assert child.read_result(job) == []


@pytest.mark.usefixtures("store")
def test_progress_is_read_from_the_bar() -> None:
    line = "from rich.console import Console\nfrom rich.progress import *\nimport time\n"
    columns = "TextColumn('{task.description}'), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()"
    text = (
        f"{line}with Progress({columns}, console=Console(stderr=True), transient=True) as bar:\n"
        " task = bar.add_task('judging spring', total=12, completed=7)\n bar.refresh()\n time.sleep(2)\n"
    )
    job = ran(text)
    assert (job.state, job.done, job.total, job.note) == ("done", 7, 12, "judging spring")


@pytest.mark.usefixtures("committed")
def test_a_worker_does_jobs_until_told_to_stop_and_gives_back_the_one_that_runs() -> None:
    quick = queue.enqueue("script", {"text": "print(1)"}, "user:ann")
    slow = queue.enqueue("script", {"text": "import time; time.sleep(60)"}, "user:ann")
    stop = Event()
    thread = Thread(target=work, args=(stop,))
    thread.start()
    _until(lambda: Job.objects.get(pk=slow.pk).state == "running")
    stop.set()
    thread.join(20)
    assert not thread.is_alive()
    assert Job.objects.get(pk=quick.pk).state == "done"
    kept = Job.objects.get(pk=slow.pk)
    assert (kept.state, kept.attempts) == ("queued", 0)


@pytest.mark.usefixtures("store")
def test_a_store_that_is_away_stops_nothing_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[int] = []

    def away(*_: object) -> bool:
        told.append(1)
        raise OperationalError

    monkeypatch.setattr(queue, "progress", away)
    assert ran("import time; time.sleep(1.2); print(1)").state == "done"
    assert told
    monkeypatch.setattr(queue, "LEASE", timedelta(seconds=0))
    job = ran("import time; time.sleep(60)")
    assert (job.state, job.error) == ("queued", "the store did not answer for too long")


@pytest.mark.usefixtures("committed")
def test_a_running_job_is_stopped_when_it_is_cancelled() -> None:
    asked = queue.enqueue("script", {"text": "import time; time.sleep(60)"}, "user:ann")
    stop = Event()
    thread = Thread(target=work, args=(stop,))
    thread.start()
    try:
        _until(lambda: Job.objects.get(pk=asked.pk).state == "running")
        queue.cancel(asked.job_id, "user:ben")
        _until(lambda: Job.objects.get(pk=asked.pk).state == "cancelled")
    finally:
        stop.set()
        thread.join(20)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux' kernel ends a child with its parent")
def test_a_child_ends_with_its_killed_worker(tmp_path: Path) -> None:
    told = tmp_path / "pid"
    sleeper = f"import os, time; open({str(told)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    worker = (
        "import os, subprocess, sys, time\n"
        f"words = [sys.executable, '-m', 'netlift.service.runs.bounded', str(os.getpid()), '0', '-c', {sleeper!r}]\n"
        "subprocess.Popen(words, start_new_session=True)\ntime.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", worker])
    try:
        _until(lambda: told.exists() and told.read_text())
        pid = int(told.read_text())
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()
        _until(lambda: not _runs(pid))
    finally:
        parent.kill()


@pytest.mark.usefixtures("store")
def test_files_are_ingested_under_the_services_own_pseudonyms() -> None:
    lines = ["order_id,customer_id,ordered_at,product_id,quantity,unit_price,currency"]
    lines += [f"o{n},ann@example.com,2026-01-{n + 1:02d},p{n % 3},1,19.99,EUR" for n in range(9)]
    child.inbox().mkdir(parents=True)
    (child.inbox() / "orders.csv").write_text("\n".join(lines))
    queue.enqueue("ingest", {"names": ["orders.csv"], "currency": "EUR"}, "user:ann")
    job = queue.claim()
    assert job
    child.run(job, Event())
    job = Job.objects.get(pk=job.pk)
    assert (job.state, job.error) == ("done", "")
    assert job.result == {"files": {"json": "result.json", "report": "report.html"}}
    import pyarrow.parquet as pq

    table = pq.read_table(settings.FOLDER.workspace / "tables" / "orders")
    assert set(table["customer_id"].to_pylist()) == {pseudonym("ann@example.com")}


def _until(true: object, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False
