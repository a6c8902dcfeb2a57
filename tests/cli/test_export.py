"""`netlift export` as somebody at a terminal meets it."""

import json
from pathlib import Path

import pytest
from tests.plan import examples
from typer.testing import CliRunner, Result

from netlift.cli import app
from netlift.data.workspace import Workspace
from netlift.errors import ConfigError, DataError
from netlift.plan import artefact


def run(*arguments: str | Path) -> Result:
    return CliRunner(env={"COLUMNS": "160"}).invoke(app, ["export", *map(str, arguments)], catch_exceptions=False)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = Workspace.create(tmp_path / "shop")
    artefact.keep(examples.plan(), made.path / "plans")
    return made


@pytest.fixture
def alone(tmp_path: Path) -> Path:
    """A plan in no workspace."""
    return artefact.keep(examples.plan(), tmp_path / "apart")


def test_files_are_listed(workspace: Workspace, tmp_path: Path) -> None:
    done = run(workspace.path, "--plan", "most_profit", "--format", "codes", "--out", tmp_path / "out")
    assert done.exit_code == 0
    assert done.stdout == f"{tmp_path / 'out' / 'codes.csv'}\n"
    assert len((tmp_path / "out" / "codes.csv").read_text("utf-8").splitlines()) == 6


def test_what_cannot_be_said_is_told_and_the_status_is_1(workspace: Workspace, tmp_path: Path) -> None:
    done = run(workspace.path, "--format", "shopify", "--out", tmp_path / "out")
    assert done.exit_code == 1
    assert "left out: percent_off-shelf1 is for category:tea" in done.stderr
    ids = tmp_path / "ids.csv"
    ids.write_text("name,id\ncategory:tea,gid://shopify/Collection/1\n")
    assert run(workspace.path, "--format", "shopify", "--out", tmp_path / "all", "--ids", ids).exit_code == 0


def test_json_lists_files_and_what_was_left_out(workspace: Workspace, tmp_path: Path) -> None:
    done = run(workspace.path, "--format", "shopify", "--out", tmp_path / "out", "--json")
    said = json.loads(done.stdout)
    assert [one["offer_id"] for one in said["refused"]] == ["percent_off-shelf1"]
    assert "discounts.csv" in {one["name"] for one in said["files"]}


def test_codes_come_from_the_key_of_the_workspace(workspace: Workspace, alone: Path, tmp_path: Path) -> None:
    run(workspace.path, "--format", "codes", "--out", tmp_path / "a")
    with pytest.raises(ConfigError, match="--workspace"):
        run(alone, "--format", "codes", "--out", tmp_path / "b")
    run(alone, "--format", "codes", "--out", tmp_path / "c", "--workspace", workspace.path)
    assert (tmp_path / "a" / "codes.csv").read_bytes() == (tmp_path / "c" / "codes.csv").read_bytes()
    run(alone, "--format", "codes", "--out", tmp_path / "d", "--workspace", workspace.path, "--one-code")
    assert len((tmp_path / "d" / "codes.csv").read_text("utf-8").splitlines()) == 3


def test_the_moment_of_exposure_can_be_told(alone: Path, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    run(alone, "--format", "exposures", "--out", tmp_path / "out", "--at", "2026-03-04T09:00+01:00")
    found = pq.read_table(tmp_path / "out" / "exposures.parquet")
    assert {str(at) for at in found["exposed_at"].to_pylist()} == {"2026-03-04 08:00:00+00:00"}


def test_a_folder_with_files_is_refused_unless_forced(alone: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").write_text("mine")
    with pytest.raises(ConfigError, match="--force"):
        run(alone, "--format", "json", "--out", tmp_path / "out")
    assert run(alone, "--format", "json", "--out", tmp_path / "out", "--force").exit_code == 0
    assert (tmp_path / "out" / "notes.txt").read_text() == "mine"


def test_an_unknown_format_and_an_altered_plan_are_refused(alone: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="unknown Format 'pdf'; known: audiences"):
        run(alone, "--format", "pdf", "--out", tmp_path / "out")
    (alone / "rows.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataError, match=r"rows\.parquet cannot be read"):
        run(alone, "--format", "json", "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_every_format_is_in_the_help() -> None:
    from netlift.export.format import FORMATS

    printed = run("--help").stdout
    assert all(kind in printed for kind in FORMATS)
