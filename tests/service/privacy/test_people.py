"""Personal fields are sealed, exported and erased with the person's key; the store alone gives nothing away."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest
from django.conf import settings
from django.db import connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from netlift.errors import ConfigError, DataError
from netlift.service.core.folder import Folder
from netlift.service.core.refusals import Conflict, Refused
from netlift.service.privacy import journal, people, registry, retention, rotation
from netlift.service.privacy.consent import set_consent
from netlift.service.privacy.models import Erasure, Person, Sealed
from netlift.service.privacy.pseudonyms import pseudonym, served

NOW = timezone.now().replace(microsecond=0)
ANN = {"email": "ann@example.com", "name": "Ann 安"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """A folder of its own, with the same secrets, that a test may rotate."""
    made = Folder(tmp_path / "folder")
    made.root.mkdir()
    (made.root / "secrets.json").write_bytes((settings.FOLDER.root / "secrets.json").read_bytes())
    monkeypatch.setattr(settings, "FOLDER", made)
    return made


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, list[str]]]:
    """Another room that holds people."""
    held: dict[str, list[str]] = {pseudonym("ann"): ["tea", "cup"]}
    monkeypatch.setattr(registry, "_HOLDERS", {})
    registry.holds_people("orders", lambda who: held.get(who, []), lambda who: len(held.pop(who, [])))
    return held


def test_fields_come_back_as_they_were_kept(store: str) -> None:
    """A later text replaces the earlier one, an empty one takes the field away, others stay."""
    people.keep("ann", ANN)
    people.keep("Ann ", {"name": "", "city": "Bremen", "email": "ann@example.org"})
    assert people.read("ann") == {"city": "Bremen", "email": "ann@example.org"}
    assert people.read("bob") == {}


def test_the_store_holds_no_text_and_no_id(store: str) -> None:
    """Neither the customer's id nor a field stands in any column."""
    people.keep("customer-4711", ANN)
    kept = repr([*Person.objects.values_list(), *Sealed.objects.values_list()]) + repr(
        [bytes(one) for one in Sealed.objects.values_list("value", flat=True)]
    )
    assert not any(text in kept for text in ("customer-4711", "ann@example.com", "Ann"))


def test_a_value_moved_to_another_field_or_person_does_not_open(store: str) -> None:
    """What is sealed is bound to its place, so a row cannot be passed off as another."""
    people.keep("ann", ANN)
    people.keep("bob", {"email": "bob@example.com"})
    ann, bob = (Person.objects.get(pseudonym=pseudonym(name)) for name in ("ann", "bob"))
    email = ann.fields.get(name="email")
    ann.fields.filter(name="name").update(value=bytes(email.value))
    with pytest.raises(DataError, match="field name"):
        people.read("ann")
    Person.objects.filter(pk=bob.pk).update(wrapped=bytes(ann.wrapped))
    with pytest.raises(DataError, match="does not open"):
        people.read("bob")


def test_what_is_no_field_is_refused(store: str) -> None:
    """Names are words of programs, texts have an end, and so has their number."""
    with pytest.raises(Refused, match="no name of a field"):
        people.keep("ann", {"E-Mail": "x"})
    with pytest.raises(Refused, match="at most 4000"):
        people.keep("ann", {"note": "x" * 4001})
    with pytest.raises(Refused, match="at most 50"):
        people.keep("ann", {f"field_{number}": "x" for number in range(51)})
    assert people.read("ann") == {}


def test_many_at_once_are_kept_or_refused_one_by_one(store: str) -> None:
    """In a few statements; of one told twice, the later texts count; who is refused keeps nothing, not even a key."""
    people.erase("gone", "key:1")
    people.keep("ann", ANN)
    told = [
        ("ann", {"name": "", "city": "Bremen"}), ("bob", {"email": "b1"}), ("gone", {"email": "x"}), (" ", {"a": "x"}),
        ("bob", {"email": "b2", "city": "Kiel"}), ("cas", {"A": "x"}), ("eve", {f"f{n}": "x" for n in range(51)}),
        ("dan", {}),
    ]  # fmt: skip
    with CaptureQueriesContext(connections["default"]) as asked:
        refused = people.keep_many(told)
    assert [(place, error.code) for place, error in refused] == [
        (2, "erased"), (3, "empty_customer"), (5, "bad_field"), (6, "too_many_fields"),
    ]  # fmt: skip
    assert people.read("ann") == {"email": ANN["email"], "city": "Bremen"}
    assert people.read("bob") == {"email": "b2", "city": "Kiel"}
    known = {pseudonym(name) for name in ("ann", "bob", "dan")}
    assert set(Person.objects.values_list("pseudonym", flat=True)) == known
    assert len([one for one in asked.captured_queries if "SAVEPOINT" not in one["sql"]]) <= 16


def test_an_export_holds_everything(store: str, room: dict[str, list[str]]) -> None:
    """Fields, consent and what the other rooms hold, as JSON."""
    people.keep("ann", ANN)
    set_consent("ann", "marketing", granted=True, at=NOW, source="checkout")
    told = json.loads(json.dumps(people.export("ann", now=NOW)))
    assert told == {
        "pseudonym": pseudonym("ann"),
        "exported_at": NOW.isoformat(),
        "fields": ANN,
        "consent": [{"purpose": "marketing", "granted": True, "at": NOW.isoformat(), "source": "checkout"}],
        "held_by": {"orders": ["tea", "cup"]},
        "erased_at": [],
    }


def test_an_erasure_reaches_every_room_and_tells_what_went(store: str, room: dict[str, list[str]]) -> None:
    """The receipt counts rows by room; nobody else is touched."""
    people.keep("ann", ANN)
    people.keep("bob", {"email": "bob@example.com"})
    set_consent("ann", "marketing", granted=True)
    receipt = people.erase("ann", "key:1", now=NOW)
    assert receipt.counts == {"consent": 1, "orders": 2, "privacy": 3}
    assert (receipt.by, receipt.erased_at, receipt.repeated) == ("key:1", NOW, False)
    assert room == {}
    assert people.read("ann") == {}
    assert people.read("bob") == {"email": "bob@example.com"}
    assert not Person.objects.filter(pseudonym=pseudonym("ann")).exists()


def test_a_second_erasure_says_so(store: str, room: dict[str, list[str]]) -> None:
    """It is the same receipt, unless there was something new to erase."""
    first = people.erase("ann", "key:1", now=NOW)
    assert people.erase("ann", "key:2", now=NOW + timedelta(days=1)) == replace(first, repeated=True)
    room[pseudonym("ann")] = ["late event"]
    third = people.erase("ann", "key:2", now=NOW + timedelta(days=2))
    assert third.counts["orders"] == 1
    assert [one.receipt_id for one in people.receipts("ann")] == [first.receipt_id, third.receipt_id]


def test_a_room_that_fails_leaves_everything(store: str, room: dict[str, list[str]]) -> None:
    """All of an erasure happens, or none."""

    def broken(who: str) -> int:
        raise OSError("disk")

    registry.holds_people("zebra", list, broken)
    people.keep("ann", ANN)
    with pytest.raises(OSError, match="disk"):
        people.erase("ann", "key:1")
    assert people.read("ann") == ANN


def test_a_receipt_cannot_be_made_up(store: str) -> None:
    """The signature covers every member, as it comes back from the store."""
    people.keep("ann", ANN)
    people.erase("ann", "key:1", now=NOW.astimezone(timezone.get_fixed_timezone(120)))
    (receipt,) = people.receipts("ann")
    assert receipt.genuine
    for change in (
        {"by": "key:2"}, {"counts": {}}, {"pseudonym": pseudonym("bob")}, {"signature": "zz"},
        {"erased_at": NOW + timedelta(seconds=1)}, {"receipt_id": "ers_2"}, {"signature": "00" * 64},
    ):  # fmt: skip
        assert not replace(receipt, **change).genuine  # type: ignore[arg-type]


def test_who_was_erased_stays_so_until_they_allow_something(store: str) -> None:
    """A nightly upsert of an old list does not bring anybody back."""
    people.erase("ann", "key:1")
    with pytest.raises(Conflict, match="was erased"):
        people.keep("ann", ANN)
    set_consent("ann", "marketing", granted=False)
    with pytest.raises(Conflict):
        people.keep("ann", ANN)
    set_consent("ann", "personalisation", granted=True)
    people.keep("ann", ANN)
    assert people.read("ann") == ANN


def test_rotation_wraps_anew_in_batches_and_goes_on_where_it_stopped(store: str, folder: Folder) -> None:
    """After it, the older key opens nothing that is kept."""
    old = folder.secrets().seals[0][0]
    names = [f"customer-{number}" for number in range(5)]
    for name in names:
        people.keep(name, {"email": f"{name}@example.com"})
    new = folder.rotate()
    assert rotation.left() == {old: 5}
    assert [rotation.rewrap(2), rotation.left(), rotation.rewrap(2), rotation.rewrap(2), rotation.rewrap(2)] == [
        2, {old: 3}, 2, 1, 0,
    ]  # fmt: skip
    assert set(Person.objects.values_list("seal", flat=True)) == {new}
    rotation.retire(now=timezone.now() + timedelta(days=1))
    assert rotation.go_on() == 0
    assert [people.read(name)["email"] for name in names] == [f"{name}@example.com" for name in names]


def test_the_worker_goes_on_with_a_rotation(store: str, folder: Folder) -> None:
    """In short transactions, until nothing is left."""
    people.keep_many([(f"customer-{number}", ANN) for number in range(250)])
    folder.rotate()
    assert (rotation.go_on(rounds=1), rotation.go_on()) == (200, 50)
    assert rotation.left() == {}


def test_older_keys_go_when_nothing_needs_them(store: str, folder: Folder) -> None:
    """Not while somebody may still write with one, and never one that still wraps something."""
    people.keep("ann", ANN)
    first, second = folder.secrets().seals[0][0], folder.rotate()
    people.keep("bob", ANN)
    third = folder.rotate()
    with pytest.raises(Conflict, match="less than an hour"):
        rotation.retire()
    later = timezone.now() + timedelta(hours=2)
    assert rotation.left() == {first: 1, second: 1}
    assert rotation.retire(now=later) == ()
    Person.objects.filter(seal=second).delete()
    assert rotation.retire(now=later) == (second,)
    rotation.go_on()
    assert rotation.retire(now=later) == (first,)
    assert [name for name, _ in folder.secrets().seals] == [third]
    assert rotation.retire() == ()
    assert people.read("ann") == ANN


def test_a_secret_that_does_not_open_holds_up_no_rotation(store: str, folder: Folder) -> None:
    """It is told in the log; all others are wrapped anew."""
    old = folder.secrets().seals[0][0]
    for name in ("ann", "bob", "cas"):
        people.keep(name, ANN)
    Person.objects.filter(pseudonym=pseudonym("ann")).update(wrapped=b"x" * 60)
    folder.rotate()
    assert rotation.rewrap() == 2
    assert rotation.left() == {old: 1}
    assert people.read("cas") == ANN


def test_without_the_folders_key_nothing_opens(store: str, folder: Folder) -> None:
    """A store that was carried away without its folder is no list of people."""
    people.keep("ann", ANN)
    (folder.root / "secrets.json").unlink()
    folder.secrets()
    with pytest.raises(DataError, match=r"bring back the file of secrets"):
        people.read("ann")


def test_a_store_from_a_backup_forgets_again(committed: str, folder: Folder) -> None:
    """The journal beside the store knows erasures that the backup does not."""
    people.keep("ann", ANN)
    people.keep("bob", {"email": "bob@example.com"})
    backup = [(Person.objects.get(pseudonym=pseudonym("ann")), list(Sealed.objects.filter(name__in=ANN)))]
    kept = [one for one in backup[0][1] if one.person_id == backup[0][0].pk]
    receipt = people.erase("ann", "key:1", now=NOW)
    assert [one.receipt_id for one in journal.noted()] == [receipt.receipt_id]
    Erasure.objects.all().delete()
    backup[0][0].save(force_insert=True)
    Sealed.objects.bulk_create(kept)
    assert people.read("ann") == ANN
    with journal.path().open("a") as file:
        file.write(json.dumps({"receipt_id": "made up", "pseudonym": pseudonym("bob")}) + '\n{"receipt_id": "cut sh')
    assert retention.sweep(NOW + timedelta(days=1)) == 3
    assert people.read("ann") == {}
    assert people.read("bob") == {"email": "bob@example.com"}
    assert [one.genuine for one in people.receipts("ann")] == [True, True]
    assert retention.sweep(NOW + timedelta(days=2)) == 0


def test_keeping_and_erasing_at_once_leaves_nothing_behind(committed: str) -> None:
    """Whoever is second sees the first: in the end the person is erased."""
    people.keep("ann", ANN)
    start, faults = Barrier(5), []

    def kept() -> None:
        start.wait()
        for number in range(5):
            try:
                people.keep("ann", {"city": str(number)})
            except Conflict:
                pass
            except Exception as error:  # noqa: BLE001
                faults.append(error)
        connections.close_all()

    def erased() -> None:
        start.wait()
        people.erase("ann", "key:1")
        connections.close_all()

    threads = [Thread(target=kept) for _ in range(4)] + [Thread(target=erased)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert people.read("ann") == {}
    assert Person.objects.count() == 0
    assert Erasure.objects.count() == 1


def test_two_rooms_of_one_name_are_noticed(room: dict[str, list[str]]) -> None:
    """One of them would otherwise be forgotten by every erasure."""
    with pytest.raises(ConfigError, match="two rooms"):
        registry.holds_people("orders", list, len)


def test_a_workspace_makes_the_same_pseudonyms(tmp_path: Path) -> None:
    """So that a plan made from a shop's files speaks of the customers that the service knows."""
    from netlift.data.privacy import pseudonym as coded
    from netlift.data.privacy import read_or_make_key
    from netlift.data.workspace import ALL, Settings

    assert (
        served(tmp_path, Settings(name="tea")).settings == served(tmp_path).settings == Settings("tea", pseudonyms=ALL)
    )
    assert coded("Ann@Example.com", read_or_make_key(tmp_path)) == pseudonym("ann@example.com")
    (tmp_path / "other").mkdir()
    read_or_make_key(tmp_path / "other")
    with pytest.raises(ConfigError, match="not the service's key"):
        served(tmp_path / "other")
    assert [path.name for path in tmp_path.glob(".secret*")] == []
