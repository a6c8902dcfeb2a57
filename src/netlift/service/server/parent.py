"""A process that ends when the one that started it has ended, however that happened."""

import os
import signal
import threading
import time

NAME = "NETLIFT_PARENT"
"""Environment variable in which a process tells those that it starts its number."""
_LOOK_S = 0.5
_PATIENCE_S = 20.0


def started_by() -> int:
    """The number of the process that started this one.

    It is told in the environment: whoever asks the system may ask too late, and is told of the one that adopted it.
    """
    told = os.environ.get(NAME, "")
    return int(told) if told.isdecimal() else os.getppid()


def end_with(parent: int) -> None:
    """Watch the parent from now on; when it is gone, end as if told to, and after a while without being asked."""
    threading.Thread(target=_watch, args=(parent,), daemon=True, name="parent").start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_S)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_PATIENCE_S)
    os._exit(1)
