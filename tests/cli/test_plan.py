"""`netlift plan` as somebody at a terminal meets it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from netlift.cli import app
from netlift.cli._planning import Wish, _wanted
from netlift.data.workspace import Settings, Workspace
from netlift.engines.spark import missing
from netlift.errors import ConfigError, DataError
from netlift.plan import artefact
from netlift.simulate import presets, simulate

BOUGHT = ("customers", "products", "orders", "order_lines")


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)


def made(folder: Path, *names: str) -> Workspace:
    """A workspace with a small simulated shop."""
    workspace = Workspace.create(folder, Settings(name="Tiny [/red]", currency="EUR", margin=0.4))
    for name, table in simulate(presets.tiny(1)).tables.items():
        if name in names or not names:
            workspace.write(name, table, "simulated")
    return workspace


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Orders only: nobody was ever written to."""
    return made(tmp_path_factory.mktemp("shop"), *BOUGHT)


@pytest.fixture(scope="module")
def done(shop: Workspace) -> Result:
    """One run over it, in words."""
    return run("plan", shop.path, "--budget", "500", "--days", "7")


@pytest.mark.slow
def test_plans_are_told_of_in_words(shop: Workspace, done: Result) -> None:
    """Table, the answers, what to do next, and the report's path as the last line."""
    for told in ("Tiny [/red]", "Do nothing", "• Best estimate: ", "netlift export "):
        assert told in done.stdout, told
    report = shop.path / "plans" / "plans.html"
    assert done.stdout.rstrip().splitlines()[-1] == str(report.resolve())
    assert "<script>" in report.read_text("utf-8")


@pytest.mark.slow
def test_every_plan_is_written_and_can_be_read(shop: Workspace, done: Result) -> None:
    """What `netlift decide` and `netlift export` look for; doing nothing is always one."""
    folders = sorted(folder for folder in (shop.path / "plans").iterdir() if folder.is_dir())
    plans = {folder.name.rpartition("-")[0]: artefact.read(folder) for folder in folders}
    assert "nothing" in plans
    for code, plan in plans.items():
        assert plan.head.code == code
        assert plan.head.budget_minor == 50_000
        assert set(plan.head.inputs) == set(BOUGHT)
        assert "netlift" in plan.head.versions
        assert plan.head.worth.spend_low <= plan.head.worth.spend_high


@pytest.mark.slow
def test_the_same_wish_makes_the_same_plans(shop: Workspace, done: Result, tmp_path: Path) -> None:
    """Byte for byte: folders are named by their content's hash, and no new ones appear. JSON names them."""
    before = sorted(path.name for path in (shop.path / "plans").iterdir())
    page = tmp_path / "a" / "p.html"
    found = json.loads(run("plan", shop.path, "--budget", "500.00", "--days", "7", "--json", "--report", page).stdout)
    assert sorted(path.name for path in (shop.path / "plans").iterdir()) == before
    assert found["form"] == "netlift.plans/1"
    assert page.is_file()
    for one in found["plans"]:
        assert Path(found["folders"][one["head"]["code"]]).name.endswith(one["plan_id"][:8])


@pytest.mark.slow
@pytest.mark.spark
def test_spark_makes_the_same_plans(shop: Workspace, done: Result) -> None:
    """Profiles from Spark are those of DuckDB, and so are the plans' hashes.

    In a process of its own, as Spark has one session for each.
    """
    if lack := missing():
        pytest.skip(f"Spark cannot run here: {lack}")
    before = sorted(path.name for path in (shop.path / "plans").iterdir())
    asked = ["plan", str(shop.path), "--budget", "500", "--days", "7", "--engine", "spark"]
    subprocess.run([sys.executable, "-m", "netlift", *asked], check=True, capture_output=True)
    assert sorted(path.name for path in (shop.path / "plans").iterdir()) == before


@pytest.mark.slow
def test_logs_of_the_past_answer_for_offers_like_them(tmp_path: Path) -> None:
    """With an experiment in the data, Chinese words, and limits in a file."""
    workspace = made(tmp_path / "shop")
    limits = tmp_path / "limits.toml"
    limits.write_text("contacts = 1\nexplore = 0.0\n[channels]\nemail = 60\n", "utf-8")
    done = run("plan", workspace.path, "--budget", "900", "--lang", "zh", "--constraints", limits)
    assert "什么都不做" in done.stdout
    plans = [artefact.read(folder) for folder in (workspace.path / "plans").iterdir() if folder.is_dir()]
    grades = {part.grade.value for plan in plans for part in plan.head.parts}
    assert "randomized" in grades
    assert all(plan.head.limits.get("contacts") == 1 for plan in plans)


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        (Wish("five"), "five"),
        (Wish("-1"), "must not be negative, got -1"),
        (Wish("5", ("win_bak",)), "unknown goal 'win_bak'; did you mean win_back"),
        (Wish("5", ("moon",)), "unknown goal 'moon'; known: profit, revenue"),
    ],
)
def test_a_wish_that_cannot_be_says_why(tmp_path: Path, wish: Wish, message: str) -> None:
    workspace = Workspace.create(tmp_path, Settings(currency="EUR", margin=0.4))
    with pytest.raises(ConfigError, match=message):
        _wanted(workspace, wish)


def test_a_budget_is_in_whole_coins(tmp_path: Path) -> None:
    """Yen have no cents; a goal that was typed comes before those of a file."""
    limits = tmp_path / "limits.toml"
    limits.write_text('budget_minor = 7\ngoals = ["revenue"]\n', "utf-8")
    yen = Workspace.create(tmp_path / "yen", Settings(currency="JPY", margin=0.4))
    wanted = _wanted(yen, Wish("5000", ("win-back",), limits))
    assert wanted.limits.budget_minor == 5000
    assert wanted.limits.goals == ("win_back",)
    assert [str(goal) for goal in _wanted(yen, Wish("5", (), limits)).asked.goals] == ["revenue"]


def test_a_shop_without_a_currency_is_asked_for_orders(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path, Settings(margin=0.4))
    with pytest.raises(ConfigError, match="no currency yet"):
        _wanted(workspace, Wish("5"))


def test_a_shop_without_orders_is_told_what_is_missing(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path, Settings(currency="EUR", margin=0.4))
    with pytest.raises(DataError, match="no order lines"):
        run("plan", workspace.path, "--budget", "5")


def test_without_a_budget_nothing_is_planned(tmp_path: Path) -> None:
    assert run("plan", tmp_path).exit_code == 2
