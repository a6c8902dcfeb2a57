"""`netlift decide` as somebody at a terminal meets it."""

import json
from pathlib import Path

import pytest
from tests.plan import examples
from typer.testing import CliRunner, Result

from netlift.cli import app
from netlift.cli._deciding import SAID, find_plan, moment
from netlift.data.privacy import pseudonym
from netlift.data.workspace import Settings, Workspace
from netlift.decision.decider import Decider
from netlift.decision.decision import Status
from netlift.errors import CartError, ConfigError, DataError
from netlift.plan import artefact

THRESHOLD = "spend_threshold-3f9a1c"
BASKET = {"cart": {"currency": "EUR", "lines": [{"id": "a", "unit_price": 1500, "quantity": 2, "category": ["tea"]}]}}


def run(*arguments: str | Path, typed: str | None = None) -> Result:
    return CliRunner(env={"COLUMNS": "160"}).invoke(
        app, ["decide", *map(str, arguments)], input=typed, catch_exceptions=False
    )


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A shop in Berlin with two plans."""
    made = Workspace.create(tmp_path / "shop", Settings(currency="EUR", timezone="Europe/Berlin"))
    for code in ("most_profit", "safest"):
        artefact.keep(examples.plan(code), made.path / "plans")
    return made.path


@pytest.fixture
def folder(workspace: Path) -> Path:
    (found,) = (workspace / "plans").glob("most_profit-*")
    return found


@pytest.fixture
def basket(tmp_path: Path) -> Path:
    path = tmp_path / "basket.json"
    path.write_text(json.dumps(BASKET), "utf-8")
    return path


def test_offers_and_basket_are_shown(folder: Path, basket: Path) -> None:
    """30.00 of tea at 15 % off; 10.00 short of the threshold of 40.00."""
    printed = run(folder, "--customer", "c1", "--basket", basket, "--now", "2026-03-05").stdout
    rows = {line.split()[0]: line for line in reversed(printed.splitlines()) if line.strip()}
    assert (
        rows[THRESHOLD].split()[1:] == "given measured by experiment and average for all 0.9 1.20 ± 0.49 0.80".split()
    )
    assert "not offered" in rows["percent_off-a1b2c3"]
    assert "everybody" in rows["percent_off-shelf1"]
    assert rows["Total"].split()[-1] == "25.50"
    assert "10.00 short of 40.00" in printed
    assert "Customer c1 · plan most_profit · 2026-03-05 00:00+01:00" in printed


def test_the_hold_out_is_named(folder: Path) -> None:
    printed = run(folder, "--customer", "c3", "--now", "2026-03-05").stdout
    assert "withheld" in printed
    assert "in the hold-out" in printed
    assert "Goods" not in printed


def test_it_speaks_chinese(folder: Path, basket: Path) -> None:
    printed = run(folder, "--customer", "c3", "--now", "2026-03-05", "--lang", "zh", "--basket", basket).stdout
    assert "保留不发" in printed
    assert "应付" in printed


def test_both_languages_have_the_same_words_and_a_word_for_every_status() -> None:
    assert SAID["en"].keys() == SAID["zh-CN"].keys()
    assert set(Status) <= SAID["en"].keys()


def test_json_is_the_decision(folder: Path, basket: Path) -> None:
    found = json.loads(
        run(folder, "--customer", "c1", "--basket", basket, "--now", "2026-03-05T00:00+01:00", "--json").stdout
    )
    plan = artefact.read(folder)
    now = moment("2026-03-05", Workspace.open(folder.parent.parent))
    asked = Decider(plan).decide("c1", now=now)
    assert found["plan_id"] == artefact.plan_id(plan)
    assert found["payable"] == 2550
    assert found["offers"] == asked.to_json()["offers"]
    assert found["now"] == "2026-03-05T00:00:00+01:00"


def test_a_basket_may_come_with_facts_and_from_standard_input(folder: Path) -> None:
    used = {**BASKET, "facts": {"customer_uses": {THRESHOLD: 1}}}
    printed = run(folder, "--customer", "c1", "--basket", "-", "--now", "2026-03-05", typed=json.dumps(used)).stdout
    assert "was used as often as it may be" in printed


def test_what_to_log(folder: Path) -> None:
    found = json.loads(run(folder, "--customer", "c3", "--now", "2026-03-05", "--exposures").stdout)
    assert [(row["customer_id"], row["arm"], row["propensity"]) for row in found] == [("c3", "control", 0.1)]
    assert json.loads(run(folder, "--customer", "nobody", "--now", "2026-03-05", "--exposures").stdout) == []


def test_an_expired_plan_says_so(folder: Path) -> None:
    printed = run(folder, "--customer", "c1", "--now", "2027-01-01").stdout
    assert printed.count("has ended") == 2
    assert run(folder, "--customer", "c1").exit_code == 0  # the present is as good a moment as any


def test_an_unknown_customer_is_told_apart(folder: Path) -> None:
    printed = run(folder, "--customer", "nobody", "--now", "2026-03-05").stdout
    assert printed.count("the plan does not know this customer") == 2


@pytest.mark.parametrize("code", ["safest", "safe", None])
def test_a_plan_of_a_workspace_is_found_by_code_folder_or_id(workspace: Path, code: str | None) -> None:
    (there,) = (workspace / "plans").glob("safest-*")
    name = {"safest": "safest", "safe": there.name, None: there.name.rpartition("-")[2][:6]}[code]
    plan, holder = find_plan(workspace, name)
    assert plan.head.code == "safest"
    assert holder is not None
    assert holder.path == workspace


def test_a_plan_alone_needs_no_code(folder: Path, workspace: Path) -> None:
    for other in (workspace / "plans").glob("safest-*"):
        for file in other.iterdir():
            file.unlink()
        other.rmdir()
    assert find_plan(workspace, None)[0].head.code == "most_profit"


def test_a_plan_outside_a_workspace_has_none(tmp_path: Path) -> None:
    assert find_plan(artefact.keep(examples.plan(), tmp_path / "apart"), None)[1] is None


def test_a_person_is_found_by_what_the_exports_call_them(tmp_path: Path) -> None:
    made = Workspace.create(tmp_path / "shop")
    name = pseudonym("ann@example.com", made.key)
    head = examples.plan().head
    rows = examples.rows([(name, THRESHOLD, "treatment", 0.9), ("other", THRESHOLD, "control", 0.1)])
    there = artefact.keep(artefact.Plan(head, rows), made.path / "plans")
    printed = run(there, "--person", " Ann@Example.com", "--now", "2026-03-05", "--json").stdout
    assert json.loads(printed)["customer_id"] == name
    assert json.loads(printed)["in_plan"]
    assert "example.com" not in printed


# what is refused


def test_exactly_one_customer_is_asked_for(folder: Path, tmp_path: Path) -> None:
    for arguments in ([], ["--customer", "c1", "--person", "ann"]):
        with pytest.raises(ConfigError, match="give either --customer"):
            run(folder, *arguments)
    with pytest.raises(ConfigError, match="--person needs the key"):
        run(artefact.keep(examples.plan(), tmp_path / "apart"), "--person", "ann")


def test_a_workspace_with_several_plans_asks_which(workspace: Path) -> None:
    with pytest.raises(ConfigError, match=r"name one with --plan: most_profit-\w{8}, safest-\w{8}"):
        find_plan(workspace, None)
    with pytest.raises(ConfigError, match="has no plan 'clearance'; it has: most_profit"):
        find_plan(workspace, "clearance")


def test_a_workspace_without_plans_says_how_to_make_them(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="netlift plan"):
        find_plan(Workspace.create(tmp_path / "shop").path, None)


def test_no_plan_at_all(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(ConfigError, match="is not there"):
        find_plan(tmp_path / "none", None)
    with pytest.raises(DataError, match="is not a plan"):
        find_plan(tmp_path, None)
    with pytest.raises(ConfigError, match="leave --plan out"):
        find_plan(folder, "safest")


def test_an_altered_plan_is_refused(folder: Path) -> None:
    head = folder / "plan.json"
    head.write_text(head.read_text("utf-8").replace('"budget_minor": 100000', '"budget_minor": 900000'), "utf-8")
    with pytest.raises(DataError, match="was altered"):
        run(folder, "--customer", "c1")


def test_a_basket_in_another_currency_is_refused(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "usd.json"
    other.write_text(json.dumps({"cart": {**BASKET["cart"], "currency": "USD"}}), "utf-8")
    with pytest.raises(CartError, match=r"usd\.json: cart\.currency: 'USD', but the plan is in EUR"):
        run(folder, "--customer", "c1", "--basket", other, "--now", "2026-03-05")


def test_a_wrong_moment_and_a_wrong_language_are_refused(folder: Path) -> None:
    with pytest.raises(ConfigError, match="is no moment"):
        run(folder, "--customer", "c1", "--now", "tomorrow")
    with pytest.raises(ConfigError, match="tlh"):
        run(folder, "--customer", "c1", "--lang", "tlh")


def test_a_plan_that_was_never_finished_is_none(workspace: Path) -> None:
    """What a crash in the middle of writing leaves behind is not taken for a plan."""
    (there,) = (workspace / "plans").glob("safest-*")
    left = workspace / "plans" / f".{there.name}.1-2.part"
    left.mkdir()
    (left / artefact.HEAD).write_bytes((there / artefact.HEAD).read_bytes())
    assert find_plan(workspace, "safest")[0].head.code == "safest"
    with pytest.raises(ConfigError) as error:
        find_plan(workspace, None)
    assert ".part" not in str(error.value)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_a_moment_beyond_the_calendar_is_refused(text: str) -> None:
    """In UTC it would be in no year at all."""
    with pytest.raises(ConfigError, match="outside the years"):
        moment(text, None)
