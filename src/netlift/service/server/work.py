"""The worker process: jobs in one thread, news in another, housekeeping in a third, until told to end."""

import signal
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import NamedTuple

_PATIENCE_S = 12.0


class Task(NamedTuple):
    """Something that is done again and again."""

    name: str
    """Module and function."""
    every_s: float


QUICK = (
    Task("core.checkpoint.checkpoint", 1),
    Task("ledger.sweep.sweep", 2),
    Task("events.hand_over.hand_over", 5),
    Task("decisions.hand_over.hand_over", 5),
    Task("decisions.shelf_hand_over.hand_over", 300),
    Task("access.throttle.forget", 60),
    Task("privacy.retention.sweep", 60),
    Task("access.forget.forget", 600),
    Task("catalog.artefacts.tidy", 3600),
)
"""Housekeeping; each is short, and what is left over waits for its next turn."""
NEWS = (Task("hooks.deliver.deliver", 1),)
"""On a thread of their own, because others may be slow to answer."""


def main() -> None:
    """Work until told to end."""
    import django

    django.setup()
    from netlift.service.core.logs import say
    from netlift.service.runs.worker import work

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    threads = [
        threading.Thread(target=again, args=(stop, lambda: work(stop)), name="jobs"),
        threading.Thread(target=turns, args=(stop, found(NEWS)), name="news"),
        threading.Thread(target=turns, args=(stop, found(QUICK)), name="housekeeping"),
    ]
    say("worker_started")
    for thread in threads:
        thread.daemon = True
        thread.start()
    while not stop.wait(0.5):
        pass
    until = time.monotonic() + _PATIENCE_S
    for thread in threads:
        thread.join(max(until - time.monotonic(), 0))
    say("worker_ended")


def again(stop: threading.Event, act: Callable[[], None], pause_s: float = 5) -> None:
    """Do something that lasts until told to end; when it fails, tell the log and begin again."""
    from django.db import close_old_connections

    while not stop.is_set():
        _try("jobs", act)
        close_old_connections()
        stop.wait(pause_s)


def found(tasks: Iterable[Task]) -> dict[Task, Callable[[], object]]:
    """The functions of tasks."""
    acts = {}
    for task in tasks:
        module, _, name = task.name.rpartition(".")
        acts[task] = getattr(import_module(f"netlift.service.{module}"), name)
    return acts


def turns(
    stop: threading.Event, acts: Mapping[Task, Callable[[], object]], clock: Callable[[], float] = time.monotonic
) -> None:
    """Do each task when its time has come; one that fails is told to the log and waits for its next turn."""
    from django.db import close_old_connections

    due = dict.fromkeys(acts, clock())
    while not stop.is_set():
        for task, act in acts.items():
            if not stop.is_set() and clock() >= due[task]:
                _try(task.name, act)
                due[task] = clock() + task.every_s
        close_old_connections()
        stop.wait(min(max(min(due.values()) - clock(), 0.05), 1.0))


def _try(name: str, act: Callable[[], object]) -> None:
    import logging

    from netlift.service.core.logs import say

    try:
        act()
    except Exception as error:  # noqa: BLE001  one task's fault must not end the others
        say("task_failed", logging.ERROR, error=error, task=name)
