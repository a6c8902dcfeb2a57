"""Fits least squares of one package on made-up events and lists the best 20 of everybody; says what each step cost.

python _recommend_fit.py '{"package": "netlift", "users": 50000, "items": 10000, "events": 2500000, "threads": 1}'
"""

import json
import os
import resource
import sys
import time
from importlib.metadata import version
from typing import Any

ASKED = json.loads(sys.argv[1]) if __name__ == "__main__" else {}
if ASKED:  # before NumPy is imported, which starts its threads
    os.environ |= {
        "OMP_WAIT_POLICY": "passive",
        "OPENBLAS_NUM_THREADS": str(1 if ASKED["package"] == "implicit" else ASKED["threads"]),  # as implicit asks for
        "OMP_NUM_THREADS": str(ASKED["threads"]),
        "NUMBA_NUM_THREADS": str(ASKED["threads"]),
    }

import numpy as np  # noqa: E402

TASTES, FACTORS, SWEEPS, N = 20, 64, 15, 20


def events(users: int, items: int, number: int, seed: int = 1) -> tuple[Any, Any]:
    """User and item of each event: goods are popular by Zipf's law, and half of the draws stay in the user's taste."""
    rng = np.random.default_rng(seed)
    chance = 1 / (np.arange(items) + 20.0) ** 0.8
    edges = np.cumsum(chance) / chance.sum()
    shuffled = rng.permutation(items).astype(np.int32)
    user = np.sort(rng.integers(0, users, number, dtype=np.int32))
    item = np.empty(number, np.int32)
    for start in range(0, number, 1_000_000):
        who = user[start : start + 1_000_000]
        drawn = np.minimum(np.searchsorted(edges, rng.random(len(who))), items - 1).astype(np.int32)
        own = rng.random(len(who)) < 0.5
        drawn[own] = np.minimum(drawn[own] // TASTES * TASTES + who[own] % TASTES, items - 1)
        item[start : start + 1_000_000] = shuffled[drawn]
    return user, item


class Clock:
    """Seconds of the steps, and the most memory so far."""

    def __init__(self) -> None:
        self.found: dict[str, float] = {}
        self._marks = (time.perf_counter(), time.process_time())

    def step(self, name: str) -> None:
        now = (time.perf_counter(), time.process_time())
        self.found[f"{name}_seconds"], self.found[f"{name}_cpu_seconds"] = (
            now[0] - self._marks[0], now[1] - self._marks[1],
        )  # fmt: skip
        self.found[f"{name}_peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        self._marks = (time.perf_counter(), time.process_time())


def ours(users: int, items: int, drawn: tuple[Any, Any]) -> dict[str, float]:
    import pyarrow as pa

    from netlift.recommend.about import About
    from netlift.recommend.ids import Ids
    from netlift.recommend.interactions import Interactions
    from netlift.recommend.models.ials import Ials

    def seen(count: int, user: Any, item: Any) -> Interactions:
        names = (Ids(pa.array([f"c{k:08}" for k in range(count)])), Ids(pa.array([f"p{k:06}" for k in range(items)])))
        return Interactions(*names, user, item, np.zeros(len(user), np.int64), np.ones(len(user), np.float32))

    small = (np.arange(64, dtype=np.int32), np.arange(64, dtype=np.int32) % items)
    Ials(factors=FACTORS, sweeps=1).fit(seen(64, *small), About()).recommend(None, N)  # compiles
    shop = seen(users, *drawn)
    nonzero = float(shop.matrix.nnz)
    clock = Clock()
    model = Ials(factors=FACTORS, sweeps=SWEEPS).fit(shop)
    clock.step("fit")
    rows = sum(model.recommend(part, N).num_rows for part in _parts(shop.users.names))
    clock.step("top")
    return clock.found | {"pairs": nonzero, "rows": float(rows)}


def _parts(names: Any, size: int = 100_000) -> Any:
    return (names[start : start + size] for start in range(0, len(names), size))


def theirs(users: int, items: int, drawn: tuple[Any, Any]) -> dict[str, float]:
    import scipy.sparse as sp
    from implicit.als import AlternatingLeastSquares  # type: ignore[import-not-found]

    user, item = drawn
    matrix = sp.coo_matrix((np.ones(len(user), np.float32), (user, item)), shape=(users, items)).tocsr()
    clock = Clock()
    model = AlternatingLeastSquares(
        factors=FACTORS, iterations=SWEEPS, random_state=0, use_gpu=False, num_threads=ASKED["threads"]
    )
    model.fit(matrix, show_progress=False)
    clock.step("fit")
    rows = 0
    for start in range(0, users, 1000):
        rows += model.recommend(np.arange(start, min(start + 1000, users)), matrix[start : start + 1000], N)[0].size
    clock.step("top")
    return clock.found | {"pairs": float(matrix.nnz), "rows": float(rows)}


def main() -> None:
    """Print the figures as one line of JSON."""
    drawn = events(ASKED["users"], ASKED["items"], ASKED["events"])
    run = {"netlift": ours, "implicit": theirs}[ASKED["package"]]
    found = run(ASKED["users"], ASKED["items"], drawn)
    print(json.dumps(found | {"version": version(ASKED["package"])}))


if __name__ == "__main__":
    main()
