"""How time and memory of customer profiles grow with the shop: up to a million customers on one machine."""

import json
import math
import subprocess
import sys
import tempfile

QUICK = {"customers": (10_000, 20_000)}
GOALS = {"seconds": 180.0, "peak_gb": 4.0}

_TABLES = {
    "customers": """
        SELECT format('C{:08d}', i) AS customer_id, TIMESTAMPTZ '2023-01-01' AS first_seen,
            format('R{:02d}', hash(i) % 12) AS region, hash(i * 3) % 5 > 0 AS accepts_marketing FROM range(N) t(i)""",
    "products": """
        SELECT format('P{:05d}', i) AS product_id, format('K{:03d}', i % 200) AS category FROM range(20000) t(i)""",
    "order_lines": """
        SELECT format('O{:09d}', o) AS order_id, (k + 1)::INTEGER AS line, format('P{:05d}', p) AS product_id,
            format('C{:08d}', i) AS customer_id, 'EUR' AS currency, q::DOUBLE AS quantity,
            TIMESTAMPTZ '2023-01-01' + to_seconds((hash(o) % 63000000)::BIGINT) AS ordered_at,
            q * (100 + p % 4000) AS list_minor, if(hash(o * 13 + k) % 5 = 0, q * (100 + p % 4000) // 5, 0)
            AS discount_minor
        FROM (SELECT *, (hash(o * 5 + k) % 20000)::BIGINT AS p, (1 + hash(o * 11 + k) % 4)::BIGINT AS q
              FROM (SELECT i, o, unnest(range((1 + hash(o) % 5)::BIGINT)) AS k
                    FROM (SELECT i, i * 8 + unnest(range((1 + hash(i * 7) % 7)::BIGINT)) AS o FROM range(N) t(i))))""",
    "orders": """
        SELECT order_id, any_value(customer_id) AS customer_id, any_value(ordered_at) AS ordered_at,
            'EUR' AS currency, if(hash(order_id) % 3 = 0, 'app', 'web') AS channel,
            sum(list_minor)::BIGINT AS list_minor, sum(discount_minor)::BIGINT AS discount_minor,
            if(hash(order_id) % 9 = 0, 'SAVE', NULL) AS code
        FROM 'FOLDER/order_lines.parquet' GROUP BY order_id""",
    "events": """
        SELECT format('E{:010d}', e) AS event_id, if(hash(e) % 4 = 0, 'cart', 'view') AS event,
            TIMESTAMPTZ '2023-01-01' + to_seconds((hash(e * 3) % 63000000)::BIGINT) AS "at",
            format('C{:08d}', i) AS customer_id, format('S{}', e // 4) AS session_id,
            format('P{:05d}', hash(e * 29) % 20000) AS product_id
        FROM (SELECT i, i * 16 + unnest(range((hash(i * 17) % 11)::BIGINT)) AS e FROM range(N) t(i))""",
    "exposures": """
        SELECT 'mail' || j AS promotion_id, format('C{:08d}', i) AS customer_id,
            if(hash(i + j) % 10 = 0, 'control', 'treated') AS arm,
            TIMESTAMPTZ '2024-01-01' + to_seconds(j * 5000000) AS exposed_at
        FROM range(N) t(i), range(4) s(j) WHERE hash(i * 4 + j) % 2 = 0""",
}
"""In two years a customer has 1 to 7 orders of 1 to 5 lines and 0 to 10 events, and gets every other of 4 mails."""
_PROFILE = """
import json, resource, sys, time
from datetime import UTC, datetime
from pathlib import Path
started = time.perf_counter()
import pyarrow.parquet as pq
from netlift.engines import Settings, engine
from netlift.profiles.interests import interests
from netlift.profiles.table import profiles
folder, as_of = Path(sys.argv[1]), datetime(2024, 12, 1, tzinfo=UTC)
found = {}
with engine("duckdb", Settings(threads=2, memory_mb=2048, temp_folder=folder / "spill")) as opened:
    opened.open(folder)
    frames = {name: opened.frame(name) for name in opened.names}
    found["lines"] = pq.read_metadata(folder / "order_lines.parquet").num_rows
    found["events"] = pq.read_metadata(folder / "events.parquet").num_rows
    for name, make in (("profiles", profiles), ("interests", interests)):
        before = time.perf_counter()
        make(frames, as_of).sink_parquet(folder / f"made-{name}.pq")
        found[f"{name}_rows"] = pq.read_metadata(folder / f"made-{name}.pq").num_rows
        found[f"{name}_seconds"] = time.perf_counter() - before
print(json.dumps(found | {
    "seconds": time.perf_counter() - started, "cpu_seconds": time.process_time(),
    "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
}))
"""


def run(customers: tuple[int, ...] = (250_000, 500_000, 1_000_000)) -> dict[str, object]:
    """Write shops of these sizes, make profiles and interests of each in a fresh process on two threads."""
    sizes = {f"{number:,} customers": _one(number) for number in customers}
    first, *_, last = sizes.values()
    growth = math.log(last["cpu_seconds"] / first["cpu_seconds"]) / math.log(last["lines"] / first["lines"])
    return {"goals": GOALS, "exponent_of_cpu_time_over_lines": growth, "sizes": sizes}


def _one(customers: int) -> dict[str, float]:
    from netlift.engines import Settings
    from netlift.engines.duckdb import connect

    with tempfile.TemporaryDirectory(prefix="netlift-bench-") as folder:
        settings = Settings(memory_mb=2048, options={"preserve_insertion_order": "false"})
        with connect(settings) as con:
            for name, query in _TABLES.items():
                made = query.replace("N)", f"{customers})").replace("FOLDER", folder)
                con.execute(f"COPY ({made}) TO '{folder}/{name}.parquet' (FORMAT parquet)")
        done = subprocess.run(
            [sys.executable, "-c", _PROFILE, folder], check=True, capture_output=True, text=True, timeout=3600
        )
    return json.loads(done.stdout.splitlines()[-1])
