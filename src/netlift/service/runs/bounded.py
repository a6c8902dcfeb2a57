"""Becomes another Python program, bounded first: `python -m netlift.service.runs.bounded PARENT MEMORY_MB WORDS...`.

On Linux the kernel ends it when its parent ends, however that happens. It starts no Django.
"""

import ctypes
import os
import resource
import signal
import sys

_DIE_WITH_PARENT = 1
"""PR_SET_PDEATHSIG of prctl(2)."""


def main() -> None:
    """Bound this process and what it starts, then become the program."""
    parent, memory_mb, words = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        if os.getppid() != parent:  # it ended before the kernel was asked
            os._exit(1)
    if memory_mb:
        most = memory_mb * 1024 * 1024
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.execv(sys.executable, [sys.executable, *words])  # noqa: S606  our own program


if __name__ == "__main__":
    main()
