"""How long does finding all frequent pairs in 90,000 real baskets take, beside mlxtend and efficient-apriori?

Baskets of the Complete Journey with two products or more, the first by number. Each package mines the same baskets in a
fresh process, by turns, timed from its own prepared input on; its sets and their counts must be the same as ours.
The peers live in an environment of their own: name its Python in NETLIFT_RECSYS_PYTHON. Triples and sets of any size
are timed of ours and of mlxtend. Without the file, baskets are drawn, and the result says so.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

QUICK = {"baskets": 3_000, "supports": (0.01,), "rounds": 1, "peers": ()}
GOALS = {"mlxtend over ours": 20.0}
_MINE = Path(__file__).with_name("_rules_mine.py")
_FILE = Path(__file__).parents[1].parent / "shared/data/complete_journey/transactions.parquet"
SIZES = {"pairs": 2, "triples": 3, "all": None}


def run(
    baskets: int = 90_000,
    supports: tuple[float, ...] = (0.002, 0.0005),
    rounds: int = 3,
    peers: tuple[str, ...] = ("mlxtend", "efficient-apriori"),
) -> dict[str, Any]:
    """Median seconds of each package, and how many times ours that is; raises where sets differ."""
    python = os.environ.get("NETLIFT_RECSYS_PYTHON", "")
    pythons = {"netlift": sys.executable} | (dict.fromkeys(peers, python) if python else {})
    mined: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="netlift-bench-") as folder:
        file = Path(folder, "baskets.npz")
        told = _write(file, baskets)
        for support in supports:
            for name, longest in SIZES.items():
                asked = {"file": str(file), "support": support, "longest": longest}
                here = {
                    package: interpreter
                    for package, interpreter in pythons.items()
                    if package != "efficient-apriori" or longest == 2
                }
                mined[f"{name} at {support}"] = _compared(here, asked, rounds)
    result = {"goals": GOALS, **told, "rounds": rounds, "mined": mined}
    return result if python else result | {"skipped": "peers, whose Python is to be named in NETLIFT_RECSYS_PYTHON"}


def _compared(pythons: dict[str, str], asked: dict[str, Any], rounds: int) -> dict[str, float]:
    found: dict[str, list[dict[str, float]]] = {package: [] for package in pythons}
    for _ in range(rounds):
        sets = {}
        for package, interpreter in pythons.items():
            out = Path(asked["file"]).with_suffix(".json")
            done = subprocess.run(
                [interpreter, "-W", "ignore", str(_MINE), json.dumps(asked | {"package": package, "out": str(out)})],
                check=True, capture_output=True, text=True, timeout=7200,
            )  # fmt: skip
            found[package].append(json.loads(done.stdout.splitlines()[-1]))
            sets[package] = out.read_bytes()
        for package, mine in sets.items():
            if mine != sets["netlift"]:
                raise AssertionError(f"{package} finds other sets or counts than ours at {asked}")
    told = {"sets": found["netlift"][0]["sets"]}
    for package, times in found.items():
        told[f"{package} s"] = statistics.median(one["seconds"] for one in times)
        told[f"{package} MB"] = statistics.median(one["peak MB"] for one in times)
    for package in pythons.keys() - {"netlift"}:
        told[f"{package} over ours"] = told[f"{package} s"] / told["netlift s"]
    return told


def _write(file: Path, most: int) -> dict[str, Any]:
    """Baskets as numbers, of products that are named by their numbers."""
    if _FILE.is_file():
        import pyarrow.parquet as pq

        table = pq.read_table(_FILE, columns=["basket_id", "product_id"])
        order, product = (table[name].to_numpy() for name in ("basket_id", "product_id"))
        names, product = np.unique(product, return_inverse=True)
        source = "Complete Journey"
    else:
        rng = np.random.default_rng(0)
        order = np.repeat(np.arange(2 * most), rng.integers(1, 20, 2 * most))
        product, names = (rng.zipf(1.3, len(order)) % 5000), np.arange(5000)
        source = "drawn"
    place = np.unique(np.unique(order, return_inverse=True)[1].astype(np.int64) * len(names) + product)
    basket, item = place // len(names), place % len(names)
    size = np.bincount(basket)
    chosen = np.flatnonzero(size >= 2)[:most]
    kept = np.isin(basket, chosen)
    start = np.concatenate([[0], np.cumsum(size[chosen])])
    np.savez(file, start=start, item=item[kept], names=names.astype(np.str_))
    return {"source": source, "baskets": len(chosen), "products": len(names), "lines": int(kept.sum())}
