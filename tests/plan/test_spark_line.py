"""The whole line on Spark: the plans that this machine makes, from executors that are processes of their own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from netlift import pipeline
from netlift.candidates.asked import Asked
from netlift.data.workspace import Settings, Workspace
from netlift.engines.spark import missing
from netlift.plan.artefact import Plan, plan_id
from netlift.plan.limits import Limits
from netlift.response import features
from netlift.schema import TABLES
from netlift.simulate import PromotionSpec, ShopConfig, simulate

pytestmark = [pytest.mark.spark, pytest.mark.xdist_group("spark"), pytest.mark.slow]

PART = 200
"""Customers that are scored at a time, so that both executors have some."""

SHOP = ShopConfig(
    customers=900, products=40, categories=8, regions=4, days=130, seed=4, promotions=(
        PromotionSpec(promotion_id="letter", kind="experiment", benefit="none", start_day=70, days=14, visit_boost=2.0,
                      attention=0.9, contact_cost_minor=4, washout_days=14),
    ),
)  # fmt: skip
"""A letter was tried out by lot, and it moves people."""

_CLUSTER = """
import json, sys
from pathlib import Path
from netlift.allocation import spark
from netlift.engines import Settings, engine
from netlift.response import spark as scoring
from netlift.response import features
from tests.plan.test_spark_line import PART, planned
folder = Path(sys.argv[1])
(folder / "spill").mkdir()
features.CHUNK, spark.LARGE, added, passes = PART, 0, spark._added, []
spark._added = lambda *asked: passes.append(1) or added(*asked)
packed, parts = scoring._packed, []
scoring._packed = lambda *asked: parts.append(1) or packed(*asked)
settings = Settings(threads=2, master="local-cluster[2,1,1024]", temp_folder=folder / "spill")
with engine("spark", settings) as opened:
    said = planned(folder / "there", "spark")
    context = opened.session.sparkContext
    executors = context._jsc.sc().statusTracker().getExecutorInfos()
    print(json.dumps([said, len(executors) - 1, len(passes), len(parts), context._jsc.sc().isStopped()]))
"""


def planned(folder: Path, engine: str) -> list[object]:
    """What each plan says of itself, with who gets what."""
    folder.mkdir()
    workspace = Workspace.create(folder, Settings(name="Corner", currency="EUR"))
    for name, table in simulate(SHOP).tables.items():
        if name in TABLES and table.num_rows:
            workspace.write(name, table, "simulated")
    wanted = pipeline.Wanted(Limits(budget_minor=15_000), Asked(most=6), engine=engine)
    return [_told(plan) for plan in pipeline.run(workspace, wanted).plans]


def _told(plan: Plan) -> dict[str, object]:
    shown = plan.head.certificate
    return {
        "code": plan.head.code, "id": plan_id(plan), "rows": plan.rows.select(["customer_id", "offer_id"]).to_pylist(),
        "certificate": None if shown is None else [shown.value, shown.bound, dict(shown.prices)],
    }  # fmt: skip


def test_the_same_plans_on_a_cluster_with_two_executors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Equal ids: the same heads, values, certificates, customers and arms, to the last bit."""
    if lack := missing():
        pytest.skip(f"Spark cannot run here: {lack}")
    done = subprocess.run(
        [sys.executable, "-c", _CLUSTER, str(tmp_path)], capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stderr[-2000:]
    said, executors, passes, parts, stopped = json.loads(done.stdout.splitlines()[-1])
    assert (executors, stopped) == (2, False)
    assert passes > 0
    assert parts == -(-SHOP.customers // PART)
    assert len(said) > 2
    monkeypatch.setattr(features, "CHUNK", PART)
    local = planned(tmp_path / "here", "duckdb")
    assert said == local
