"""How long does `recommend` take, in a process and over the loopback, with many customers and goods on the shelf?

A shelf of random lists (100 goods a customer, 20 of each kind that belong to a product), every tenth product sold out,
variety, margin and fatigue on. In the process: `choose` is one list of ten without the customer's past, `newcomer` one
of what is popular, `recommend` all that a request does, with its rows in the store (SQLite). Over the loopback: one
service of two processes, an open loop at a modest rate; every request has a name of its own and a cart, so that each is
looked up, kept and logged.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.bench_service import Running, _measured, _request, _serving, _store

QUICK = {"seconds": 3.0, "customers": 5_000, "products": 5_000, "stores": ("sqlite",)}
GOALS = {"choose_p99_ms": 5.0, "rate": 50}
CONSENTING = 1_000
SEED = 29
WORKERS = 2


def run(
    seconds: float = 10.0, rate: float = 50.0, customers: int = 100_000, products: int = 100_000,
    stores: tuple[str, ...] = ("sqlite", "postgresql"), seed: int = SEED,
) -> dict[str, Any]:  # fmt: skip
    """So many seconds of load for each store, at a rate per second."""
    told: dict[str, Any] = {"goals": GOALS, "rate": rate, "customers": customers, "products": products}
    with tempfile.TemporaryDirectory(prefix="netlift-bench-", ignore_cleanup_errors=True) as name:
        for store in stores:
            folder = Path(name) / store
            with _store(store, Path(name)) as (address, postmaster):
                folder.mkdir()
                env = os.environ | {
                    "NETLIFT_FOLDER": str(folder), "NETLIFT_DATABASE": address, "NETLIFT_LOG": "warning",
                    "DJANGO_SETTINGS_MODULE": "netlift.service.settings",
                }  # fmt: skip
                token = _said(env, str(customers), str(products), str(CONSENTING), str(seed)).split()[-1]
                told[store] = {}
                if store == "sqlite":
                    told["in_process"] = json.loads(_said(env, "--time", "1000", "0", "0", str(CONSENTING)))
                with _serving("netlift.service.wsgi:application", WORKERS, env) as (port, server):
                    running = Running(port, server, postmaster)
                    for path, asked in (("recommend", _asked), ("related/product-0000007", lambda _: {"n": 10})):
                        request = _request(path, token, asked)
                        told[store][path.partition("/")[0]] = _measured(running, request, seconds, rate, seed)
    told["other_programs_waiting_per_core"] = max(0.0, os.getloadavg()[1] - 1) / (os.cpu_count() or 1)
    return told


def _asked(number: int) -> dict[str, Any]:
    return {
        "request_id": f"{time.time_ns()}-{number}", "customer_id": f"customer-{number * 7919 % CONSENTING}", "n": 10,
        "cart": [f"product-{number * 31 % 5_000:07d}"],
    }  # fmt: skip


def _said(env: dict[str, str], *words: str) -> str:
    made = [sys.executable, "-m", "benchmarks._shelf_shop", *words]
    return subprocess.run(made, env=env, check=True, capture_output=True, text=True, timeout=900).stdout
