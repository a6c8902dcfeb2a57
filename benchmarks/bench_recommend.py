"""Recommendations: least squares and everybody's best 20 beside `implicit`, one answer of 100,000 goods, a large shop.

`implicit` runs in the Python that NETLIFT_RECSYS_PYTHON names and is left out without it. Each run is a process of its
own; `implicit` gets one BLAS thread, as it asks for. Ours also tells a reason for every place of a list.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

Size = tuple[int, int, int]
QUICK = {"beside": (5_000, 2_000, 250_000), "large": (10_000, 5_000, 500_000), "items": 20_000, "questions": 100}
GOALS = {"one_p99_ms": 5.0, "large_peak_gb": 12.0, "fit_over_implicit": 1.0, "top_over_implicit": 1.0}
_FOLDER = Path(__file__).parent


def run(
    beside: Size = (50_000, 10_000, 2_500_000),
    large: Size | None = (1_000_000, 100_000, 50_000_000),
    items: int = 100_000,
    questions: int = 2_000,
    threads: int = 2,
) -> dict[str, Any]:
    """Fit and list.

    Args:
        beside: users, items and events of the shop on which both run.
        large: those of a shop on which ours runs; None: leave it out.
        items: among which one customer's answer is looked for.
        questions: of each kind.
        threads: of every process.
    """
    packages = {"netlift": sys.executable}
    if other := os.environ.get("NETLIFT_RECSYS_PYTHON"):
        packages["implicit"] = other
    found: dict[str, Any] = {
        "goals": GOALS,
        "one_answer": _of("benchmarks._recommend_one", {"items": items, "questions": questions}),
        "beside": {package: _fit(python, package, beside, threads) for package, python in packages.items()},
    }
    if large is not None:
        found["large"] = {"netlift": _fit(sys.executable, "netlift", large, threads)}
    return found


def _fit(python: str, package: str, size: Size, threads: int) -> dict[str, Any]:
    users, items, events = size
    asked = {"package": package, "users": users, "items": items, "events": events, "threads": threads}
    done = subprocess.run(
        [python, str(_FOLDER / "_recommend_fit.py"), json.dumps(asked)], check=True, capture_output=True, text=True,
        timeout=7200,
    )  # fmt: skip
    return asked | json.loads(done.stdout.splitlines()[-1])


def _of(module: str, asked: dict[str, Any]) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", module, json.dumps(asked)], check=True, capture_output=True, text=True, timeout=3600,
        cwd=_FOLDER.parent,
    )  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])
