"""The log of exposures: page by page, as the library's table, and as far as a person wants."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from netlift.data.ingest import ingest
from netlift.data.workspace import Workspace
from netlift.plan.exposures import exposures as plan_exposures
from netlift.schema import EXPOSURES, check
from netlift.service.catalog.live import read_plan
from netlift.service.decisions import exposures
from netlift.service.decisions.hand_over import hand_over
from netlift.service.decisions.models import Answer, Exposure, ExposureFile
from netlift.service.decisions.people import clear_answers, forget, held, old_answers
from netlift.service.privacy.pseudonyms import pseudonym
from tests.service.decisions.shop import CART, THRESHOLD, Till, consents, publish_plan

NONE = timedelta(0)


@pytest.fixture
def till(client: Client) -> Till:
    return Till(client)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A service's folder of its own."""
    monkeypatch.setattr(settings, "FOLDER", replace(settings.FOLDER, root=tmp_path))
    return tmp_path


@pytest.fixture
def shown(till: Till) -> str:
    """Three customers were shown something, one of them twice; the plan's id."""
    plan_id = publish_plan()
    for name in ("c1", "c3", "c6"):
        consents(name, "personalisation", "measurement")
    for name in ("c1", "c3", "c6", "c1"):
        till.post("/decide", {"customer_id": name})
    return plan_id


def table(folder: Path) -> list[dict[str, object]]:
    files = sorted((folder / "workspace" / "tables" / "exposures").glob("*.parquet"))
    if not files:
        return []
    return (
        duckdb.sql(f"SELECT * FROM read_parquet({[str(one) for one in files]}) ORDER BY ALL")
        .to_arrow_table()
        .to_pylist()
    )


def test_the_log_is_read_page_by_page_once_it_has_settled(
    till: Till, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert till.get("/exposures")["items"] == []
    monkeypatch.setattr(exposures, "SETTLED", -timedelta(seconds=1))
    first = till.get("/exposures?limit=2")
    rest = till.get(f"/exposures?limit=2&cursor={first['next']}")
    assert rest["next"] is None
    rows = [*first["items"], *rest["items"]]
    assert [(one["customer_id"], one["arm"]) for one in rows] == [
        (pseudonym("c1"), "treatment"), (pseudonym("c3"), "control"), (pseudonym("c6"), "explore"),
    ]  # fmt: skip
    assert {one["promotion_id"] for one in rows} == {f"{THRESHOLD}@{shown[:8]}", f"{THRESHOLD}@{shown[:8]}+explore"}
    assert len(till.get("/exposures?first=false")["items"]) == 4


def test_a_page_is_a_file_that_the_library_takes_in(
    till: Till, shown: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exposures, "SETTLED", -timedelta(seconds=1))
    file = folder / "exposures.ndjson"
    file.write_text("\n".join(json.dumps(one) for one in till.get("/exposures")["items"]))
    (receipt,) = ingest([file], Workspace.create(folder / "own"), now=timezone.now() + timedelta(seconds=1))
    assert dict(receipt.tables) == {"exposures": 3}


def test_exposures_reach_the_workspace_as_experiments(till: Till, shown: str, folder: Path) -> None:
    later = timezone.now() + timedelta(seconds=6)
    assert hand_over(now=later) == 1
    assert hand_over(now=later) == 0
    rows = table(folder)
    check(pa.Table.from_pylist(rows), EXPOSURES)
    exported = {
        (one["promotion_id"], one["customer_id"], one["arm"], one["propensity"], one["channel"])
        for one in plan_exposures(read_plan(shown)).to_pylist()
    }
    told = {
        tuple(one[name] for name in ("promotion_id", "customer_id", "arm", "propensity", "channel")) for one in rows
    }
    assert told < exported  # what `netlift export --format exposures` would have said of these customers
    assert sorted(str(one["arm"]) for one in rows) == ["control", "explore", "treatment"]
    names = Workspace.open(folder / "workspace").table("promotions")["promotion_id"].to_pylist()
    assert {str(one["promotion_id"]) for one in rows} < set(names)


def test_a_file_is_written_again_when_it_has_more_rows(till: Till, shown: str, folder: Path) -> None:
    hand_over(now=timezone.now() + timedelta(seconds=6))
    consents("c2", "personalisation", "measurement")
    till.post("/decide", {"customer_id": "c2"})
    assert hand_over(now=timezone.now() + timedelta(seconds=7)) == 0  # within the hour
    assert hand_over(every=NONE, now=timezone.now() + timedelta(seconds=7)) == 1
    assert len(table(folder)) == 4
    assert ExposureFile.objects.get().rows == 5


def test_nothing_is_written_where_nothing_was_shown(till: Till, folder: Path) -> None:
    assert hand_over(every=NONE) == 0
    assert table(folder) == []


def test_an_erased_person_leaves_log_workspace_and_redemptions(till: Till, shown: str, folder: Path) -> None:
    hand_over(now=timezone.now() + timedelta(seconds=6))
    till.post("/redemptions", {"request_id": "o", "customer_id": "c1", "cart": CART}, status=201)
    who = pseudonym("c1")
    found = held(who)
    assert (len(found["exposures"]), len(found["redemptions"])) == (2, 1)
    assert forget(who) == 2 + 2 + 1  # answers, exposures, the redemption
    assert held(who) == {"exposures": [], "redemptions": []}
    assert forget(who) == forget("") == 0
    assert hand_over(now=timezone.now() + timedelta(seconds=6)) == 1
    assert len(table(folder)) == 2
    assert not Exposure.objects.filter(customer=who).exists()


def test_old_answers_are_cleared(till: Till, shown: str) -> None:
    later = timezone.now() + timedelta(days=2)
    assert (old_answers(later), clear_answers(later, 3), clear_answers(later, 3)) == (4, 3, 1)
    assert not Answer.objects.exists()
