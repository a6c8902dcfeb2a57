"""A process that ends when the one that started it has ended, however that happened."""

import os
import signal
import threading
import time

_LOOK_S = 0.5
_PATIENCE_S = 20.0


def end_with_parent() -> None:
    """Watch the parent from now on; when it is gone, end as if told to, and after a while without being asked."""
    parent = os.getppid()
    threading.Thread(target=_watch, args=(parent,), daemon=True, name="parent").start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_S)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_PATIENCE_S)
    os._exit(1)
