"""How the audit's time and memory grow with the shop: simulated orders of 5, 10 and 50 million lines."""

import json
import math
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

QUICK = {"millions": (0.2, 0.4)}
GOALS = {"exponent": 1.1, "peak_gb": 4.0}

_AUDIT = """
import json, resource, sys, time
from datetime import UTC, datetime
from netlift.data.workspace import Workspace
from netlift.engines.base import Settings
from netlift.engines.duckdb import connect
from netlift.evaluation.audit import audit
from netlift.evaluation.customers import Rules
from netlift.history.shop import Terms, open_shop
from netlift.schema import TABLES
started = time.perf_counter()
workspace = Workspace.open(sys.argv[1])
with connect(Settings(memory_mb=2048)) as con:
    for name in TABLES:
        workspace.relation(con, name).create_view(name)
    shop = open_shop(con, Terms())
    found = audit(shop, Rules(), name="bench", now=datetime(2026, 1, 1, tzinfo=UTC)).findings
    lines = con.execute("SELECT count(*) FROM order_lines").fetchone()[0]
print(json.dumps({
    "lines": lines, "customers": shop.customers, "promotions": len(found),
    "judged": sum(one.net_lift is not None for one in found), "seconds": time.perf_counter() - started,
    "cpu_seconds": time.process_time(), "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
}))
"""


def run(millions: tuple[float, ...] = (5, 10, 50), preset: str = "confounded") -> dict[str, object]:
    """Simulate shops of these sizes, audit each in a fresh process, and fit the exponent of time over lines."""
    with tempfile.TemporaryDirectory(prefix="netlift-bench-") as folder:
        sizes = [_one(Path(folder) / f"{million}", million, preset) for million in millions]
    first, last = sizes[0], sizes[-1]
    growth = {
        clock: math.log(last[clock] / first[clock]) / math.log(last["lines"] / first["lines"])
        for clock in ("seconds", "cpu_seconds")
    }
    return {
        "goals": GOALS,
        "exponent_of_time_over_lines": growth["seconds"],
        "exponent_of_cpu_time_over_lines": growth["cpu_seconds"],
        "seconds_per_million_lines": {
            f"{m}": s["seconds"] / s["lines"] * 1e6 for m, s in zip(millions, sizes, strict=True)
        },
        "sizes": {f"{million} M": size for million, size in zip(millions, sizes, strict=True)},
    }


def _one(folder: Path, million: float, preset: str) -> dict[str, float]:
    from netlift.data.workspace import Settings, Workspace
    from netlift.simulate import presets, stream

    config = presets.preset(preset)
    Workspace.create(folder, Settings(name="bench", currency="EUR"))
    stream(replace(config, customers=round(million * 1e6 / _lines_per_customer(preset))), folder, threads=2)
    done = subprocess.run(
        [sys.executable, "-c", _AUDIT, str(folder)], check=True, capture_output=True, text=True, timeout=3600
    )
    return json.loads(done.stdout.splitlines()[-1])


def _lines_per_customer(preset: str) -> float:
    from netlift.simulate import presets, simulate

    few = simulate(replace(presets.preset(preset), customers=1_000))
    return few.tables["order_lines"].num_rows / 1_000
