"""Does kill -9 lose or double anything? The server is killed again and again while plans are published and events come.

Each time, the web server and the worker are killed at a random moment (SIGKILL to all of their processes at once) while
four programs keep publishing plans, uploading a new one, and sending events one by one and 200 at a time. Then both are
started again on what is left, and it is asked: is exactly one plan live, is it the one whose publication was answered
last or the one that was being asked for, does it decide, and are all plans that the catalogue names whole? Events that
nobody answered for are sent again, as a program would. In the end every event that was ever accepted must be in the
store once, and in the workspace's table of events once.

The processes die, not the machine: what a power cut leaves depends on the disk, and is not shown here.
"""

import json
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np

from benchmarks._crash_server import Caller, Server, service
from benchmarks._crash_traffic import Seen, Traffic, form, packed, send_many

QUICK = {"kills": 2}
PLANS = 3
STORES = ("sqlite", "postgresql")
LEAST_S, MOST_S = 0.02, 1.2
"""Between the first request and the kill."""

_COUNTED = """
from collections import Counter
import json
from django.conf import settings
from datetime import timedelta
from netlift.service.events.hand_over import hand_over
from netlift.service.events.models import Event
hand_over(wait=timedelta(0))
import pyarrow.parquet as pq
names = pq.read_table(settings.FOLDER.workspace / "tables" / "events", columns=["event_id"])["event_id"].to_pylist()
names = [name.removeprefix("crash:") for name in names]  # the source stands before the sender's own id
kept = Event.objects.values_list("event_id", flat=True)
print(json.dumps({"store": Counter(kept), "workspace": Counter(names)}))
"""


def run(kills: int = 50, seed: int = 1, stores: str = "all") -> dict[str, Any]:
    """Kill the server `kills` times on each store."""
    chosen = STORES if stores == "all" else (stores,)
    return {"kills": kills, "seed": seed, "stores": {store: _on(store, kills, seed) for store in chosen}}


def _on(store: str, kills: int, seed: int) -> dict[str, Any]:
    from tests.service import _postgres

    with ExitStack() as after:
        folder = Path(after.enter_context(tempfile.TemporaryDirectory(prefix="netlift-crash-")))
        address = ""
        if store == "postgresql":
            address = _database(after.enter_context(_postgres.server()))
        return crashed(folder, address, kills, seed)


def crashed(folder: Path, address: str, kills: int, seed: int) -> dict[str, Any]:
    """Kill a server on this store `kills` times, and count what was wrong.

    Args:
        folder: empty, for the service and for what is uploaded.
        address: of an empty PostgreSQL database; empty: SQLite in the folder.
        kills: how often.
        seed: of the moments.
    """
    rng, found = np.random.default_rng(seed), Counter[str]()
    wrong: list[str] = []
    seconds: list[float] = []
    answered: set[str] = set()
    with service(folder / "service", address) as server:
        tokens = {role: server.key(role) for role in ("analyst", "approver", "operator")}
        server.start()
        plans = [_approved(server, tokens, packed(f"live_{number}", folder / "made")) for number in range(PLANS)]
        _ok(Caller(server.port, tokens["approver"]).ask("POST", f"/plans/{plans[0]}/publish", {}))
        live = plans[0]
        for number in range(kills):
            seen = Seen(live)
            upload = packed(f"upload_{number}", folder / "made")
            traffic = Traffic(server.port, tokens, plans, upload, f"r{number}")
            traffic.start(seen)
            time.sleep(rng.uniform(LEAST_S, MOST_S))
            server.kill()
            traffic.end()
            begun = time.monotonic()
            server.start()
            seconds.append(time.monotonic() - begun)
            live = _look(server, tokens, seen, wrong)
            found["publications in flight"] += bool(seen.in_flight)
            found["events in flight"] += bool(seen.unanswered)
            found["published"] += seen.published
            found["uploaded"] += seen.uploaded
            _send_again(server, tokens, seen, wrong)
            answered |= seen.answered
        found["plans that are not whole"] = _torn(server, tokens)
        server.kill()
        counts = _counted(server)
    lost = {place: len(answered - set(kept)) for place, kept in counts.items()}
    doubled = {place: sum(times > 1 for times in kept.values()) for place, kept in counts.items()}
    return {
        "kills": kills, "answers or restarts that were wrong": len(wrong), "first wrong": wrong[:1], **found,
        "events accepted": len(answered), "lost in the store": lost["store"], "doubled in the store": doubled["store"],
        "lost in the workspace": lost["workspace"], "doubled in the workspace": doubled["workspace"],
        "never sent and there": len(set(counts["store"]) - answered),
        "seconds to be ready, median": sorted(seconds)[len(seconds) // 2],
        "seconds to be ready, most": max(seconds),
    }  # fmt: skip


def _approved(server: Server, tokens: dict[str, str], upload: bytes) -> str:
    """Id of a plan that is ready to be published."""
    analyst, approver = (Caller(server.port, tokens[role]) for role in ("analyst", "approver"))
    plan_id: str = _ok(analyst.ask("POST", "/plans/upload", *form("plan.zip", upload)))["plan_id"]
    _ok(analyst.ask("POST", f"/plans/{plan_id}/submit", {}))
    _ok(approver.ask("POST", f"/plans/{plan_id}/approve", {}))
    return plan_id


def _look(server: Server, tokens: dict[str, str], seen: Seen, wrong: list[str]) -> str:
    """The plan that is live after a restart; what is wrong is noted."""
    wrong += seen.unlike
    viewer = Caller(server.port, tokens["operator"])
    rows = _ok(viewer.ask("GET", "/plans?state=live"))["items"]
    if len(rows) != 1:
        wrong.append(f"{len(rows)} plans are live")
    live: str = _ok(viewer.ask("GET", "/plans/live"))["plan_id"]  # which reads its files and checks them
    if live not in {seen.live, seen.in_flight}:
        wrong.append(f"{live[:8]} is live, not {seen.live[:8]} or {seen.in_flight[:8]}")
    status, told = viewer.ask("POST", "/decide", {"customer_id": "c1"})
    if status != 200 or told.get("plan_id") != live:
        wrong.append(f"decide: {status} {told}")
    return live


def _send_again(server: Server, tokens: dict[str, str], seen: Seen, wrong: list[str]) -> None:
    """What nobody answered for is sent again; then it is accepted, now or before."""
    again = sorted(seen.unanswered)
    operator = Caller(server.port, tokens["operator"])
    for start in range(0, len(again), 500):
        names = again[start : start + 500]
        status, told = send_many(operator, names)
        if status != 200 or told["accepted"] + told["repeated"] != len(names):
            wrong.append(f"again: {status} {told}")
    seen.answered |= seen.unanswered


def _torn(server: Server, tokens: dict[str, str]) -> int:
    """Plans of the catalogue whose files are not what their id says."""
    viewer = Caller(server.port, tokens["operator"])
    named = _ok(viewer.ask("GET", "/plans?limit=500"))["items"]
    return sum(viewer.ask("GET", f"/plans/{one['plan_id']}")[0] != 200 for one in named)


def _counted(server: Server) -> dict[str, dict[str, int]]:
    """How often each event is in the store, and in the workspace once all are handed over."""
    told: dict[str, dict[str, int]] = json.loads(server.python(_COUNTED).splitlines()[-1])
    return told


def _ok(answer: tuple[int, Any]) -> Any:
    status, told = answer
    if status not in {200, 201}:
        raise SystemExit(f"unexpected answer {status}: {told}")
    return told


def _database(server: str) -> str:
    """Address of a new database on a server."""
    from urllib.parse import urlsplit

    import psycopg

    name = f"crash_{uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return urlsplit(server)._replace(path=f"/{name}").geturl()
