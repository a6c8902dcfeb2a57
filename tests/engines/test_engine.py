"""Opening tables, settings and errors of the engines."""

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from netlift.engines import ENGINES, Engine, Settings, engine
from netlift.engines import spark as spark_module
from netlift.engines.duckdb import connect
from netlift.errors import ConfigError, DataError, EngineError

SPARK = [pytest.mark.spark, pytest.mark.xdist_group("spark")]


@pytest.fixture(params=["duckdb", pytest.param("spark", marks=SPARK)])
def opened(request: pytest.FixtureRequest) -> Engine:
    """Each engine in turn, ready to open tables."""
    if request.param == "spark":
        found: Engine = request.getfixturevalue("spark")
        return found
    return engine("duckdb", Settings(threads=1))


def written(path: Path, **columns: list[object]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)
    return path


def test_both_engines_are_registered() -> None:
    assert list(ENGINES) == ["duckdb", "spark"]


def test_an_unknown_engine_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match=r"unknown Engine 'polars'; known: duckdb, spark"):
        engine("polars")


def test_a_folder_gives_a_table_for_each_sub_folder_and_file(opened: Engine, tmp_path: Path) -> None:
    written(tmp_path / "orders" / "1.parquet", id=[1, 2])
    written(tmp_path / "orders" / "2.parquet", id=[3])
    written(tmp_path / "products.parquet", sku=["a"])
    opened.open(tmp_path)
    assert {"orders", "products"} <= set(opened.names)
    assert sorted(opened.collect(opened.frame("orders"))["id"].to_pylist()) == [1, 2, 3]
    assert opened.collect(opened.frame("products")).to_pylist() == [{"sku": "a"}]


def test_a_mapping_names_its_own_tables_and_replaces_open_ones(opened: Engine, tmp_path: Path) -> None:
    opened.open({"t": written(tmp_path / "a.parquet", x=[1])})
    opened.open({"t": written(tmp_path / "b.parquet", x=[2])})
    assert opened.collect(opened.frame("t"))["x"].to_pylist() == [2]


def test_wildcards_in_a_path_are_ordinary_characters(opened: Engine, tmp_path: Path) -> None:
    written(tmp_path / "shop [ab]*?{c}" / "t.parquet", x=[1])
    written(tmp_path / "shop a" / "t.parquet", x=[2])
    opened.open(tmp_path / "shop [ab]*?{c}")
    assert opened.collect(opened.frame("t"))["x"].to_pylist() == [1]


def test_results_have_the_same_arrow_types_whatever_the_engine(opened: Engine, tmp_path: Path) -> None:
    """The schema that was written comes back: text, 64-bit integers, doubles, UTC times, lists."""
    schema = pa.schema(
        {
            "text": pa.string(),
            "whole": pa.int64(),
            "real": pa.float64(),
            "yes": pa.bool_(),
            "at": pa.timestamp("us", tz="UTC"),
            "many": pa.list_(pa.float64()),
        }
    )
    row = {"text": "净增", "whole": 2**53 + 1, "real": 0.1, "yes": True, "at": 0, "many": [1.5]}
    table = pa.Table.from_pylist([row], schema=schema)
    pq.write_table(table, tmp_path / "t.parquet")
    got = opened.open(tmp_path).collect(opened.frame("t"))
    assert got.schema.types == schema.types
    assert got.to_pylist() == table.to_pylist()


def test_a_sum_that_does_not_fit_is_an_error_not_a_wrong_sum(opened: Engine, tmp_path: Path) -> None:
    import narwhals as nw

    written(tmp_path / "t.parquet", x=[2**62, 2**62])
    frame = opened.open(tmp_path).frame("t").select(nw.col("x").sum().cast(nw.Int64))
    with pytest.raises(EngineError, match="refused the work"):
        opened.collect(frame)


def test_a_missing_table_lists_the_open_ones(opened: Engine, tmp_path: Path) -> None:
    opened.open({"orders": written(tmp_path / "o.parquet", x=[1])})
    with pytest.raises(DataError, match=r"no table 'order' is open; open: .*orders"):
        opened.frame("order")


def test_a_damaged_file_is_an_engine_error(opened: Engine, tmp_path: Path) -> None:
    (tmp_path / "t.parquet").write_bytes(b"not parquet")
    opened.open(tmp_path)
    with pytest.raises(EngineError):
        opened.collect(opened.frame("t"))


def test_a_folder_without_tables_and_a_missing_path_are_data_errors(tmp_path: Path) -> None:
    with engine() as opened:
        with pytest.raises(DataError, match="holds no Parquet tables"):
            opened.open(tmp_path)
        with pytest.raises(DataError, match="is not a folder"):
            opened.open(tmp_path / "nowhere")
        with pytest.raises(DataError, match="'t' has no Parquet file"):
            opened.open({"t": tmp_path / "nowhere.parquet"})


@pytest.mark.parametrize("name", ["threads", "memory_mb"])
def test_settings_below_one_are_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=f"{name} must be at least 1, got 0"):
        Settings(**{name: 0})


def test_settings_reach_duckdb(tmp_path: Path) -> None:
    settings = Settings(threads=1, memory_mb=256, temp_folder=tmp_path, options={"preserve_insertion_order": "false"})
    names = ("threads", "memory_limit", "temp_directory", "preserve_insertion_order", "TimeZone")
    with engine("duckdb", settings), connect(settings) as connection:
        said = [connection.execute("SELECT current_setting(?)", [name]).fetchone() for name in names]
    assert said == [(1,), ("256.0 MiB",), (str(tmp_path),), (False,), ("UTC",)]


def test_a_setting_that_duckdb_does_not_know_is_an_engine_error() -> None:
    with pytest.raises(EngineError, match="DuckDB does not start"):
        connect(Settings(options={"no_such_setting": "1"}))


def test_duckdb_downloads_no_extension() -> None:
    with connect() as connection:
        assert connection.execute("SELECT current_setting('autoinstall_known_extensions')").fetchone() == (False,)


def test_spark_without_java_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineError, match=r"Spark cannot start: (no Java was found .* version 17 or 21|.*pip install)"):
        engine("spark")


def test_spark_on_an_old_java_names_both_versions(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\necho 'openjdk version \"1.8.0_392\"' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert spark_module._java_version(str(java)) == 8
    lack = spark_module.missing()
    assert lack is not None
    assert "is Java 8: Spark 4 needs version 17 or 21" in lack or "pyspark is missing" in lack


def test_spark_without_pyspark_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    assert spark_module.missing() == "the Python package pyspark is missing: pip install 'netlift[spark]'"


def test_naming_the_engines_imports_no_spark() -> None:
    """Looking an engine up must not cost the import of the other."""
    code = "import sys; from netlift.engines import ENGINES; list(ENGINES); sys.exit('pyspark' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.spark
@pytest.mark.xdist_group("spark")
def test_one_worker_runs_all_spark_tests(request: pytest.FixtureRequest) -> None:
    """pytest-xdist marks the group in the test's id; if it stops doing so, every worker starts a Spark."""
    if hasattr(request.config, "workerinput"):
        assert request.node.nodeid.endswith("@spark")


@pytest.mark.spark
@pytest.mark.xdist_group("spark")
def test_a_second_spark_engine_joins_the_first_and_leaves_it_running(spark: Engine, tmp_path: Path) -> None:
    with engine("spark") as guest:
        guest.open({"t": written(tmp_path / "t.parquet", x=[1])})
        assert guest.collect(guest.frame("t")).num_rows == 1
    spark.open({"t": tmp_path / "t.parquet"})
    assert spark.collect(spark.frame("t")).num_rows == 1


@pytest.mark.spark
@pytest.mark.slow
@pytest.mark.xdist_group("spark")
def test_spark_cleans_up_behind_itself(spark: Engine, tmp_path: Path) -> None:
    """Started and closed in a process of its own: no folder is left where it spilled, nor here."""
    script = (
        "from pathlib import Path; from netlift.engines import Settings, engine\n"
        f"with engine('spark', Settings(threads=1, temp_folder=Path({str(tmp_path)!r}))) as e:\n"
        f"    assert list(Path({str(tmp_path)!r}).iterdir())\n"
    )
    here = tmp_path / "here"
    here.mkdir()
    subprocess.run([sys.executable, "-c", script], check=True, cwd=here, capture_output=True)
    here.rmdir()  # refuses if anything was written into the working folder
    assert list(tmp_path.iterdir()) == []
