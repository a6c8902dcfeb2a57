"""Becomes another Python program, bounded first: `python -m netlift.service.runs.bounded PARENT MEMORY_MB WORDS...`.

On Linux the kernel ends it when its parent ends, however that happens. It starts no Django and holds nothing of the
store, so the web server and the worker have the processors first: a plan takes minutes of them, an answer milliseconds.
"""

import ctypes
import os
import resource
import signal
import sys
from contextlib import suppress
from pathlib import Path

_DIE_WITH_PARENT = 1
"""PR_SET_PDEATHSIG of prctl(2)."""
AHEAD = 4
"""Addresses that the kernel gives for each byte in use: allocators reserve several times what they need, and more with
more threads. What is in use is watched by the worker; this is the bound for what grows faster than it looks."""
_NICENESS = 10


def main() -> None:
    """Bound this process and what it starts, then become the program."""
    parent, memory_mb, words = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        if os.getppid() != parent:  # it ended before the kernel was asked
            os._exit(1)
    if memory_mb:
        most = memory_mb * 1024 * 1024 * AHEAD
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _give_way()
    os.execv(sys.executable, [sys.executable, *words])  # noqa: S606  our own program


def _give_way() -> None:
    os.nice(_NICENESS)
    if os.getsid(0) == os.getpid():  # where Linux shares among sessions first, niceness counts within one only
        with suppress(OSError):
            Path("/proc/self/autogroup").write_text(str(_NICENESS), encoding="ascii")


if __name__ == "__main__":
    main()
