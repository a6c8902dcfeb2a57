"""`netlift simulate` writes a workspace with the truth apart."""

import json
from pathlib import Path

import pyarrow.parquet as pq
from typer.testing import CliRunner

from netlift.cli import app
from netlift.errors import ConfigError

RUN = CliRunner()


def test_it_writes_a_workspace_and_says_where_the_truth_is(tmp_path: Path) -> None:
    out = tmp_path / "shop"
    done = RUN.invoke(app, ["simulate", "--preset", "tiny", "--customers", "60", "--out", str(out)])
    assert done.exit_code == 0
    assert "order_lines" in done.output
    assert str(out / "truth.parquet") in done.output
    assert (out / "netlift.toml").is_file()
    assert pq.read_table(out / "truth.parquet").num_rows == 5


def test_json_counts_the_rows_that_were_written(tmp_path: Path) -> None:
    args = ["simulate", "--preset", "easy", "--customers", "50", "--days", "200", "--events", "--json"]
    done = RUN.invoke(app, [*args, "--out", str(tmp_path)])
    found = json.loads(done.stdout)
    assert found["promotions"] == ["welcome-mail", "half-price-week"]
    assert found["left_out"] == ["display", "summer10"]
    for name, count in found["rows"].items():
        assert pq.read_metadata(tmp_path / "tables" / name / "simulated.parquet").num_rows == count
    assert found["rows"]["events"] > found["rows"]["order_lines"]


def test_without_truth_none_is_promised(tmp_path: Path) -> None:
    args = ["simulate", "--preset", "tiny", "--customers", "50", "--no-truth", "--no-costs", "--json"]
    done = RUN.invoke(app, [*args, "--out", str(tmp_path)])
    assert json.loads(done.stdout)["truth"] is None
    table = pq.read_table(tmp_path / "tables" / "products" / "simulated.parquet")
    assert table["cost_minor"].null_count == table.num_rows


def test_it_does_not_write_into_a_shop_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "tables").mkdir()
    done = RUN.invoke(app, ["simulate", "--preset", "tiny", "--out", str(tmp_path)])
    assert isinstance(done.exception, ConfigError)
    assert "another folder" in str(done.exception)
