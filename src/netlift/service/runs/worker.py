"""The worker: takes jobs, runs each as a child process, and tells how it goes until it ends."""

from threading import Event

from netlift.service.runs.queue import claim

PAUSE_S = 1.0
"""Between looks into an empty queue."""


def work(stop: Event) -> None:
    """Run jobs one after another until told to stop; a job that is running then is given back unharmed.

    Args:
        stop: set by another thread or a signal.
    """
    from netlift.service.runs.child import run

    while not stop.is_set():
        job = claim()
        if job is None:
            stop.wait(PAUSE_S)
        else:
            run(job, stop)
