"""Moving SQLite's log into its file in the worker, because whoever does it waits for the disk: not a customer.

Requests would do it themselves only if the log grew to `stores.LEFT_PAGES`, which it does where no worker runs.
"""

from django.db import connection
from django.db.backends.utils import CursorWrapper

from netlift.service.core.stores import WAIT_S

LONG_PAGES = 16_000
"""From here on writers are made to begin the log anew, for which they wait a moment; pages of 4 KiB."""
PATIENCE_MS = 20
"""How long that waits for readers, holding writers up; with a long reader it is left for the next turn."""


def checkpoint() -> int:
    """Move what is in the log; 0 for another store, and within a transaction, which stands in its way.

    Returns:
        Pages in the log before it began anew, or as they stand.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        return 0
    with connection.cursor() as cursor:
        pages = _moved(cursor, "PASSIVE")
        if pages > LONG_PAGES:
            cursor.execute(f"PRAGMA busy_timeout={PATIENCE_MS}")
            try:
                _moved(cursor, "RESTART")  # the bulk is on the disk already, so that this is short
            finally:
                cursor.execute(f"PRAGMA busy_timeout={1000 * WAIT_S}")
    return pages


def _moved(cursor: CursorWrapper, how: str) -> int:
    cursor.execute(f"PRAGMA wal_checkpoint({how})")
    _, pages, _ = cursor.fetchone()
    return max(int(pages), 0)  # -1: there is no log
