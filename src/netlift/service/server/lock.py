"""One server a folder: a lock that the system takes back when its holder ends, however that happens."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from netlift.errors import ConfigError


@contextmanager
def held(folder: Path, address: str) -> Iterator[None]:
    """Hold a folder.

    Args:
        folder: made where it is missing.
        address: where it will be served, for whoever comes second.

    Raises:
        ConfigError: another process holds it, or it cannot be written.
    """
    path = folder / "serve.lock"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise ConfigError(f"{folder} cannot be a service's folder: {error.strerror}") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        told = os.pread(handle, 200, 0).decode("utf-8", "replace") or "another process"
        os.close(handle)
        raise ConfigError(
            f"{folder} is served already, by {told}: end that one first, or take another folder"
        ) from None
    try:
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"process {os.getpid()} at {address}".encode(), 0)
        yield
    finally:
        os.close(handle)
