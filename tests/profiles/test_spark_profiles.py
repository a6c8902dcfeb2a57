"""The same profiles on Spark as on DuckDB, on two threads and on a cluster with executors of its own."""

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from netlift.engines import Engine
from netlift.engines.spark import missing
from netlift.profiles.interests import interests
from netlift.profiles.table import profiles
from tests.profiles.feature_shops import (
    JUNE,
    Tables,
    by_hand,
    frames_of,
    interested,
    made,
    poisoned,
    profiled,
    simulated,
)

pytestmark = [pytest.mark.spark, pytest.mark.xdist_group("spark"), pytest.mark.slow]

_CLUSTER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
import pyarrow.parquet as pq
from netlift.engines import Settings, engine
from netlift.profiles.interests import interests
from netlift.profiles.table import profiles
folder, as_of = Path(sys.argv[1]), datetime(2024, 6, 1, tzinfo=UTC)
settings = Settings(threads=2, master="local-cluster[2,1,1024]", temp_folder=folder / "spill")
with engine("spark", settings) as opened:
    opened.open(folder / "tables")
    frames = {name: opened.frame(name) for name in opened.names}
    for name, frame in (("profiles", profiles(frames, as_of)), ("interests", interests(frames, as_of))):
        pq.write_table(opened.collect(frame), folder / f"{name}.parquet")
    executors = opened.session.sparkContext._jsc.sc().statusTracker().getExecutorInfos()
    print("executors", len(executors) - 1)
"""


@pytest.fixture(scope="module")
def shop() -> Tables:
    return simulated()


def equal(got: pa.Table, wanted: pa.Table) -> None:
    """Whole numbers and texts exactly, floats to nine digits; types and columns too."""
    assert got.schema.names == wanted.schema.names
    assert got.schema.types == wanted.schema.types
    assert got.num_rows == wanted.num_rows > 0
    for name in wanted.column_names:
        ours, theirs = got[name].to_pylist(), wanted[name].to_pylist()
        if pa.types.is_floating(wanted[name].type):
            assert ours == pytest.approx(theirs, rel=1e-9, abs=0), name
        else:
            assert ours == theirs, name


def by_customer(found: pa.Table) -> pa.Table:
    return found.sort_by([(name, "ascending") for name in ("customer_id", "category") if name in found.column_names])


def test_profiles_are_the_same_on_both_engines_and_blind_to_the_future(
    spark: Engine, shop: Tables, tmp_path: Path
) -> None:
    """The future is poisoned on Spark only: what comes out is what DuckDB makes of the clean shop."""
    frames = frames_of(spark, poisoned(shop, JUNE), tmp_path)
    equal(by_customer(spark.collect(profiles(frames, JUNE))), profiled())
    equal(by_customer(spark.collect(interests(frames, JUNE))), interested())


def test_profiles_are_the_same_on_a_cluster_with_two_executors(shop: Tables, tmp_path: Path) -> None:
    """Driver and executors are processes of their own, so rows really travel."""
    if lack := missing():
        pytest.skip(f"Spark cannot run here: {lack}")
    (tmp_path / "tables").mkdir()
    (tmp_path / "spill").mkdir()
    for name, whole in shop.items():
        pq.write_table(whole, tmp_path / "tables" / f"{name}.parquet")
    done = subprocess.run(
        [sys.executable, "-c", _CLUSTER, str(tmp_path)], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "executors 2" in done.stdout
    for name, wanted in (("profiles", profiled()), ("interests", interested())):
        equal(by_customer(pq.read_table(tmp_path / f"{name}.parquet")), wanted)


def test_tables_that_a_shop_does_not_have_are_empty_on_spark_too(spark: Engine, tmp_path: Path) -> None:
    """Orders are made of their lines, customers and mails are nowhere."""
    tables = {"order_lines": by_hand()["order_lines"]}
    families = ["fatigue", "home", "rfm"]
    got = spark.collect(profiles(frames_of(spark, tables, tmp_path), JUNE, families=families))
    equal(by_customer(got), made(tables, families=families))
