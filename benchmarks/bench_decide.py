"""How long does one decision take in process, and how much memory does a plan of a million rows need?

The plan is written to disk and read in a fresh process, as a shop's server would; then single customers are asked for
in random order: without a basket, and with one of ten lines to which five promotions apply (two personal, three
public). Seconds are told twice: by the clock, which includes waiting for whatever else the machine does, and of the
processor, which does not. The garbage collector stays on.
"""

import json
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from netlift.candidates.candidate import EVERYBODY, Candidate, Goal, Scope
from netlift.candidates.offer import Offer
from netlift.plan import artefact
from netlift.plan.artefact import Head, Part, Plan, Worth
from netlift.promotions.mechanism import MECHANISMS
from netlift.schema import PLAN
from netlift.types import Effect, Grade, Window

QUICK = {"rows": (20_000,), "questions": 300}
GOALS = {"p99_ms": 1.0, "memory_mb_of_a_million_rows": 500.0}
SEED = 11

_PERSONAL = [
    *(("spend_threshold", {"spend": 4000 + 500 * i, "off": 400}) for i in range(5)),
    *(("percent_off", {"off": str(5 + i)}) for i in range(5)),
]
_PUBLIC = [
    ("percent_off", {"off": "5", "goods": {"categories": ["c0"]}}),
    ("percent_off", {"off": "3", "goods": {"categories": ["c1"]}}),
    ("cheap_shipping", {"spend": 2000}),
]
_ASK = """
import gc, json, random, resource, sys, time
from datetime import UTC, datetime
from pathlib import Path
import psutil, pyarrow as pa
from netlift.decision.decider import Decider
from netlift.plan import artefact
from netlift.promotions import Cart, Facts, Line, Shipping
folder, questions, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
rss = lambda: psutil.Process().memory_info().rss / 2**20
before, started = rss(), time.perf_counter()
plan = artefact.read(folder)
rows, read = plan.rows.num_rows, time.perf_counter()
decider = Decider(plan)
made = time.perf_counter()
rng = random.Random(seed)
asked = [plan.rows["customer_id"][rng.randrange(rows)].as_py() for _ in range(questions)]
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
both = plan.rows.filter(pa.compute.equal(plan.rows["arm"], "treatment"))["customer_id"].value_counts()
both = both.filter(pa.compute.equal(both.field("counts"), 2)).field("values")
two = [both[rng.randrange(len(both))].as_py() for _ in range(questions)]
del plan, both
gc.collect()
pa.default_memory_pool().release_unused()
after = rss()
now = datetime(2026, 3, 5, tzinfo=UTC)
lines = tuple(Line(f"l{i}", 900 + 37 * i, 1 + i % 3, product=f"p{i}", category=(f"c{i % 3}",)) for i in range(10))
cart = Cart("EUR", lines, (Shipping("parcel", 495),))
short = Cart("EUR", lines[:1], (Shipping("parcel", 495),))
def ask(customers, basket, facts=None, trace=True):
    wall, cpu, applied = [], [], []
    for customer in customers:
        w, c = time.perf_counter(), time.thread_time()
        found = decider.decide(customer, basket, now=now, facts=facts, trace=trace)
        c, w = time.thread_time() - c, time.perf_counter() - w
        wall.append(w); cpu.append(c)
        applied.append(0 if found.quote is None else len(found.quote.applied))
    at = lambda values, share: 1e3 * sorted(values)[min(len(values) - 1, int(share * len(values)))]
    return {
        "cpu_p50_ms": at(cpu, 0.5), "cpu_p99_ms": at(cpu, 0.99), "p50_ms": at(wall, 0.5), "p99_ms": at(wall, 0.99),
        "promotions_applied": sum(applied) / len(applied),
    }
ask(two[:200], cart)
print(json.dumps({
    "rows": rows, "read_seconds": read - started, "pack_seconds": made - read,
    "memory_mb": after - before, "peak_mb_of_reading_and_packing": peak,
    "questions": {
        "no basket": ask(asked, None),
        "unknown customer, no basket": ask([f"nobody{i}" for i in range(questions)], None),
        "10 lines, 5 promotions apply": ask(two, cart),
        "10 lines, any customer": ask(asked, cart),
        "1 line, near misses told": ask(two, short),
        "1 line, near misses not asked for": ask(two, short, trace=False),
    },
}))
"""


def run(rows: tuple[int, ...] = (100_000, 1_000_000), questions: int = 10_000, seed: int = SEED) -> dict[str, object]:
    """Make plans of about so many rows, and ask each for so many customers of every sort."""
    found = {f"{size:,} rows": _one(size, questions, seed) for size in rows}
    return {
        "goals": GOALS,
        "other_programs_waiting_per_core": max(0.0, os.getloadavg()[1] - 1) / (os.cpu_count() or 1),
        "plans": {
            name: {key: value for key, value in one.items() if key != "questions"} for name, one in found.items()
        },
        **{f"milliseconds, {name}": one["questions"] for name, one in found.items()},
    }


def _one(rows: int, questions: int, seed: int) -> dict[str, dict[str, dict[str, float]]]:
    with tempfile.TemporaryDirectory(prefix="netlift-bench-") as folder:
        artefact.write(plan(rows, seed), Path(folder) / "plan")
        done = subprocess.run(
            [sys.executable, "-c", _ASK, f"{folder}/plan", str(questions), str(seed)],
            check=True, capture_output=True, text=True, timeout=1800,
        )  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])


def plan(rows: int, seed: int) -> Plan:
    """Ten personal and three public offers; a third of the customers have two, a tenth of the rows are held out."""
    rng = np.random.default_rng(seed)
    customers = rows * 3 // 4
    first, step = rng.integers(0, 10, customers), rng.integers(1, 10, customers)
    second = np.flatnonzero(rng.random(customers) < rows / customers - 1)
    place = np.concatenate([np.arange(customers), second])
    offer = np.concatenate([first, (first[second] + step[second]) % 10])
    parts = [_part(f"offer-{i}", kind, form, Scope.PERSONAL) for i, (kind, form) in enumerate(_PERSONAL)]
    order = np.lexsort((offer, place))
    place, offer = place[order], offer[order]
    held = rng.random(len(place)) < 0.1
    net, n = rng.normal(300, 120, len(place)), len(place)
    reasons = [["buys_often", "price_sensitive"], ["lapsed"], ["average_for_all"]]
    table = pa.table(
        {
            "customer_id": pa.array([f"{i:024x}" for i in place]),
            "offer_id": pa.array([f"offer-{i}" for i in range(10)]).take(pa.array(offer)),
            "arm": pa.array(["treatment", "control"]).take(pa.array(held.astype(int))),
            "propensity": np.where(held, 0.1, 0.9), "net_margin": net, "se": np.full(n, 40.0),
            "expected_cost": np.abs(net) / 2, "liability": np.full(n, 900.0),
            "grade": pa.array(["randomized"] * n),
            "reasons": pa.array(reasons, PLAN.field("reasons").type).take(pa.array(rng.integers(0, 3, n))),
        },
        schema=PLAN,
    )  # fmt: skip
    public = [_part(f"public-{i}", kind, form, Scope.SITE) for i, (kind, form) in enumerate(_PUBLIC)]
    return Plan(_head(tuple(parts), tuple(public), seed), table)


def _part(offer_id: str, kind: str, form: dict[str, object], scope: Scope) -> Part:
    window = Window(datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 16, tzinfo=UTC))
    promotions = MECHANISMS[kind].read(form).build(offer_id)
    channel = "email" if scope is Scope.PERSONAL else None
    candidate = Candidate(
        Offer(offer_id, offer_id, kind), kind, form, promotions, Goal.PROFIT, scope, EVERYBODY, window, channel
    )
    return Part(candidate, Grade.RANDOMIZED, 1, 0, _effect(), 1.0, 1.0)


def _effect() -> Effect:
    return Effect(1.0, 0.5, 1.5, 0.9, 0.3, 1, 1, "benchmark", Grade.RANDOMIZED)


def _head(parts: tuple[Part, ...], public: tuple[Part, ...], seed: int) -> Head:
    return Head(
        "benchmark", "benchmark", "EUR", "2026-03-01", "profit", seed, {}, {}, 0, {}, parts, public,
        Worth(_effect(), 0.0, 0.0, 0.0, 0.0, 0.0), None, (), None, None, Grade.RANDOMIZED,
    )  # fmt: skip
