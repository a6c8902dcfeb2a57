"""`netlift audit` and `netlift demo` as somebody at a terminal meets them."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from netlift.cli import app
from netlift.data.workspace import Settings, Workspace
from netlift.errors import ConfigError, NetliftError
from netlift.simulate import presets, simulate


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a small simulated shop."""
    folder = tmp_path_factory.mktemp("shop")
    workspace = Workspace.create(folder, Settings(name="Tiny", currency="EUR"))
    for name, table in simulate(presets.tiny(1)).tables.items():
        workspace.write(name, table, "simulated")
    return folder


def test_a_workspace_is_judged_printed_and_reported(shop: Path):
    """The table names every campaign, three sentences follow, and the last line is the report's path."""
    done = run("audit", shop)
    assert done.exit_code == 0, done.output
    assert "Tiny" in done.stdout
    assert done.stdout.count("• ") == 3
    report = shop / "reports" / "audit.html"
    assert str(report.resolve()) in done.stdout.replace("\n", "")
    assert "<html" in report.read_text("utf-8")[:200].lower()


def test_json_is_json_and_nothing_else(shop: Path, tmp_path: Path):
    """A script reads standard output; the table of findings goes where it was asked to."""
    done = run("audit", shop, "--json", "--table", tmp_path / "found.parquet", "--report", tmp_path / "a" / "r.html")
    found = json.loads(done.stdout)
    assert {one["promotion_id"] for one in found["findings"]} == set(
        pq.read_table(tmp_path / "found.parquet")["promotion_id"].to_pylist()
    )
    assert (tmp_path / "a" / "r.html").is_file()


def test_chinese_on_request(shop: Path):
    """Headings and sentences come in the asked language."""
    assert "促销" in run("audit", shop, "--lang", "zh-CN").stdout


def test_a_margin_is_kept_for_the_next_time(shop: Path):
    """Stated once, it is in netlift.toml; out of range it is refused before anything is written."""
    run("audit", shop, "--margin", "0.42")
    assert Workspace.open(shop).settings.margin == 0.42
    with pytest.raises(ConfigError, match="margin"):
        CliRunner().invoke(app, ["audit", str(shop), "--margin", "42"], catch_exceptions=False)


def test_nothing_to_audit_says_what_to_do():
    """No arguments at all."""
    with pytest.raises(ConfigError, match="netlift demo"):
        CliRunner().invoke(app, ["audit"], catch_exceptions=False)


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02", b"a,b\n1,2\n"])
def test_a_bad_file_is_one_helpful_error(tmp_path: Path, content: bytes):
    """Never a traceback: every failure is an error of ours, with a message."""
    bad = tmp_path / "bad.csv"
    bad.write_bytes(content)
    with pytest.raises(NetliftError, match=r"bad\.csv"):
        CliRunner().invoke(app, ["audit", str(bad), "--workspace", str(tmp_path / "w")], catch_exceptions=False)


def test_an_export_goes_straight_to_the_audit(tmp_path: Path):
    """A file of order lines with plain names: receipt, margin assumed and said so, report in the new workspace."""
    rows = [
        f"o{n},c{n % 40},2026-0{1 + n // 250}-{1 + n % 28:02d} 10:00:00,p{n % 7},1,{10 + n % 3}.00" for n in range(700)
    ]
    export = tmp_path / "orders.csv"
    export.write_text("order_id,customer_id,ordered_at,product_id,quantity,unit_price\n" + "\n".join(rows))
    done = run("audit", export, "--workspace", tmp_path / "w", "--currency", "EUR")
    assert done.exit_code == 0, done.output
    assert "700" in done.stdout
    assert "35%" in done.stderr
    assert (tmp_path / "w" / "reports" / "audit.html").is_file()


def test_a_plain_experiment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """By hand: arm b is 1 above a, and its units are .01 later on average: 1.01."""
    table = tmp_path / "test.csv"
    table.write_text("who,arm,spend\n" + "".join(f"{n},{'ab'[n % 2]},{2 + n % 2 + n / 100}\n" for n in range(60)))
    monkeypatch.chdir(tmp_path)
    done = run(
        "audit",
        "--experiment",
        table,
        "--unit",
        "who",
        "--arm",
        "arm",
        "--control",
        "a",
        "--outcome",
        "spend",
        "--json",
    )
    found = json.loads(done.stdout)
    (one,) = found["comparisons"]
    assert one["raw"]["estimate"] == pytest.approx(1.01)
    assert (tmp_path / "test.netlift.html").is_file()


def test_a_plain_panel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Twelve stores, six of them treated from week 8 on: the report is written beside."""
    table = tmp_path / "stores.csv"
    rows = [
        f"s{store},{week},{int(store < 6 and week >= 8)},{100 + 5 * store + (week * 7 + store * 3) % 11}"
        for store in range(12)
        for week in range(12)
    ]
    table.write_text("store,week,treated,profit\n" + "\n".join(rows))
    monkeypatch.chdir(tmp_path)
    done = run(
        "audit", "--panel", table, "--unit", "store", "--time", "week", "--treated", "treated", "--outcome", "profit"
    )
    assert done.exit_code == 0, done.output
    assert (tmp_path / "stores.netlift.html").is_file()
