"""A connection that answered lately is taken to answer still: Django would ask before every request."""

import time
from typing import Any

from django.db.backends.postgresql import base

TRUSTED_S = 5.0
"""For so long after it was seen to answer. If the server went in between, one request of each connection fails, and
the next one connects anew."""


class DatabaseWrapper(base.DatabaseWrapper):
    """See the module."""

    health_check_enabled: bool
    health_check_done: bool

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._seen_at = -TRUSTED_S

    def close_if_health_check_failed(self) -> None:
        """Ask, unless it answered lately."""
        due = self.connection is not None and self.health_check_enabled and not self.health_check_done
        if due and time.monotonic() - self._seen_at < TRUSTED_S:
            self.health_check_done = True
            return
        super().close_if_health_check_failed()
        if due and self.connection is not None:
            self._seen_at = time.monotonic()
