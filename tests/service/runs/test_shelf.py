"""What is learned for the shop's pages: lists without what was bought, files whole or refused, nobody erased."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.conf import settings

from netlift.data.workspace import Settings, Workspace
from netlift.errors import ConfigError, DataError
from netlift.recommend.interactions import Interactions
from netlift.recommend.recommender import Recommender
from netlift.schema import TABLES
from netlift.service.decisions.shelf import Shelf
from netlift.service.privacy.pseudonyms import pseudonym
from netlift.service.runs import child, queue
from netlift.service.runs.models import Job
from netlift.service.runs.shelf import files, making
from netlift.service.runs.shelf.__main__ import main
from netlift.service.runs.shelf.events import ANSWERS, answers_schema, interactions, shown_folder, shown_schema
from tests.service.decisions.shelves import (
    CATALOGUE,
    COFFEES,
    FIRST,
    NEVER,
    PEOPLE,
    TEAS,
    customer,
    goods_of,
    learned,
    workspace,
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with its shelf; not to be changed."""
    folder = tmp_path_factory.mktemp("shop")
    learned(folder)
    return folder


@pytest.fixture
def own(shop: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    shutil.copytree(shop, tmp_path / "shop")
    return tmp_path / "shop"


def names(shelf: Shelf, number: int) -> list[str]:
    mine = shelf.personal(pseudonym(customer(number)))
    assert mine is not None
    return shelf.names(mine.places)


def test_lists_hold_what_is_liked_and_not_what_was_bought(shop: Path) -> None:
    shelf = Shelf(files.place_of(shop))
    assert (len(shelf), shelf.head.customers, shelf.head.model) == (len(CATALOGUE), PEOPLE, "item_knn")
    for number in range(PEOPLE):
        found, mine = names(shelf, number), (TEAS, COFFEES)[number % 2]
        assert not set(found) & set(goods_of(number))
        assert set(found[:3]) <= {*mine, "cup"}
        kept = shelf.personal(pseudonym(customer(number)))
        assert kept is not None
        assert sorted(shelf.names(kept.bought)) == sorted(goods_of(number))
        assert shelf.reason(kept.codes[0], kept.about[0]).partition(":")[2] in goods_of(number)
    assert shelf.personal(pseudonym("nobody")) is None
    assert shelf.personal("") is None


def test_what_was_planted_belongs_together(shop: Path) -> None:
    shelf = Shelf(files.place_of(shop))
    assert shelf.names(shelf.related(shelf.place("tea1"), "goes_with")[0]) == ["cup"]
    assert shelf.names(shelf.related(shelf.place("cup"), "goes_with")[0]) == ["tea1"]
    alike = shelf.names(shelf.related(shelf.place("tea4"), "similar")[0])
    assert set(alike[:2]) == {"tea1", "tea7"}  # whose texts are the same
    assert len(shelf.related(shelf.place("unheard of"), "similar")[0]) == 0


def test_what_avoids_each_other_in_the_same_company_stands_for_each_other(tmp_path: Path) -> None:
    place = workspace(tmp_path)
    one = place.table("order_lines").slice(0, 1).to_pylist()[0]
    rows = []
    for number in range(600):
        goods = (
            [f"milk{number % 2}", f"bread{number % 3}"] if number < 300 else [f"other{number % 7}", f"some{number % 5}"]
        )
        rows += [
            one | {"order_id": f"m{number}", "customer_id": f"m{number % 90}", "line": at, "product_id": name}
            for at, name in enumerate(goods, 1)
        ]
    place.write("order_lines", pa.Table.from_pylist(rows, TABLES["order_lines"]), "second")
    told = making.make(place, making.Asked(("popular",)))
    shelf = Shelf(files.place_of(tmp_path))
    assert told["related"]["instead"] >= 2
    for milk, other in (("milk0", "milk1"), ("milk1", "milk0")):
        assert other in shelf.names(shelf.related(shelf.place(milk), "instead")[0])
        assert other not in shelf.names(shelf.related(shelf.place(milk), "goes_with")[0])


def test_the_same_workspace_has_the_same_shelf_to_the_byte(own: Path) -> None:
    before = {path.name: path.read_bytes() for path in files.place_of(own).glob("*.[aj]*")}
    learned(own)
    after = {path.name: path.read_bytes() for path in files.place_of(own).glob("*.[aj]*")}
    assert before == after
    assert len(after) == 4


def test_what_is_popular_is_told_by_segment_and_of_all_goods(shop: Path) -> None:
    shelf = Shelf(files.place_of(shop))
    places, shares = shelf.popular()
    assert sorted(places.tolist()) == list(range(len(CATALOGUE)))
    assert shelf.names(places)[-1] == "pot"
    assert shares[-1] == 0
    assert list(shares) == sorted(shares, reverse=True)
    assert shelf.popular(["unheard of"])[0].tolist() == places.tolist()
    assert shelf.popular(["unheard of", "beans"])[0].tolist() != places.tolist()


@pytest.mark.parametrize("what", ["goods", "popular", "lists"])
def test_an_altered_file_is_refused(own: Path, what: str) -> None:
    folder = files.place_of(own)
    (path,) = folder.glob(f"{what}-*.arrow")
    bytes_ = bytearray(path.read_bytes())
    bytes_[len(bytes_) // 2] ^= 1
    path.write_bytes(bytes_)
    with pytest.raises(DataError, match="altered"):
        Shelf(folder)
    path.unlink()
    with pytest.raises(DataError, match="cannot be read"):
        Shelf(folder)


def test_an_altered_head_is_refused(own: Path) -> None:
    folder = files.place_of(own)
    path = folder / files.HEAD
    text = path.read_text("utf-8")
    for wrong in (text.replace("item_knn", "item_kmm"), text[:-20], "[]", text.replace('"version": 1', '"version": 9')):
        path.write_text(wrong, "utf-8")
        with pytest.raises(DataError):
            Shelf(folder)


def test_a_person_is_taken_out_and_the_others_stay(own: Path) -> None:
    folder = files.place_of(own)
    before = Shelf(folder)
    gone = pseudonym(customer(7))
    assert files.forget(folder, gone, datetime.now(UTC)) == 1
    assert files.forget(folder, gone, datetime.now(UTC)) == 0
    after = Shelf(folder)
    assert after.personal(gone) is None
    assert names(after, 8) == names(before, 8)
    assert after.head.customers == PEOPLE - 1
    assert names(before, 7)  # who has it open reads on
    assert not any(gone.encode() in path.read_bytes() for path in folder.glob("*.arrow"))
    for number in range(PEOPLE):
        files.forget(folder, pseudonym(customer(number)), datetime.now(UTC))
    assert (Shelf(folder).head.customers, Shelf(folder).head.lists) == (0, ())


def test_who_is_erased_while_it_is_made_is_not_in_it(own: Path) -> None:
    folder, gone, long_ago = files.place_of(own), pseudonym(customer(3)), pseudonym(customer(4))
    files.forget(folder, long_ago, datetime.now(UTC) - timedelta(hours=3))
    files.forget(folder, gone, datetime.now(UTC))
    learned(own)
    shelf = Shelf(folder)
    assert shelf.personal(gone) is None
    assert shelf.personal(long_ago) is not None  # the tables had forgotten them by then: what is there is new
    files.forget(folder / "none", gone, datetime.now(UTC))


def test_an_erasure_does_not_change_when_it_was_learned(own: Path) -> None:
    folder = files.place_of(own)
    made, stamps = Shelf(folder).made_at, {files.stamp(folder)}
    for number in range(4):
        assert files.forget(folder, pseudonym(customer(number)), datetime.now(UTC)) == 1
        stamps.add(files.stamp(folder))
    assert Shelf(folder).made_at == made
    assert len(stamps) == 5  # each of them is told from the others


def test_what_a_killed_program_left_goes_with_the_person(own: Path) -> None:
    folder = files.place_of(own)
    (folder / files.HEAD).unlink()
    (folder / ".drafts").mkdir()
    (folder / ".drafts" / "lists-000000.arrow").write_bytes(b"a list")
    with files.making(folder) as drafts:
        (drafts / "goods.arrow").write_bytes(b"goods")
        files.forget(folder, "somebody", datetime.now(UTC))
        assert [path.name for path in drafts.iterdir()] == ["goods.arrow"]  # nobody was killed
        drafts.rename(folder / "aside")
    (folder / "aside").rename(folder / ".drafts")
    files.forget(folder, "somebody", datetime.now(UTC))
    assert not (folder / ".drafts").exists()
    learned(own, ("popular",))
    (folder / ".lists-000000.part").write_bytes(b"half a list")
    files.forget(folder, "somebody", datetime.now(UTC))
    assert list(folder.glob(".*.part")) == []


def test_a_torn_line_about_the_erased_stops_nothing(own: Path) -> None:
    folder = files.place_of(own)
    files.forget(folder, pseudonym(customer(3)), datetime.now(UTC))
    with (folder / files.FORGOTTEN).open("ab") as file:
        file.write(b"2026-11-26T09:1\n2026-11-26 nobody\n\xff\n\x00\x00")
    assert learned(own, ("popular",))["customers"] == PEOPLE - 1
    assert len((folder / files.FORGOTTEN).read_text("utf-8").splitlines()) == 1


def test_two_do_not_learn_at_once(own: Path) -> None:
    with files.making(files.place_of(own)), pytest.raises(ConfigError, match="another program"):
        learned(own)


def test_answers_to_lists_count_by_the_chance_of_the_list(own: Path) -> None:
    place = Workspace.open(own)
    before = interactions(place)
    who, folder = pseudonym(customer(0)), shown_folder(own)
    bought = goods_of(0)[0]
    at = FIRST - timedelta(hours=1)
    shown = [
        {"customer_id": who, "product_id": name, "at": at, "propensity": 0.25} for name in (bought, "pot", "coffee0")
    ]
    grades = [
        {"customer_id": who, "product_id": "coffee0", "at": FIRST, "kind": "rating", "value": 5.0},
        {"customer_id": who, "product_id": "pot", "at": FIRST, "kind": "hide", "value": None},
    ]
    folder.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(shown, shown_schema()), folder / "lists-000000.parquet")
    pq.write_table(pa.Table.from_pylist(grades, answers_schema()), folder / ANSWERS)
    after = interactions(place)

    def weight(name: str) -> float:
        return float(after.matrix[after.users.position(who), after.items.position(name)])

    assert (weight(bought), weight("coffee0"), weight("pot")) == (4.0, 4.0, 0.0)
    assert len(after) == len(before) + 1
    assert after.matrix.sum() == pytest.approx(before.matrix.sum() + 3 + 4)


def test_a_workspace_without_anything_has_an_empty_shelf(tmp_path: Path) -> None:
    told = making.make(Workspace.create(tmp_path, Settings("empty")), making.Asked())
    assert (told["customers"], told["products"], told["until"]) == (0, 0, "")
    shelf = Shelf(files.place_of(tmp_path))
    assert len(shelf) == len(shelf.popular()[0]) == 0
    assert shelf.personal("ann") is None
    assert shelf.place("tea") == -1


def test_one_order_of_one_product_is_enough(tmp_path: Path) -> None:
    place = workspace(tmp_path)
    lines = place.table("order_lines").slice(0, 1)
    place.write("order_lines", lines, "first")
    place.drop_batch("first", keep=("order_lines",))
    told = making.make(place, making.Asked())
    assert (told["customers"], told["products"]) == (1, 1)


@pytest.fixture
def folders() -> Iterator[None]:
    yield
    for folder in (settings.FOLDER.files, settings.FOLDER.workspace):
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.usefixtures("store", "folders")
def test_a_job_learns_and_tells_what_it_made() -> None:
    workspace(settings.FOLDER.workspace)
    queue.enqueue("recommend", {"kinds": ["popular"], "diversity": 0.2}, "user:ann")
    job = queue.claim()
    assert job
    child.run(job, Event())
    job = Job.objects.get(pk=job.pk)
    assert (job.state, job.error) == ("done", "")
    told = child.read_result(job)
    shelf = Shelf(files.place_of(settings.FOLDER.workspace))
    assert (shelf.head.model, shelf.head.manners.diversity) == ("popular", 0.2)
    assert (told["model"], told["digest"]) == ("popular", shelf.head.digest)


def test_the_best_by_validation_is_served(own: Path) -> None:
    told = learned(own, ("popular", "item_knn"))
    models = {one["kind"]: one["validation_ndcg"] for one in told["evaluation"]["models"]}
    assert told["model"] == told["evaluation"]["chosen"] == max(models, key=lambda kind: models[kind])
    assert Shelf(files.place_of(own)).head.figures["customers"] == told["evaluation"]["customers"] > 0


def test_the_program_says_why_it_cannot(own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = tmp_path / "asked.json"
    asked.write_text('{"kinds": ["unheard_of"], "manners": {}}', "utf-8")
    assert main(str(own), str(asked)) == 2
    assert "unheard_of" in capsys.readouterr().err.splitlines()[-1]
    assert main(str(tmp_path / "none"), str(asked)) == 2


def test_what_was_looked_at_teaches_no_recommender_of_purchases(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = workspace(tmp_path)
    views = [
        {
            "event_id": f"v{number}", "customer_id": pseudonym(customer(number)), "event": "view", "product_id": NEVER,
            "at": FIRST + timedelta(minutes=number),
        }
        for number in range(PEOPLE)
    ]  # fmt: skip
    place.write("events", pa.Table.from_pylist(views, TABLES["events"]), "second")
    learned_from = {}

    def noted(self: Recommender, seen: Interactions, about: object = None) -> Recommender:
        learned_from[self.kind] = NEVER in seen.items.names_of(np.unique(seen.item))
        return fit(self, seen, about)  # type: ignore[arg-type]

    fit = Recommender.fit
    monkeypatch.setattr(Recommender, "fit", noted)
    for kind in ("next_basket", "popular"):
        assert making.make(place, making.Asked((kind,)))["model"] == kind
    assert (learned_from["next_basket"], learned_from["popular"]) == (False, True)
