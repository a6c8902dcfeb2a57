"""The worker: takes jobs, runs each as a child process, and tells how it goes until it ends."""

from threading import Event

from django.db import Error, close_old_connections, connection

from netlift.service.core.logs import say
from netlift.service.runs.child import run
from netlift.service.runs.queue import claim

PAUSE_S = 1.0
"""Between looks into an empty queue, and after the store did not answer."""


def work(stop: Event) -> None:
    """Run jobs one after another until told to stop; a job that is running then is given back unharmed.

    A store that does not answer for a while stops nothing: what ran meanwhile is taken up again.

    Args:
        stop: set by another thread or a signal.
    """
    try:
        while not stop.is_set():
            try:
                close_old_connections()
                job = claim()
                if job is not None:
                    run(job, stop)
                    continue
            except Error as error:
                say("jobs_store_unavailable", error=error)
                connection.close()
            stop.wait(PAUSE_S)
    finally:
        connection.close()
