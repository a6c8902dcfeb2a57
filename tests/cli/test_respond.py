"""`netlift respond` as somebody at a terminal meets it."""

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from netlift.cli import app
from netlift.data.workspace import Settings, Workspace
from netlift.errors import ConfigError, DataError, NetliftError
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


@pytest.mark.slow
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
    with pytest.raises(ConfigError, match="takes a table by itself"):
        run("respond", tmp_path, "--experiment", tmp_path / "t.csv")


def test_a_workspace_without_orders_is_one_error(tmp_path: Path) -> None:
    Workspace.create(tmp_path, Settings(name="Empty", currency="EUR"))
    with pytest.raises(NetliftError, match="order"):
        run("respond", tmp_path)


@pytest.fixture(scope="module")
def mailing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """900 customers, three arms by lot; "b" raises spend by 2, "c" by 1, for everybody alike; 20 rows are broken."""
    rng = np.random.default_rng(4)
    arm = np.repeat(["none", "b", "c"], 300)
    noise = rng.normal(0, 1, (3, 300))
    noise -= noise.mean(axis=1, keepdims=True)
    spend = 5 + noise.ravel() + 2.0 * (arm == "b") + 1.0 * (arm == "c")
    rows = [f"{x:.3f},{a},{y:.3f}" for x, a, y in zip(rng.random(900), arm, spend, strict=True)]
    path = tmp_path_factory.mktemp("mailing") / "mailing.csv"
    path.write_text("\n".join(["recency,arm,spend", *rows, *[".5,,3"] * 12, *[".5,b,"] * 8]))
    return path


def test_a_plain_experiment(mailing: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both arms are shown to raise spend; that choosing between them by customer beats "b" to all is not."""
    monkeypatch.chdir(tmp_path)
    done = run("respond", "--experiment", mailing)
    said = " ".join(done.stdout.split())
    assert "“b” and “c”: shown to raise spend on average" in said
    assert "“b” is shown to raise spend: +2.0" in said or "“b” is shown to raise spend: +1.9" in said
    assert "Not shown: Personalisation is not shown to beat “b” to all" in said
    assert "left out 20 of 920 rows" in done.stderr
    assert (tmp_path / "mailing.respond.html").is_file()


def test_json_of_a_plain_experiment_is_a_list_by_outcome(mailing: Path, tmp_path: Path) -> None:
    done = run("respond", "--experiment", mailing, "--outcome", "spend", "--json", "--report", tmp_path / "r.html")
    (found,) = json.loads(done.stdout)
    assert found["outcome"] == "spend"
    assert found["currency"] == ""
    arms = {one["offer"]["arm"]: one["net"] for one in found["learned"]}
    assert arms["b"]["lower"] < 2 < arms["b"]["upper"]
    assert arms["c"]["lower"] < 1 < arms["c"]["upper"]


def test_declared_offers_stand_beside_the_others(shop: Path, tmp_path: Path) -> None:
    """What is only believed is graded so, scored for everybody who buys, and told as not shown."""
    offers = tmp_path / "offers.toml"
    offers.write_text(
        '[[offer]]\nid = "mail-10"\nname = "10 % off by mail"\ndepth = 0.10\ndays = 14\n'
        "extra_orders = { low = 0.01, likely = 0.02, high = 0.04 }\nredemption = 0.3\n"
    )
    said = " ".join(run("respond", shop, "--assume", offers, "--as-of", "2024-02-01").stdout.split())
    assert "“10 % off by mail”: anything; its figures are assumed and were not measured." in said
    assert "To know “10 % off by mail”: " in said
    rows = Workspace.open(shop).kept("response")
    assert set(rows["grade"].to_pylist()) == {"assumed"}
    assert set(rows["offer_id"].to_pylist()) == {"mail-10"}


@pytest.mark.slow
def test_the_hillstrom_mailing(repository: Path, tmp_path: Path) -> None:
    """64,000 customers, three arms (Hillstrom 2008): choosing between the mails is not shown to beat one for all."""
    path = repository.parent / "shared" / "data" / "hillstrom" / "hillstrom.csv.gz"
    if not path.is_file():
        pytest.skip("the Hillstrom data are not there")
    done = run("respond", "--experiment", path, "--outcome", "visit", "--report", tmp_path / "r.html")
    said = " ".join(done.stdout.split())
    assert "Personalisation is not shown to beat “Mens E-Mail” to all: " in said
    assert "“Mens E-Mail” is shown to raise visit: +0.076" in said
