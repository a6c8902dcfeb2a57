"""How fast a large order CSV becomes clean tables, beside bare DuckDB reading, typing and writing the same file."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

QUICK = {"lines": 200_000, "rounds": 1}
GOALS = {"ratio": 2.5, "peak_gb": 4.0}

_MAKE = """
import duckdb, sys
con = duckdb.connect()
con.execute('SET enable_progress_bar = false')
con.execute(f'''COPY (SELECT
    format('O{{:08d}}', i // 3) AS order_id,
    format('C{{:07d}}', hash(i // 3) % 700000) AS customer_id,
    strftime(TIMESTAMP '2023-01-01' + to_seconds(CAST((i // 3) * 28.0 AS BIGINT) % 63000000), '%Y-%m-%d %H:%M:%S')
        AS ordered_at,
    format('P{{:06d}}', hash(i * 7) % 20000) AS product_id,
    1 + hash(i * 13) % 4 AS quantity,
    printf('%.2f', 1 + (hash(i * 17) % 5000) / 100) AS unit_price,
    printf('%.2f', CASE WHEN hash(i // 3) % 5 = 0 THEN 1.5 ELSE 0 END) AS discount,
    CASE WHEN hash(i // 3) % 5 = 0 THEN 'SAVE' || (hash(i // 3) % 7) END AS code
  FROM range({sys.argv[2]}) t(i)) TO '{sys.argv[1]}' (HEADER)''')
"""
_BARE = """
import duckdb, json, resource, sys, time
started = time.perf_counter()
con = duckdb.connect(config={"memory_limit": "3GB", "temp_directory": sys.argv[2] + ".spill"})
con.execute("SET enable_progress_bar = false")
con.execute(f'''COPY (SELECT * FROM read_csv('{sys.argv[1]}', header = true, columns = {{
    'order_id': 'VARCHAR', 'customer_id': 'VARCHAR', 'ordered_at': 'TIMESTAMP', 'product_id': 'VARCHAR',
    'quantity': 'DOUBLE', 'unit_price': 'DECIMAL(18,2)', 'discount': 'DECIMAL(18,2)', 'code': 'VARCHAR'}}))
    TO '{sys.argv[2]}' (FORMAT parquet)''')
print(json.dumps({"seconds": time.perf_counter() - started,
                  "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20}))
"""
_OURS = """
import json, resource, sys, time
started = time.perf_counter()
from netlift.data.ingest import ingest
from netlift.data.workspace import Settings, Workspace
(receipt,) = ingest([sys.argv[1]], Workspace.create(sys.argv[2], Settings(name="bench", currency="EUR")))
print(json.dumps({"seconds": time.perf_counter() - started, "rows_in": receipt.rows_in, "rows_kept": receipt.rows_kept,
                  "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20}))
"""


def run(lines: int = 10_000_000, rounds: int = 3) -> dict[str, object]:
    """Both in alternation, each in a fresh process; the ratio is of the medians."""
    with tempfile.TemporaryDirectory(prefix="netlift-bench-") as folder:
        file = Path(folder) / "orders.csv"
        _python(_MAKE, str(file), str(lines))
        bare, ours = [], []
        for number in range(rounds):
            bare.append(_python(_BARE, str(file), f"{folder}/bare{number}.parquet"))
            ours.append(_python(_OURS, str(file), f"{folder}/shop{number}"))
        size = file.stat().st_size
    seconds = {name: median(float(one["seconds"]) for one in runs) for name, runs in (("bare", bare), ("ours", ours))}
    return {
        "lines": lines,
        "csv_gb": size / 2**30,
        "goals": GOALS,
        "seconds_bare_duckdb": seconds["bare"],
        "seconds_netlift": seconds["ours"],
        "ratio": seconds["ours"] / seconds["bare"],
        "peak_gb_netlift": max(float(one["peak_gb"]) for one in ours),
        "peak_gb_bare_duckdb": max(float(one["peak_gb"]) for one in bare),
        "rows_in": ours[0]["rows_in"],
        "rows_kept": ours[0]["rows_kept"],
    }


def _python(code: str, *arguments: str) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], check=True, capture_output=True, text=True, timeout=1800
    )
    return json.loads(done.stdout.splitlines()[-1]) if done.stdout.strip() else {}
