"""Do 300 uses stay 300 when 16 processes want 500 each and are killed (-9) on the way, the server too? And the money?

granted     uses that were granted, committed and spent: the limit, exactly
answers     keys that were repeated after a kill, and how many of all keys had two different answers: none
lost        reservations that an answer names and the store does not have, or the other way round: none
stuck       reservations past their time that nobody swept: none
over        cents by which a budget was exceeded, ever (what is held counts): none
balanced    every account is what its journal and its reservations say
"""

import json
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from typing import Any

from benchmarks._ledger_crowd import Crowd
from benchmarks._ledger_store import postgres

QUICK = {"limit": 20, "budget": 4_000, "workers": 3, "attempts": 40, "server_kills": 1}
GOALS = {"granted": "the limit", "keys_with_two_answers": 0, "lost_or_unknown": 0, "stuck": 0, "over_budget": 0}
_WAYS = {
    "SQLite": (False, False), "SQLite, over HTTP": (False, True),
    "PostgreSQL": (True, False), "PostgreSQL, over HTTP": (True, True),
}  # fmt: skip


def run(
    limit: int = 300, budget: int = 500_000, workers: int = 16, attempts: int = 500, server_kills: int = 8
) -> dict[str, object]:
    """One crowd on each store, calling the ledger and asking a server."""
    crowd = {"limit": limit, "budget": budget, "workers": workers, "attempts": attempts, "server_kills": server_kills}
    return {"goals": GOALS, **crowd, "crowds": {way: _one(way, crowd) for way in _WAYS}}


def _one(way: str, crowd: dict[str, int]) -> dict[str, Any]:
    on_postgres, over_http = _WAYS[way]
    with ExitStack() as after:
        folder = after.enter_context(tempfile.TemporaryDirectory(prefix="netlift-crowd-", ignore_cleanup_errors=True))
        address = after.enter_context(postgres()) if on_postgres else ""
        asked = Crowd(address, folder, **crowd, server=over_http)  # type: ignore[arg-type]
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks._ledger_crowd", json.dumps(asked._asdict())],
            check=True, stdout=subprocess.PIPE, text=True, timeout=3_600,
        )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    unknown, lost = found.pop("reservations_nobody_knows"), found.pop("reservations_lost")
    return found | {"lost_or_unknown": lost + unknown, "exactly_the_limit": _exact(found, crowd["limit"])}


def _exact(found: dict[str, Any], limit: int) -> bool:
    return found["granted"] == found["committed"] == found["spent"] == limit
