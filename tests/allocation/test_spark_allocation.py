"""On Spark the same plan as on one machine: on two threads, and on a cluster with executors of its own."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from netlift.allocation import crowd, streamed
from netlift.allocation.kernel_narrow import Passes
from netlift.allocation.optimisers.dual import LARGE, Dual
from netlift.allocation.source import Limit, Source
from netlift.allocation.spark import Executors
from netlift.engines import Engine
from netlift.engines.spark import missing
from netlift.errors import EngineError
from tests.allocation.instances import mixed
from tests.allocation.test_streamed import laid_down

pytestmark = [pytest.mark.spark, pytest.mark.xdist_group("spark"), pytest.mark.slow]

OFFERS = tuple("abcd")
CUSTOMERS = 60_000
SLOTS = 33
"""An instance in which several offers may go to one customer."""

_CLUSTER = """
import json, sys
from pathlib import Path
from netlift.engines import Settings, engine
from tests.allocation.test_spark_allocation import at_scale, on_spark
folder = Path(sys.argv[1])
settings = Settings(threads=2, master="local-cluster[2,1,1024]", temp_folder=folder / "spill")
with engine("spark", settings) as opened:
    said = on_spark(opened, at_scale(folder), folder / "spark.parquet")
    executors = opened.session.sparkContext._jsc.sc().statusTracker().getExecutorInfos()
    print(json.dumps(said | {"executors": len(executors) - 1}))
"""


def at_scale(folder: Path) -> Source:
    """A budget, a stock row and a minimum for more customers than are looked at one by one; lines in no order."""
    path = folder / "cells"
    if not path.exists():
        g = np.random.default_rng(11)
        n, m = CUSTOMERS, len(OFFERS)
        may = g.random(n * m) < 0.9
        table = pa.table({
            "customer_id": np.char.add("c", np.repeat(np.arange(n), m).astype(str)),
            "offer_id": np.tile(OFFERS, n),
            "net_margin": g.gamma(2, 50, n * m) - 30,
            "cost": g.gamma(2, 20, n * m),
        }).filter(pa.array(may))  # fmt: skip
        path.mkdir()
        for k, part in enumerate(np.array_split(g.permutation(table.num_rows), 3)):
            pq.write_table(table.take(pa.array(part)), path / f"part{k}.parquet")
    limits = (
        Limit("budget", 12.0 * CUSTOMERS, "cost"),
        Limit("stock:a", 0.1 * CUSTOMERS, uses={"a": 1.0}, unit="pieces"),
        Limit("share:b", 0.2 * CUSTOMERS, uses={"b": 1.0}, unit="customers", minimum=True),
    )
    return Source(path, OFFERS, limits)


def on_spark(opened: Engine, source: Source, to: Path, *, large: int = LARGE) -> dict[str, object]:
    """Solve and write; what was found."""
    from netlift.allocation import spark

    planned = spark.solve(opened.session, source, large=large)  # type: ignore[attr-defined]
    table = planned.lines.toArrow()
    pq.write_table(table.sort_by([(source.customer, "ascending"), (source.offer, "ascending")]), to)
    found = planned.found
    return {"value": found.value, "bound": found.bound, "use": found.use.tolist(), "relaxed": found.relaxed}


def equal_to_local(source: Source, said: dict[str, object], lines: Path, folder: Path, *, large: int) -> None:
    """The local engine on the same lines in order: the same value, certificate, limits and lines."""
    order = [(source.customer, "ascending"), (source.offer, "ascending")]
    path = folder / "ordered.parquet"
    pq.write_table(pq.read_table(source.path).sort_by(order), path)
    here = Source(path, source.offers, source.limits, slot=source.slot, contacts=source.contacts)
    local = Dual(large=large).solve(streamed.read(here))
    assert (said["value"], said["bound"]) == (local.value, local.bound)
    assert (said["use"], said["relaxed"]) == (list(local.use.values()), dict(local.relaxed))
    taken = pq.read_table(path).take(local.chosen)
    got = pq.read_table(lines)
    assert got[source.customer].equals(taken[source.customer])
    assert got[source.offer].to_pylist() == taken[source.offer].to_pylist()
    assert sum(got["value_thousandths"].to_pylist()) == local.value


@pytest.mark.parametrize(("seed", "large"), [(1, LARGE), (SLOTS, LARGE), (SLOTS, 0)])
def test_small_problems_of_every_sort(seed: int, large: int, spark: Engine, tmp_path: Path) -> None:
    problem, _ = mixed(seed, 300)
    problem = problem.only(np.flatnonzero(np.diff(problem.start)))
    source = laid_down(problem, tmp_path / "cells.parquet")
    said = on_spark(spark, source, tmp_path / "spark.parquet", large=large)
    equal_to_local(source, said, tmp_path / "spark.parquet", tmp_path, large=large)


@pytest.mark.parametrize("seed", [2, SLOTS])
def test_passes_of_a_problem_that_is_here_are_counted_there(seed: int, spark: Engine) -> None:
    """Prices, plan and certificate are those of one machine; what there was before is let go."""
    problem, _ = mixed(seed, 150)  # some have nothing that they could get
    session = spark.session  # type: ignore[attr-defined]
    with Executors(session, large=0) as there:
        first = there(problem.with_limits(problem.limits // 2))
        found = Dual(passes=there).solve(problem)
        assert not first.packed.is_cached  # type: ignore[attr-defined]
        assert there(problem.only(np.zeros(0, np.int64)))(np.zeros(len(problem.rows))).value == 0
    local = Dual().solve(problem)
    assert found.chosen.tolist() == local.chosen.tolist()
    for name in ("value", "bound", "use", "prices", "relaxed", "passes"):
        assert getattr(found, name) == getattr(local, name)


def test_few_customers_do_not_travel(spark: Engine) -> None:
    problem, _ = mixed(1, 30)
    assert isinstance(Executors(spark.session)(problem), Passes)  # type: ignore[attr-defined]


def test_a_window_of_many(spark: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the customers of the window come to the driver."""
    source = at_scale(tmp_path)
    monkeypatch.setattr(crowd, "WINDOWS", (2_000, 20_000))
    drawn: list[int] = []
    draw = crowd.edge
    monkeypatch.setattr(crowd, "edge", lambda counts, size: drawn.append(size) or draw(counts, size))
    said = on_spark(spark, source, tmp_path / "spark.parquet", large=0)
    assert drawn == [2_000]
    equal_to_local(source, said, tmp_path / "spark.parquet", tmp_path, large=0)
    assert said["value"] > said["bound"] * (1 - 2e-5)  # type: ignore[operator]


def test_a_cluster_with_two_executors(tmp_path: Path) -> None:
    """Driver and executors are processes of their own, so lines really travel."""
    if lack := missing():
        pytest.skip(f"Spark cannot run here: {lack}")
    (tmp_path / "spill").mkdir()
    source = at_scale(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", _CLUSTER, str(tmp_path)], capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stderr[-2000:]
    said = json.loads(done.stdout.splitlines()[-1])
    assert said.pop("executors") == 2
    equal_to_local(source, said, tmp_path / "spark.parquet", tmp_path, large=LARGE)


def test_lines_that_are_wrong_are_refused(spark: Engine, tmp_path: Path) -> None:
    table = {"customer_id": ["a", "a"], "offer_id": ["a", "a"], "net_margin": [1.0, 2.0]}
    pq.write_table(pa.table(table), tmp_path / "cells.parquet")
    with pytest.raises(EngineError, match="must ascend, each once"):
        on_spark(spark, Source(tmp_path / "cells.parquet", OFFERS), tmp_path / "spark.parquet")
