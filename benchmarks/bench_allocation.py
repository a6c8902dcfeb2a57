"""How long does sharing out six limits among many customers take, beside PDLP of OR-tools and HiGHS IPM?

Customers x 10 offers under a budget, three stock rows, a channel's capacity and a cap on loss, each solver in a fresh
process on two threads. Ours hands back whole offers and a bound; the peers solve the linear relaxation, whose solution
still splits a few customers. `gap` is ours: between plan and bound. `over` compares a peer's value with our bound. Our
compiled code is on disk and warm before the clock starts (compiling it once takes about a minute); so are the peers'
libraries and inputs. The largest size is read from Parquet and the plan written to Parquet within the time.

OR-tools lives in an environment of its own: name its Python in NETLIFT_ORTOOLS_PYTHON.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

QUICK = {"compared": 2_000, "sizes": (10_000,), "streamed": (10_000,)}
GOALS = {
    "gap at 100,000": 2e-4, "cpu of PDLP over ours": 25, "cpu of HiGHS IPM over ours": 60, "1,000,000: wall s": 3.0,
    "1,000,000: peak MB": 1000, "1,000,000: gap": 1e-4, "10,000,000: wall s": 60, "10,000,000: peak MB": 4000,
}  # fmt: skip
_SOLVE = Path(__file__).with_name("_allocation_solve.py")


def run(
    compared: int = 100_000,
    sizes: tuple[int, ...] = (100_000, 300_000, 1_000_000),
    streamed: tuple[int, ...] = (100_000, 1_000_000, 10_000_000),
    peers: bool = True,
) -> dict[str, Any]:
    """Ours beside the peers at one size, then ours alone."""
    found: dict[str, Any] = {"goals": GOALS}
    if peers:
        found |= _beside(compared)
    ours = {f"{size:,}": _each(_solved({"package": "netlift", "customers": size}), size) for size in sizes}
    from_files: dict[str, Any] = {}
    for size in streamed:
        with tempfile.TemporaryDirectory(prefix="netlift-bench-") as folder:
            from benchmarks._allocation_shop import write

            path = Path(folder) / "cells.parquet"
            write(size, path)
            told = _solved({"package": "streamed", "customers": size, "path": str(path)})
            told["file MB"] = path.stat().st_size / 1e6
        from_files[f"{size:,}"] = _each(told, size)
    return found | {"in memory": ours, "from Parquet": from_files}


def _each(told: dict[str, Any], customers: int) -> dict[str, Any]:
    return told | {"cpu us for each customer": told["cpu s"] / customers * 1e6}


def _beside(customers: int) -> dict[str, Any]:
    from benchmarks._allocation_shop import relaxation

    ours = _solved({"package": "netlift", "customers": customers})
    found: dict[str, Any] = {"netlift": ours}
    python = os.environ.get("NETLIFT_ORTOOLS_PYTHON", "")
    with tempfile.TemporaryDirectory(prefix="netlift-bench-") as folder:
        path = Path(folder) / "lines.npz"
        relaxation(customers, path)
        found["HiGHS IPM"] = _solved({"package": "highs", "lines": str(path)})
        if python:
            asked = {"package": "ortools", "lines": str(path), "tolerance": 1e-4}
            found["PDLP 1e-4"] = _solved(asked, python)
    for name, one in found.items():
        if name != "netlift" and "value" in one:
            one |= {"over": one["value"] / ours["bound"] - 1, "cpu over ours": one["cpu s"] / ours["cpu s"]}
    told = {f"{customers:,} x 10 x 6": found}
    return told if python else told | {"skipped": "OR-tools, whose Python is to be named in NETLIFT_ORTOOLS_PYTHON"}


def _solved(asked: dict[str, Any], python: str = sys.executable) -> dict[str, Any]:
    threads = dict.fromkeys(("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "2")
    paths = {"PYTHONPATH": str(_SOLVE.parent.parent)} if python == sys.executable else {}
    done = subprocess.run(
        [python, "-W", "ignore", str(_SOLVE), json.dumps(asked)],
        check=True, capture_output=True, text=True, timeout=3600, env=os.environ | threads | paths,
    )  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])
