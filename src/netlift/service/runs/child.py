"""A job as a child process: bounded in memory and time, ended with its worker, its output kept as files."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

from django.conf import settings
from django.db import OperationalError

from netlift.errors import NetliftError
from netlift.service.core.logs import say
from netlift.service.privacy.pseudonyms import served
from netlift.service.runs import queue
from netlift.service.runs.kinds import kind_of
from netlift.service.runs.kinds.kind import Kind, Place
from netlift.service.runs.looks import last_words, seen, used_mb
from netlift.service.runs.models import Job

BEAT_S = 2.0
"""Between looks at a child."""
RESULT, STDERR = "result.json", "stderr.txt"
WRONG = 2
"""Exit status of the command line where it was asked for something that cannot be."""
MOST_OUTPUT = 200 * 1024 * 1024
"""Bytes that a job may write as its JSON, and as what it says on the way."""
_TOO_MUCH = "it needed more memory than a job may (NETLIFT_JOB_MEMORY_MB)"


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a job may take."""

    memory_mb: int = 4096
    """Of private memory in use; beyond it, the job fails."""
    seconds: int = 6 * 3600


def bounds() -> Bounds:
    """As NETLIFT_JOB_MEMORY_MB and NETLIFT_JOB_SECONDS say."""
    own = Bounds()
    memory = os.environ.get("NETLIFT_JOB_MEMORY_MB", "")
    seconds = os.environ.get("NETLIFT_JOB_SECONDS", "")
    return Bounds(
        int(memory) if memory.isdigit() else own.memory_mb, int(seconds) if seconds.isdigit() else own.seconds
    )


def run(job: Job, stop: Event, limits: Bounds | None = None) -> None:
    """Do a claimed job to its end, its failure, its cancellation, or until the worker is told to stop."""
    place = _place(job.job_id)
    try:
        kind = kind_of(job.kind, job.arguments)
        _prepare(kind, place)
    except (NetliftError, OSError) as error:
        queue.fail(job, str(error), again=False)
        return
    limits = limits or bounds()
    with (place.out / RESULT).open("wb") as out, (place.out / STDERR).open("wb") as err:
        child = _started([*kind.PROGRAM, *kind.command(place)], out.fileno(), err.fileno(), limits)
        try:
            ended = _watched(job, child, place, stop, limits)
        finally:
            _kill(child)
    _conclude(job, kind, place, ended, child.returncode)


def folder_of(job_id: str) -> Path:
    """Where a job's files lie."""
    files: Path = settings.FOLDER.files
    return files / "jobs" / job_id


def inbox() -> Path:
    """Where files wait that were sent for ingestion."""
    files: Path = settings.FOLDER.files
    return files / "inbox"


def _place(job_id: str) -> Place:
    return Place(settings.FOLDER.workspace, inbox(), folder_of(job_id))


def _prepare(kind: Kind, place: Place) -> None:
    shutil.rmtree(place.out, ignore_errors=True)  # what an earlier attempt left
    place.out.mkdir(parents=True)
    served(place.workspace)
    for name, text in kind.files().items():
        (place.out / name).write_text(text, encoding="utf-8")


def _started(words: list[str], out: int, err: int, limits: Bounds) -> "subprocess.Popen[bytes]":
    """The child, through `runs.bounded`, which bounds itself before it becomes the command."""
    command = [sys.executable, "-m", "netlift.service.runs.bounded", str(os.getpid()), str(limits.memory_mb), *words]
    given = {"COLUMNS": "120", "FORCE_COLOR": "1", "TTY_INTERACTIVE": "1", "PYTHONUNBUFFERED": "1"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("NETLIFT_", "DJANGO_"))}
    return subprocess.Popen(  # noqa: S603  our own program, words without a shell
        command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=kept | given, start_new_session=True
    )


def _watched(job: Job, child: "subprocess.Popen[bytes]", place: Place, stop: Event, limits: Bounds) -> str:
    """Wait for the child and tell how it goes; why the waiting ended: over, time, memory, output, told, or stopped."""
    end, told, heard = time.monotonic() + limits.seconds, (0, 0, ""), [time.monotonic()]
    while True:
        with suppress(subprocess.TimeoutExpired):
            child.wait(BEAT_S if told[1] or told[2] else BEAT_S / 4)
            return "over"
        told = seen(place.out / STDERR) or told
        if not _beat(job, told, heard):
            return "stopped"
        if stop.is_set():
            return "told"
        if time.monotonic() > end:
            return "time"
        if limits.memory_mb and used_mb(child.pid) > limits.memory_mb:
            return "memory"
        if any((place.out / name).stat().st_size > MOST_OUTPUT for name in (RESULT, STDERR)):
            return "output"


def _beat(job: Job, told: tuple[int, int, str], heard: list[float]) -> bool:
    """Tell the store; while it does not answer the job goes on, but not beyond the lease."""
    try:
        mine = queue.progress(job, *told)
        heard[0] = time.monotonic()
    except OperationalError as error:
        say("jobs_store_unavailable", error=error)
        return time.monotonic() - heard[0] < queue.LEASE.total_seconds() / 2
    return mine


def _kill(child: "subprocess.Popen[bytes]") -> None:
    """The child and whatever it started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _conclude(job: Job, kind: Kind, place: Place, ended: str, status: int) -> None:
    if ended == "told":
        queue.release(job)
    elif ended == "stopped":
        if not queue.stopped(job):
            queue.fail(job, "the store did not answer for too long", again=True)
    elif ended == "time":
        queue.fail(job, "it took longer than a job may (NETLIFT_JOB_SECONDS)", again=False)
    elif ended == "memory":
        queue.fail(job, f"{_TOO_MUCH}: take in less at once, or give it more", again=False)
    elif ended == "output":
        queue.fail(job, "it wrote more than a job may", again=False)
    elif status != 0:
        said = last_words(place.out / STDERR)
        memory = "MemoryError" in said or "std::bad_alloc" in said or "Out of Memory" in said
        hint = f"{_TOO_MUCH}: " if memory else ""
        queue.fail(job, hint + (said or f"it ended with status {status}"), again=status < 0)
    else:
        queue.finish(job, _result(kind, place))


def _result(kind: Kind, place: Place) -> dict[str, Any]:
    """Names of the files that are there, durable before the job is called done."""
    named = {"json": RESULT, "report": kind.REPORT}
    found = {what: name for what, name in named.items() if name and (place.out / name).is_file()}
    for name in found.values():
        with (place.out / name).open("rb") as file:
            os.fsync(file.fileno())
    (place.out / STDERR).unlink(missing_ok=True)
    return {"files": found}


def read_result(job: Job) -> Any:
    """The JSON that a job printed; None where it printed none."""
    path = folder_of(job.job_id) / RESULT
    return json.loads(path.read_text("utf-8")) if job.result and path.is_file() else None
