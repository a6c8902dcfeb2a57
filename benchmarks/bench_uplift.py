"""How long does learning the effects of four offers on a million customers take, and how much memory, beside causalml?

Both packages fit and predict on the same customers (32-bit covariates) with the same settings of LightGBM, each fit in
a fresh process, by turns. causalml lives in an environment of its own: name its Python in NETLIFT_PEER_PYTHON. Its
doubly robust learner turns over three parts of the data; ours is set to three as well.
"""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

QUICK = {"customers": 4_000, "rounds": 1, "peer": False}
GOALS = {"seconds": 1.0, "memory": 1.0}
_FIT = Path(__file__).with_name("_uplift_fit.py")
LEARNERS = ("t", "dr")


def run(
    customers: int = 1_000_000, columns: int = 40, rounds: int = 1, threads: int = 1, peer: bool = True
) -> dict[str, Any]:
    """Median over `rounds` fits of each learner by each package."""
    python = os.environ.get("NETLIFT_PEER_PYTHON", "") if peer else ""
    pythons = {"netlift": sys.executable} | ({"causalml": python} if python else {})
    asked = {"customers": customers, "columns": columns, "trees": 100, "leaves": 15, "least": 100, "threads": threads}
    learners: dict[str, Any] = {}
    for learner in LEARNERS:
        told: dict[str, list[dict[str, Any]]] = {package: [] for package in pythons}
        for _ in range(rounds):
            for package, interpreter in pythons.items():
                told[package].append(_fitted(interpreter, asked | {"package": package, "learner": learner}))
        for package, found in told.items():
            learners[f"{learner} {package}"] = _median(found)
    result: dict[str, Any] = {"goals": GOALS, **asked, "rounds": rounds, "learners": learners}
    if not python:
        return result | {"skipped": "causalml, whose Python is to be named in NETLIFT_PEER_PYTHON"}
    return result | {"ours over theirs": {learner: _ratios(learners, learner) for learner in LEARNERS}}


def _fitted(python: str, asked: dict[str, Any]) -> dict[str, Any]:
    threads = {"OMP_NUM_THREADS": str(asked["threads"])}
    done = subprocess.run(
        [python, "-W", "ignore", str(_FIT), json.dumps(asked)],
        check=True, capture_output=True, text=True, timeout=3600, env=os.environ | threads,
    )  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])


def _median(found: list[dict[str, Any]]) -> dict[str, Any]:
    numbers = {key: statistics.median(one[key] for one in found) for key in found[0] if key != "version"}
    return {"version": found[0]["version"]} | numbers


def _ratios(learners: dict[str, Any], learner: str) -> dict[str, float]:
    ours, theirs = learners[f"{learner} netlift"], learners[f"{learner} causalml"]
    seconds = [one["fit s"] + one["predict s"] for one in (ours, theirs)]
    told = {key: ours[key] / theirs[key] for key in ("cpu s", "peak MB", "above data MB", "pehe")}
    return {"seconds": seconds[0] / seconds[1]} | told
