"""`netlift respond` as somebody at a terminal meets it."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from netlift.cli import app
from netlift.data.workspace import Settings, Workspace
from netlift.errors import ConfigError, DataError
from netlift.simulate import presets, simulate

FIRST_ORDERS = ("customers", "products", "orders", "order_lines")


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a small simulated shop: an experiment and a campaign that reached chosen customers."""
    folder = tmp_path_factory.mktemp("shop")
    workspace = Workspace.create(folder, Settings(name="Tiny [/red]", currency="EUR"))
    for name, table in simulate(presets.tiny(1)).tables.items():
        workspace.write(name, table, "simulated")
    return folder


@pytest.fixture(scope="module")
def done(shop: Path) -> Result:
    """One run over it, in words."""
    return run("respond", shop)


def test_a_workspace_is_told_of_in_words(shop: Path, done: Result) -> None:
    """Table, the four answers, what is not shown, and the report's path as the last line."""
    for said in ("Tiny [/red]", "experiment test", "campaign mail", "• Who is moved: ", "• By what: ", "• How sure: ",
                 "• Not shown: ", "What is not shown", "○ “campaign mail”"):  # fmt: skip
        assert said in done.stdout, said
    report = shop / "reports" / "respond.html"
    assert done.stdout.rstrip().splitlines()[-1] == str(report.resolve())
    page = report.read_text("utf-8")
    assert "<script>" in page
    assert "measured by experiment" in page


def test_every_customer_gets_a_row_for_every_offer(shop: Path, done: Result) -> None:
    """The table lies where the next step looks for it, and its money adds up in every row."""
    rows = Workspace.open(shop).kept("response")
    customers = Workspace.open(shop).table("customers").num_rows
    assert sorted(set(rows["offer_id"].to_pylist())) == ["mail", "test"]
    assert rows.num_rows == 2 * customers
    net, margin, cost = (rows[name].to_numpy() for name in ("net_margin", "incremental_margin", "expected_cost"))
    assert (margin - cost == net).all()


def test_json_is_json_and_nothing_else(shop: Path, tmp_path: Path) -> None:
    """A script reads standard output; report and table of offers go where they were asked to."""
    where = ("--report", tmp_path / "a" / "r.html", "--table", tmp_path / "offers.parquet")
    found = json.loads(run("respond", shop, "--json", "--level", "0.8", *where).stdout)
    assert found["form"] == "netlift.responses/1"
    assert {one["offer"]["offer_id"] for one in found["learned"]} == {"mail", "test"}
    assert {one["net"]["level"] for one in found["learned"]} == {0.8}
    assert pq.read_table(tmp_path / "offers.parquet")["offer_id"].to_pylist() == [
        one["offer"]["offer_id"] for one in found["learned"]
    ]
    assert "80% interval" in (tmp_path / "a" / "r.html").read_text("utf-8")


def test_chinese_on_request_and_an_earlier_day(shop: Path) -> None:
    """As of a day before any offer ended nothing can be learned, and it says why."""
    said = run("respond", shop, "--lang", "zh", "--as-of", "2024-01-15").stdout
    assert "谁被打动" in said
    assert "这些数据里没有一个优惠可供学习" in said


def test_a_day_before_the_data_is_refused(shop: Path) -> None:
    with pytest.raises(DataError, match="as of 2001-01-01 no order is known"):
        run("respond", shop, "--as-of", "2001-01-01")


def test_a_shop_without_exposures_says_what_to_add(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path, Settings(name="Bare", currency="EUR"))
    for name, table in simulate(presets.tiny(1)).tables.items():
        if name in FIRST_ORDERS:
            workspace.write(name, table, "simulated")
    said = " ".join(run("respond", tmp_path).stdout.split())
    assert "Of no offer in these data could anything be learned." in said
    assert "Add a list of who was reached by past promotions" in said


def test_nothing_to_learn_from_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="netlift ingest"):
        run("respond")
    with pytest.raises(ConfigError, match="is not a workspace"):
        run("respond", tmp_path)
