"""A plan's way: files first, then the pointer; one is live; the one before comes back."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from threading import Barrier, Thread

import pyarrow as pa
import pytest
from django.conf import settings
from django.db import DatabaseError, IntegrityError, connections, transaction
from django.utils import timezone

from netlift.data.workspace import Workspace
from netlift.errors import DataError
from netlift.plan.artefact import HEAD, ROWS, keep, plan_id
from netlift.plan.diff import GIVEN
from netlift.service.access.caller import Caller
from netlift.service.catalog import artefacts, plans
from netlift.service.catalog.live import live_plan, plan_folder, read_plan
from netlift.service.catalog.models import PlanVersion
from netlift.service.core.refusals import Conflict, Forbidden, NotFound, Unavailable
from netlift.service.shop.models import Customer
from tests.plan.examples import plan as example
from tests.service.catalog.people import ANN, BEN, CAS, EVE, Log, caller


@pytest.fixture(autouse=True)
def folder() -> Iterator[Path]:
    shutil.rmtree(settings.FOLDER.plans, ignore_errors=True)
    yield settings.FOLDER.plans
    shutil.rmtree(settings.FOLDER.plans, ignore_errors=True)


@pytest.fixture
def log(request: pytest.FixtureRequest) -> Log:
    request.getfixturevalue("store_address")
    return Log()


@pytest.fixture
def made(store: str, tmp_path: Path) -> dict[str, Path]:
    return {code: keep(example(code), tmp_path) for code in ("most_profit", "safest", "win_back")}


def there() -> list[str]:
    return sorted(path.name for path in settings.FOLDER.plans.iterdir())


def approved(source: Path) -> str:
    found = plans.take(source, ANN).plan_id
    plans.submit(found, ANN)
    plans.approve(found, BEN)
    return found


def test_a_plan_is_taken_in_whole_and_called_by_its_hash(made: dict[str, Path]) -> None:
    taken = plans.take(made["safest"], ANN, "spring")
    assert taken.plan_id == plan_id(example("safest"))
    assert (taken.state, taken.code, taken.name, taken.author) == ("draft", "safest", "spring", "user:ann")
    assert (taken.currency, taken.customers, taken.offers) == (example().head.currency, 5, 3)
    assert plan_id(read_plan(taken.plan_id)) == taken.plan_id
    assert there() == [taken.plan_id]
    assert plans.take(made["safest"], CAS).pk == taken.pk


def test_what_was_altered_is_not_taken_in(made: dict[str, Path]) -> None:
    head = made["safest"] / HEAD
    head.write_text(head.read_text("utf-8").replace('"seed": ', '"seed": 1'), "utf-8")
    with pytest.raises(DataError, match="altered"):
        plans.take(made["safest"], ANN)
    assert not PlanVersion.objects.exists()


def test_publishing_flips_one_pointer_and_a_rollback_flips_it_back(made: dict[str, Path], log: Log) -> None:
    assert live_plan() is None
    a, b, c = (approved(source) for source in made.values())
    plans.publish(a, BEN, expected=3)
    assert live_plan() == a
    plans.publish(b, BEN)
    plans.publish(c, BEN)
    states = dict(PlanVersion.objects.values_list("plan_id", "state"))
    assert states == {a: "paused", b: "paused", c: "live"}
    assert plans.rollback(BEN).plan_id == b == live_plan()
    assert plans.rollback(BEN).plan_id == a == live_plan()
    with pytest.raises(Conflict, match="replaced none"):
        plans.rollback(BEN)
    assert live_plan() == a
    assert log(action="plan.rolled_back").count() == 2


def test_no_rollback_to_nothing_or_to_what_was_ended(made: dict[str, Path]) -> None:
    with pytest.raises(Conflict, match="no plan is live"):
        plans.rollback(BEN)
    a, b = (approved(made[code]) for code in ("most_profit", "safest"))
    plans.publish(a, BEN)
    plans.publish(b, BEN)
    plans.end(a, ANN)
    with pytest.raises(Conflict, match="is ended"):
        plans.rollback(BEN)
    assert live_plan() == b
    plans.pause(b, ANN)
    assert live_plan() is None


def test_damaged_files_are_never_published(made: dict[str, Path]) -> None:
    a, b = (approved(made[code]) for code in ("most_profit", "safest"))
    plans.publish(a, BEN)
    shutil.copy(plan_folder(a) / ROWS, plan_folder(b) / ROWS)
    (plan_folder(b) / HEAD).write_bytes((plan_folder(a) / HEAD).read_bytes())  # whole, but another plan
    with pytest.raises(Unavailable, match="another plan"):
        plans.publish(b, BEN)
    (plan_folder(b) / ROWS).write_bytes(b"torn")
    with pytest.raises(Unavailable, match="not whole"):
        plans.publish(b, BEN)
    assert live_plan() == a
    plans.take(made["safest"], ANN)  # taking it in again mends it
    plans.publish(b, BEN)
    assert live_plan() == b


def test_a_plan_needs_a_second_person_and_the_store_says_so_too(made: dict[str, Path]) -> None:
    found = plans.take(made["safest"], ANN).plan_id
    plans.submit(found, ANN)
    with pytest.raises(Forbidden):
        plans.approve(found, ANN)
    with pytest.raises(Conflict, match="is submitted"):
        plans.publish(found, BEN)
    row = PlanVersion.objects.filter(plan_id=found)
    for wrong in ({"state": "live"}, {"approved_by": "user:ann"}, {"plan_id": "0" * 64}):
        with pytest.raises(DatabaseError), transaction.atomic():
            row.update(**wrong)
    back = plans.reject(found, BEN, "too little hold-out")
    assert (back.state, back.reason) == ("draft", "too little hold-out")
    with pytest.raises(NotFound):
        plans.submit("f" * 64, ANN)
    with pytest.raises(Forbidden):
        plans.take(made["safest"], EVE)


def test_the_store_holds_one_live_plan(made: dict[str, Path]) -> None:
    a, b = (approved(made[code]) for code in ("most_profit", "safest"))
    plans.publish(a, BEN)
    with pytest.raises(IntegrityError), transaction.atomic():
        PlanVersion.objects.filter(plan_id=b).update(state="live")


def test_a_killed_copy_leaves_nothing_under_a_plans_name(
    made: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def torn(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(artefacts.shutil, "copyfileobj", torn)
    with pytest.raises(KeyboardInterrupt):
        plans.take(made["safest"], ANN)
    assert there() == []
    for name in (f".{'a' * 64}.1-1.part", ".upload-x", "b" * 64):
        (settings.FOLDER.plans / name).mkdir()
    assert artefacts.tidy() == 0
    assert artefacts.tidy(timezone.now() + artefacts.LEFT) == 2
    assert there() == ["b" * 64]


@pytest.mark.usefixtures("committed")
def test_of_many_who_publish_at_once_one_plan_is_live_in_the_end(tmp_path: Path, log: Log) -> None:
    found = [approved(keep(example(f"plan_{number}"), tmp_path)) for number in range(4)]
    plans.publish(found[0], BEN)
    ready, answers = Barrier(3), list[str]()

    def publisher(plan: str) -> None:
        ready.wait()
        try:
            plans.publish(plan, BEN)
            answers.append("done")
        except Conflict as error:
            answers.append(error.code)
        finally:
            connections.close_all()

    threads = [Thread(target=publisher, args=(plan,)) for plan in found[1:]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 3
    assert "done" in answers
    assert set(answers) <= {"done", "changed_meanwhile"}
    assert PlanVersion.objects.filter(state="live").count() == 1
    assert log(action="plan.published").count() == 1 + answers.count("done")


@pytest.mark.usefixtures("committed")
def test_of_many_who_approve_at_once_one_does(tmp_path: Path, log: Log) -> None:
    found = plans.take(keep(example("plan"), tmp_path), ANN).plan_id
    plans.submit(found, ANN)
    people = [caller(f"approver-{number}", "approver") for number in range(4)]
    ready, answers = Barrier(4), list[str]()

    def approver(by: Caller) -> None:
        ready.wait()
        try:
            answers.append(plans.approve(found, by).approved_by)
        except Conflict as error:
            answers.append(error.code)
        finally:
            connections.close_all()

    threads = [Thread(target=approver, args=(one,)) for one in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (entry,) = log(action="plan.approved")
    assert PlanVersion.objects.get().approved_by == entry.by
    assert sorted(answers) == sorted([entry.by, *["wrong_state"] * 3])


def test_whoever_takes_a_plan_in_is_told_of_customers_that_nobody_knows(store: str, tmp_path: Path) -> None:
    """A plan made elsewhere may name the same customers otherwise: then decisions would be silent about them."""
    plan = example("safest")
    rows = plan.rows.to_pylist()
    given = sorted({row["customer_id"] for row in rows if row["arm"] in GIVEN})
    source = keep(plan, tmp_path / "plans")
    taken = plans.take(source, ANN)
    assert (taken.customers, taken.known) == (len(given), 0)
    assert taken.warning.startswith(f"none of its {len(given)} customers is known here")
    now = timezone.now()
    Customer.objects.create(pseudonym=given[0], segments=[], level="", made_at=now, changed_at=now)
    workspace = Workspace.create(settings.FOLDER.workspace)
    try:
        columns = {"promotion_id": ["tea"], "customer_id": [given[1]], "arm": ["treatment"], "exposed_at": [now]}
        workspace.write("exposures", pa.table(columns), "one")
        columns = {"customer_id": [given[1], "somebody else"], "region": ["north", "south"]}
        workspace.write("customers", pa.table(columns), "two")
        again = plans.take(source, ANN)
        assert (again.pk, again.known) == (taken.pk, 2)
        assert again.warning == f"{len(given) - 2} of its {len(given)} customers are not known here"
        every = pa.table({"customer_id": given})
        workspace.write("customers", every, "three")
        assert plans.take(source, ANN).warning == ""
        workspace.batch_file("customers", "two").write_bytes(b"half a file")
        assert plans.take(source, ANN).known is None
        assert PlanVersion.objects.get(pk=taken.pk).warning == ""
    finally:
        shutil.rmtree(settings.FOLDER.workspace)
