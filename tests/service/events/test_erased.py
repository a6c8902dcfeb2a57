"""Erased people leave the workspace's files: sales become a guest's, the rest goes, and others stay as they were."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.conf import settings
from django.utils import timezone

from netlift.data.workspace import Workspace
from netlift.errors import DataError
from netlift.schema import DERIVED, TABLES
from netlift.service.events import erased
from netlift.service.events.hand_over import hand_over
from netlift.service.events.intake import Happened, take
from netlift.service.privacy.consent import set_consent
from netlift.service.privacy.people import erase
from netlift.service.privacy.people import erased as everybody
from netlift.service.privacy.pseudonyms import pseudonym, served

ANN, BEN = pseudonym("ann"), pseudonym("ben")
pytestmark = pytest.mark.usefixtures("store")


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    erased._looked.clear()
    yield served(settings.FOLDER.workspace)
    shutil.rmtree(settings.FOLDER.workspace)


def table(name: str, *customers: str | None) -> pa.Table:
    """Rows of a schema with these customers, and something in every other column."""
    schema = {**TABLES, **DERIVED}[name]
    made = {
        str(pa.string()): "x", str(pa.int64()): 1, str(pa.int32()): 1, str(pa.float64()): 1.5, str(pa.bool_()): True,
        str(pa.list_(pa.string())): ["x"], str(pa.list_(pa.float64())): [1.5],
    }  # fmt: skip
    rows = [
        {f.name: who if f.name == "customer_id" else made.get(str(f.type), timezone.now()) for f in schema}
        for who in customers
    ]
    return pa.Table.from_pylist(rows, schema)


def named(path: Path) -> list[str | None]:
    found: list[str | None] = pq.read_table(path)["customer_id"].to_pylist()
    return found


@pytest.mark.parametrize("name", [name for name, schema in TABLES.items() if "customer_id" in schema.names])
def test_they_leave_each_table_and_nobody_else_does(name: str, workspace: Workspace) -> None:
    before = table(name, ANN, BEN, ANN) if name not in erased.SALES else table(name, ANN, BEN, None)
    workspace.write(name, before, "one")
    erase("ann", "test")
    assert erased.forget() == 1
    left = pq.read_table(workspace.batch_file(name, "one"))
    assert left.schema.equals(before.schema)
    if name in erased.SALES:
        assert left["customer_id"].to_pylist() == [None, BEN, None]
        assert left.drop_columns("customer_id").equals(before.drop_columns("customer_id"))
    else:
        assert left.equals(before.slice(1, 1))
    assert erased.forget() == 0


@pytest.mark.parametrize("name", [name for name, schema in DERIVED.items() if "customer_id" in schema.names])
def test_they_leave_what_was_made_from_the_tables(name: str, workspace: Workspace) -> None:
    workspace.keep(name, table(name, ANN, BEN))
    erase("ann", "test")
    assert erased.forget() == 1
    assert workspace.kept(name)["customer_id"].to_pylist() == [BEN]


def test_a_file_of_nobody_else_goes_and_one_without_them_is_not_touched(workspace: Workspace) -> None:
    workspace.write("exposures", table("exposures", ANN), "hers")
    workspace.write("exposures", table("exposures", BEN), "his")
    before = workspace.batch_file("exposures", "his").stat().st_mtime_ns
    assert erased.forget() == 0
    erase("ann", "test")
    assert erased.forget() == 1
    assert [path.stem for path in workspace.files("exposures")] == ["his"]
    assert workspace.batch_file("exposures", "his").stat().st_mtime_ns == before


def test_only_what_has_changed_is_read_again(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace.write("exposures", table("exposures", BEN), "his")
    erase("ann", "test")
    read: list[Path] = []
    whole = erased._without

    def counted(*told: object, **more: object) -> bool:
        read.append(told[1])  # type: ignore[arg-type]
        return whole(*told, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(erased, "_without", counted)
    assert [erased.forget() for _ in range(3)] == [0, 0, 0]
    assert len(read) == 1
    workspace.write("exposures", table("exposures", BEN, ANN), "his")
    assert erased.forget() == 1
    erase("carl", "test")
    erased.forget()
    assert len(read) == 3


def test_what_a_job_writes_meanwhile_stays_the_jobs(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace.write("exposures", table("exposures", ANN, BEN), "one")
    path, whole = workspace.batch_file("exposures", "one"), erased._write
    newer = table("exposures", BEN, BEN, ANN)

    def slow(*told: object, **more: object) -> int:
        rows = whole(*told, **more)  # type: ignore[arg-type]
        other = path.with_name("other")
        pq.write_table(newer, other)
        other.replace(path)
        return rows

    erase("ann", "test")
    monkeypatch.setattr(erased, "_write", slow)
    assert erased.forget() == 0
    assert named(path) == [BEN, BEN, ANN]
    monkeypatch.setattr(erased, "_write", whole)
    assert erased.forget() == 1
    assert named(path) == [BEN, BEN]
    assert list(path.parent.iterdir()) == [path]


def test_the_worker_looks_once_a_minute(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erased, "_last", None)
    now = timezone.now()
    erase("ann", "test")
    for minutes, written in ((0, 1), (0.5, 0), (1.5, 1), (-60, 1)):  # a clock that was set back stops nothing
        workspace.write("exposures", table("exposures", BEN, ANN), "one")
        hand_over(now=now + timedelta(minutes=minutes))
        assert named(workspace.batch_file("exposures", "one")) == [BEN, ANN][: 2 - written]


def test_a_batch_that_is_refused_keeps_nobody_in_the_files(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> int:
        raise DataError("not these rows")

    monkeypatch.setattr(erased, "_last", None)
    monkeypatch.setattr("netlift.service.events.workspace.put", refused)
    workspace.write("exposures", table("exposures", BEN, ANN), "one")
    erase("ann", "test")
    now = timezone.now()
    take([Happened("till", "1", "view", now, "ben", told={"product_id": "tea"})])
    with pytest.raises(DataError, match="not these rows"):
        hand_over(wait=timedelta(0), now=now + timedelta(minutes=1))
    assert named(workspace.batch_file("exposures", "one")) == [BEN]


def test_a_damaged_file_stops_nothing(workspace: Workspace) -> None:
    for name in ("customers", "exposures"):
        workspace.write(name, table(name, ANN, BEN), "one")
    workspace.batch_file("customers", "one").write_bytes(b"torn")
    erase("ann", "test")
    assert erased.forget() == 1
    assert named(workspace.batch_file("exposures", "one")) == [BEN]


def test_what_a_killed_process_left_goes_with_time(workspace: Workspace) -> None:
    workspace.write("exposures", table("exposures", ANN, BEN), "one")
    beside, folder = workspace.batch_file("exposures", "one").with_name(".one.parquet.7.part"), workspace.path
    for path in (beside, folder / ".hand-over-x" / "two.parquet"):
        path.parent.mkdir(exist_ok=True)
        shutil.copy(workspace.batch_file("exposures", "one"), path)
    now = timezone.now()
    erased.forget(now + 2 * erased.LEFT)
    assert beside.exists()  # of nobody who was erased
    erase("ann", "test")
    assert erased.forget(now) == 1
    assert beside.exists()  # somebody may be writing it
    erased.forget(now + 2 * erased.LEFT)
    assert not beside.exists()
    assert not (folder / ".hand-over-x").exists()
    assert named(workspace.batch_file("exposures", "one")) == [BEN]


def test_who_allows_something_anew_is_not_erased_any_more(workspace: Workspace) -> None:
    erase("ann", "test")
    assert everybody() == {ANN}
    set_consent("ann", "personalisation", granted=True)
    assert everybody() == set()
    workspace.write("exposures", table("exposures", ANN), "hers")
    assert erased.forget() == 0


def test_without_a_workspace_there_is_nothing_to_do() -> None:
    erase("ann", "test")
    assert not settings.FOLDER.workspace.exists()
    assert erased.forget() == 0
