"""Lists over the API: by consent, once per request, in stock, full while goods are left, and answered for."""

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from netlift.data.workspace import Workspace
from netlift.service.api.recommend import ListOut, ServedOut
from netlift.service.api.related import RelatedOut
from netlift.service.core.metrics import page
from netlift.service.decisions import shelf_hand_over, shelf_people, shelf_shown
from netlift.service.decisions.models import Answer
from netlift.service.decisions.shelf import settle, shelf
from netlift.service.decisions.shelf_choice import ENOUGH, Asked, choose, sellable
from netlift.service.decisions.shelf_models import ShownList
from netlift.service.events.hand_over import hand_over
from netlift.service.events.models import Event
from netlift.service.privacy.consent import set_consent
from netlift.service.privacy.models import Consent, Erasure
from netlift.service.privacy.pseudonyms import pseudonym
from netlift.service.runs.shelf import files
from netlift.service.runs.shelf.events import ANSWERS, interactions, shown_folder
from netlift.service.shop.models import Customer
from netlift.service.shop.products import Told, keep_products
from netlift.service.shop.stock import Count, count
from tests.service.decisions.shelves import CATALOGUE, COFFEES, TEAS, customer, goods_of, learned
from tests.service.decisions.shop import Till, consents

ALL = ("personalisation", "measurement")
ANN = customer(0)
"""Likes tea."""
HER = goods_of(0)
SINCE = "2026-03-03T00:00:00Z"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    learned(folder)
    return folder


@pytest.fixture
def shop(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The workspace of a service whose folder is this test's own."""
    monkeypatch.setattr(settings, "FOLDER", replace(settings.FOLDER, root=tmp_path))
    shutil.copytree(template, settings.FOLDER.workspace)
    return settings.FOLDER.workspace


@pytest.fixture
def till(client: Client, shop: Path) -> Till:
    return Till(client)


@pytest.fixture(autouse=True)
def opened() -> Iterator[None]:
    """No thread of one test opens a shelf in another."""
    yield
    settle()


def asked(till: Till, name: str = ANN, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = till.post("/recommend", {"customer_id": name} | more)
    ListOut.model_validate(found, extra="forbid")
    return found


def products(found: dict[str, Any]) -> list[str]:
    return [one["product_id"] for one in found["items"]]


def sold(name: str, **more: Any) -> Told:
    return Told(name, "EUR", 500, **more)


def test_a_customer_gets_what_they_like_with_its_reasons(till: Till) -> None:
    consents(ANN, *ALL)
    found = asked(till, n=4)
    assert (found["personalised"], found["short"], found["model"]) == (True, None, "item_knn")
    assert set(products(found)[:2]) <= {*TEAS, "cup"}
    assert not set(products(found)) & set(HER)
    first = found["items"][0]
    kind, _, about = first["reasons"][0].partition(":")
    assert (kind, first["source"], first["rank"], first["propensity"]) == ("similar_to", "personal", 1, 1.0)
    assert about in HER
    assert first["why"] == [f"like {about.upper()}"]
    assert asked(till, n=4, language="zh_CN")["items"][0]["why"] == [f"与 {about.upper()} 相似"]


def test_the_same_request_has_the_same_answer_and_is_logged_once(till: Till) -> None:
    consents(ANN, *ALL)
    first = asked(till, request_id="r1", placement="home.top")
    again = asked(till, request_id="r1", placement="home.top")
    assert first == again
    row = ShownList.objects.get()
    assert (row.list_id, row.customer, row.placement) == (first["list_id"], pseudonym(ANN), "home.top")
    assert row.items == [[one["product_id"], 1.0] for one in first["items"]]
    told = till.post("/recommend", {"customer_id": ANN, "request_id": "r1", "n": 3}, 409)
    assert told["code"] == "request_id_reused"
    asked(till, shown=False)
    assert ShownList.objects.count() == 1
    asked(till)
    assert ShownList.objects.count() == 2


def test_consent_counts_from_the_next_request_on(till: Till) -> None:
    found = asked(till, n=3, cart=["coffee1"], segments=["beans"])
    assert (found["personalised"], found["list_id"]) == (False, None)
    assert {one["source"] for one in found["items"]} == {"popular"}
    plain = shelf().popular()[0]
    assert products(found) == [name for name in shelf().names(plain) if name != "coffee1"][:3]
    assert found["items"][0]["reasons"] == ["popular"]
    consents(ANN, "personalisation")
    assert (asked(till)["personalised"], asked(till)["list_id"]) == (True, None)
    set_consent(ANN, "personalisation", granted=False)
    consents(ANN, "measurement")
    found = asked(till)
    assert (found["personalised"], found["list_id"] is None) == (False, False)
    assert {one["source"] for one in found["items"]} == {"popular"}


def test_a_newcomer_gets_what_is_popular_in_their_segment_and_is_told_so(till: Till) -> None:
    consents("somebody new", *ALL)
    found = asked(till, "somebody new", n=3, segments=["beans"])
    assert products(found) == shelf().names(shelf().popular(["beans"])[0][:3])
    assert found["items"][0]["reasons"] == ["new_customer", "popular"]
    assert found["items"][0]["why"] == ["a new customer", "popular"]
    now = timezone.now()
    Customer.objects.create(pseudonym=pseudonym("somebody new"), segments=["leaves"], made_at=now, changed_at=now)
    assert products(asked(till, "somebody new", n=3)) == shelf().names(shelf().popular(["leaves"])[0][:3])


def test_a_guest_gets_what_goes_with_the_cart_and_what_is_like_what_they_look_at(till: Till) -> None:
    found = asked(till, "", n=3, cart=["tea1"])
    assert products(found)[0] == "cup"
    first = found["items"][0]
    assert (first["source"], first["reasons"], first["why"]) == ("context", ["goes_with:tea1"], ["goes with TEA1"])
    assert (found["personalised"], found["list_id"]) == (False, None)
    found = asked(till, "", n=2, context=["tea4"])
    assert set(products(found)) == {"tea1", "tea7"}
    assert found["items"][0]["reasons"] == ["similar_to:tea4"]


def test_what_is_sold_out_or_not_sold_any_more_makes_place_for_what_comes_next(till: Till) -> None:
    consents(ANN, *ALL)
    all_ = products(asked(till, n=len(CATALOGUE)))
    gone, ended = all_[0], all_[2]
    keep_products([sold(ended, active=False), sold(all_[1])])
    count([Count(gone, 0, timezone.now()), Count(all_[1], 3, timezone.now())])
    left = [name for name in all_ if name not in (gone, ended)]
    assert products(asked(till, n=4)) == left[:4]


def test_a_list_is_full_while_goods_are_left_and_says_when_it_is_short(till: Till) -> None:
    consents(ANN, *ALL)
    found = asked(till, n=50)
    assert sorted(products(found)) == sorted(set(CATALOGUE) - set(HER))
    assert found["short"] == "nothing_else_may_be_shown"
    assert products(found)[-1] == "pot"
    assert found["items"][-1]["reasons"] == ["nothing_known"]
    found = asked(till, n=50, exclude=CATALOGUE)
    assert (found["items"], found["list_id"], found["short"]) == ([], None, "nothing_else_may_be_shown")
    keep_products([sold("brand-new"), sold("hidden", active=False), sold("tea0")])
    found = asked(till, n=50, exclude=CATALOGUE)
    assert [(one["product_id"], one["reasons"]) for one in found["items"]] == [("brand-new", ["new_item"])]


def test_goods_that_nobody_learned_of_are_found_behind_those_that_are_sold_out(till: Till) -> None:
    names = [f"new{number:03d}" for number in range(600)]
    keep_products([sold(name) for name in (*names, *CATALOGUE)])
    now = timezone.now()
    count([Count(name, 0, now) for name in (*names[:599], *CATALOGUE)])
    found = asked(till, "", n=2)
    assert (products(found), found["short"]) == (["new599"], "nothing_else_may_be_shown")
    assert [one["source"] for one in found["items"]] == ["new"]


def test_a_category_holds_for_all_places(till: Till) -> None:
    consents(ANN, *ALL)
    found = asked(till, n=50, category="coffee")
    assert sorted(products(found)) == sorted(COFFEES)
    keep_products([sold("coffee1", category="tea"), sold("coffee9", category="coffee")])
    found = asked(till, n=50, category="coffee")
    assert sorted(products(found)) == sorted({*COFFEES, "coffee9"} - {"coffee1"})
    assert asked(till, n=50, category="unheard of")["items"] == []


def test_what_was_bought_since_is_not_shown_nor_what_is_disliked(till: Till) -> None:
    consents(ANN, *ALL)
    before = products(asked(till, n=4))
    line = {"product_id": before[0], "quantity": 1, "list_minor": 500}
    event = {"source": "till", "event_id": "1", "event": "purchase", "at": SINCE, "customer_id": ANN, "order_id": "1"}
    till.post("/events", event | {"currency": "EUR", "lines": [line]}, 201)
    found = asked(till, n=4)
    assert before[0] not in products(found)
    body = {"customer_id": ANN, "answers": [{"kind": "rating", "value": 1, "product_id": before[1]}]}
    till.post(f"/recommend/{found['list_id']}/feedback", body)
    found = asked(till, n=4)
    assert before[1] not in products(found)
    body = {"customer_id": ANN, "answers": [{"kind": "hide", "product_id": products(found)[0]}]}
    till.post(f"/recommend/{found['list_id']}/feedback", body)
    assert products(found)[0] not in products(asked(till, n=50))


def test_goods_may_be_bought_again_where_the_shop_says_so(till: Till, shop: Path) -> None:
    consents(ANN, *ALL)
    learned(shop, bought="allow")
    shelf()
    settle()
    assert set(products(asked(till, n=len(CATALOGUE)))) == set(CATALOGUE)
    learned(shop, bought="only")
    shelf()
    settle()
    found = asked(till, n=50)
    assert sorted(products(found)) == sorted(HER)
    assert asked(till, "", n=3)["items"] == []


def test_a_categorys_limit_gives_way_only_where_the_list_would_be_short(till: Till, shop: Path) -> None:
    consents(ANN, *ALL)
    learned(shop, most_of_category=2)
    shelf()
    settle()
    kinds = Counter(one.rstrip("0123456789") for one in products(asked(till, n=6)))
    assert kinds == {"tea": 2, "coffee": 2, "cup": 1, "pot": 1}
    assert products(asked(till, n=7))[-1] in TEAS  # what was struck out first comes back first
    assert sorted(products(asked(till, n=50))) == sorted(set(CATALOGUE) - set(HER))
    assert len(products(asked(till, n=50, category="coffee"))) == len(COFFEES)


def test_what_was_shown_in_vain_comes_later_until_it_is_answered(till: Till, shop: Path) -> None:
    consents(ANN, *ALL)
    learned(shop, fatigue=0.9)
    shelf()
    settle()
    first = asked(till, n=1)
    shown = products(first)[0]
    assert products(asked(till, n=1, shown=False))[0] != shown
    body = {"customer_id": ANN, "answers": [{"kind": "click", "product_id": shown}]}
    till.post(f"/recommend/{first['list_id']}/feedback", body)
    assert products(asked(till, n=1, shown=False))[0] == shown


def test_the_last_place_is_drawn_with_the_chance_that_is_told(till: Till, shop: Path) -> None:
    consents(ANN, *ALL)
    learned(shop, explore=0.5)
    shelf()
    settle()
    best = products(asked(till, n=5, shown=False))
    tried = []
    for number in range(60):
        found = asked(till, n=3, request_id=f"r{number}")
        assert products(found)[:2] == best[:2]
        assert [one["propensity"] for one in found["items"][:2]] == [1, 1]
        last = found["items"][2]
        if last["product_id"] == best[2]:
            assert last["propensity"] == 0.5
        else:
            tried.append(last["product_id"])
            assert 0 < last["propensity"] <= 0.5 / 5
            assert last["reasons"][-1] == "tried"
    assert 15 <= len(tried) <= 45
    assert len(set(tried)) > 3
    assert ShownList.objects.filter(items__2__1=0.5).exists()


def test_feedback_becomes_events_with_the_chance_of_the_place(till: Till) -> None:
    consents(ANN, *ALL)
    found = asked(till, n=2)
    path, shown = f"/recommend/{found['list_id']}/feedback", products(found)
    body = {
        "customer_id": ANN,
        "answers": [{"kind": "click", "product_id": shown[0]}, {"kind": "satisfaction", "value": 4}],
    }
    assert till.post(path, body) == {"accepted": 3, "repeated": 0}
    assert till.post(path, body) == {"accepted": 0, "repeated": 3}
    rows = Event.objects.values_list("event", "customer", "told")
    assert sorted((event, told["product_id"], told["propensity"]) for event, _, told in rows) == [
        ("click", shown[0], 1.0), *(("satisfaction", name, 1.0) for name in sorted(shown)),
    ]  # fmt: skip
    assert {who for _, who, _ in rows} == {pseudonym(ANN)}
    named = {"kind": "view", "product_id": shown[0], "answer_id": "a1"}
    assert till.post(path, {"customer_id": ANN, "answers": [named]}) == {"accepted": 1, "repeated": 0}
    assert till.post(path, {"customer_id": ANN, "answers": [named]}) == {"accepted": 0, "repeated": 1}
    count_ = Event.objects.count()
    fresh = {"kind": "cart", "product_id": shown[1]}
    for wrong in (named | {"kind": "cart"}, named | {"product_id": shown[1]}):
        other = till.post(path, {"customer_id": ANN, "answers": [fresh, wrong]}, 409)
        assert other["code"] == "answer_differs"
    assert Event.objects.count() == count_


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"customer_id": "somebody else"}, 404),
        ({"answers": [{"kind": "click", "product_id": "pot"}]}, 404),
        ({"answers": [{"kind": "click"}]}, 422),
        ({"answers": [{"kind": "click", "product_id": "pot", "value": 3}]}, 422),
        ({"answers": [{"kind": "rating", "product_id": "pot"}]}, 422),
        ({"answers": [{"kind": "rating", "product_id": "pot", "value": 6}]}, 422),
        ({"answers": []}, 422),
    ],
)
def test_feedback_that_cannot_be_is_refused(till: Till, body: dict[str, Any], status: int) -> None:
    consents(ANN, *ALL)
    found = asked(till, n=1)
    right = {"customer_id": ANN, "answers": [{"kind": "click", "product_id": products(found)[0]}]}
    till.post(f"/recommend/{found['list_id']}/feedback", right | body, status)
    assert till.post("/recommend/lst_unheard_of/feedback", right, 404)["code"] == "unknown_list"
    assert not Event.objects.exists()


def test_feedback_is_not_kept_of_who_takes_consent_back(till: Till) -> None:
    consents(ANN, *ALL)
    found = asked(till, n=1)
    set_consent(ANN, "measurement", granted=False)
    body = {"customer_id": ANN, "answers": [{"kind": "click", "product_id": products(found)[0]}]}
    assert till.post(f"/recommend/{found['list_id']}/feedback", body) == {"accepted": 0, "repeated": 0}
    assert not Event.objects.exists()


def test_what_was_shown_goes_to_the_library_and_changes_with_the_store(till: Till, shop: Path) -> None:
    import pyarrow.parquet as pq

    consents(ANN, *ALL)
    folder = shown_folder(shop)
    assert shelf_hand_over.hand_over() == 0
    found = asked(till, n=2)
    assert shelf_hand_over.hand_over() == 1
    assert shelf_hand_over.hand_over() == 0
    (path,) = folder.glob("lists-*.parquet")
    rows = pq.read_table(path).to_pylist()
    assert [(row["customer_id"], row["product_id"], row["propensity"]) for row in rows] == [
        (pseudonym(ANN), name, 1.0) for name in products(found)
    ]
    body = {"customer_id": ANN, "answers": [{"kind": "rating", "value": 5, "product_id": products(found)[0]}]}
    till.post(f"/recommend/{found['list_id']}/feedback", body)
    assert shelf_hand_over.hand_over() == 1
    (grade,) = pq.read_table(folder / ANSWERS).to_pylist()
    assert (grade["kind"], grade["value"], grade["product_id"]) == ("rating", 5.0, products(found)[0])
    told = learned(shop, ("popular",))
    assert told["customers"] == 80
    shelf_people.forget(pseudonym(ANN))
    Event.objects.update(event="", told={}, customer="")
    assert shelf_hand_over.hand_over() == 2
    assert list(folder.glob("*.parquet")) == []


def test_a_person_is_told_what_is_kept_and_erased(till: Till, shop: Path) -> None:
    consents(ANN, *ALL)
    found = asked(till, n=2)
    who = pseudonym(ANN)
    held = shelf_people.held(who)
    assert held["shown"][0]["items"] == [[name, 1.0] for name in products(found)]
    assert held["ready"][:2] == products(found)
    assert shelf_people.forget(who) == 2
    assert shelf_people.held(who) == {"shown": [], "ready": []}
    assert shelf_people.forget("") == 0
    assert files.read_head(files.place_of(shop)).customers == 79
    shelf()
    settle()
    assert asked(till)["items"][0]["reasons"] == ["new_customer", "popular"]


def test_lists_that_were_shown_go_when_they_are_old(till: Till) -> None:
    consents(ANN, *ALL)
    asked(till)
    now = timezone.now()
    assert (shelf_shown.old(now - timedelta(days=1)), shelf_shown.old(now + timedelta(days=1))) == (0, 1)
    assert shelf_shown.clear(now + timedelta(days=1), 10) == 1


def test_nothing_is_served_before_anything_was_learned(till: Till, shop: Path) -> None:
    shutil.rmtree(files.place_of(shop))
    assert till.post("/recommend", {}, 503)["code"] == "no_lists"
    assert till.get("/related/tea1", 503)["code"] == "no_lists"
    assert till.get("/recommend", 503)["code"] == "no_lists"


def test_a_damaged_shelf_is_told_and_the_last_good_one_goes_on(till: Till, shop: Path) -> None:
    head = files.place_of(shop) / files.HEAD
    whole = head.read_text("utf-8")
    head.write_text(whole[:-9], "utf-8")
    assert till.post("/recommend", {}, 503)["code"] == "lists_damaged"
    assert till.post("/recommend", {}, 503)["code"] == "lists_damaged"
    head.write_text(whole, "utf-8")
    good = asked(till, "")
    head.write_text(whole[:-8], "utf-8")
    assert products(asked(till, "")) == products(good)
    settle()
    assert products(asked(till, "")) == products(good)


def test_a_newer_shelf_is_served_as_soon_as_it_is_open(till: Till, shop: Path) -> None:
    assert till.get("/recommend")["model"] == "item_knn"
    learned(shop, ("popular",))
    shelf()
    settle()
    told = till.get("/recommend")
    ServedOut.model_validate(told, extra="forbid")
    assert (told["model"], told["customers"], told["products"]) == ("popular", 80, len(CATALOGUE))
    assert told["manners"]["bought"] == "exclude"


def test_goods_that_belong_to_a_product(till: Till) -> None:
    found = till.get("/related/tea1?n=3")
    RelatedOut.model_validate(found, extra="forbid")
    assert [one["product_id"] for one in found["goes_with"]] == ["cup"]
    assert found["goes_with"][0]["why"] == ["goes with TEA1"]
    assert (len(found["similar"]), found["instead"]) == (3, [])
    assert till.get("/related/tea1?kind=similar&language=zh_CN")["goes_with"] == []
    count([Count("cup", 0, timezone.now())])
    assert till.get("/related/tea1")["goes_with"] == []
    first = found["similar"][0]["product_id"]
    without = till.post("/related/tea1", {"exclude": [first], "kinds": ["similar"], "n": 50})
    assert first not in [one["product_id"] for one in without["similar"]]
    assert len(without["similar"]) == len(CATALOGUE) - 3


def test_an_unknown_product_has_nothing_that_belongs_to_it(till: Till) -> None:
    assert till.get("/related/unheard-of", 404)["code"] == "unknown_product"
    keep_products([sold("brand-new"), sold("A/100 ü")])
    for path, name in (("brand-new", "brand-new"), ("A%2F100%20%C3%BC", "A/100 ü")):
        found = till.get(f"/related/{path}")
        assert (found["goes_with"], found["instead"], found["similar"]) == ([], [], [])
        assert till.post(f"/related/{path}", {}) == found
        assert found["product_id"] == name


@pytest.mark.parametrize("wrong", [{"n": 0}, {"n": 101}, {"n": "3"}, {"surprise": 1}, {"placement": "a b"}])
def test_what_cannot_be_asked_is_refused(till: Till, wrong: dict[str, Any]) -> None:
    assert till.post("/recommend", wrong, 422)["code"] == "invalid"


def test_roles_and_figures(client: Client, shop: Path) -> None:
    viewer = Till(client, "viewer")
    assert viewer.post("/recommend", {}, 403)["code"] == "forbidden"
    viewer.get("/recommend")
    Till(client).post("/recommend", {"n": 100})
    figures = page().decode()
    assert 'netlift_lists_total{kind="guest"}' in figures
    assert "netlift_lists_short_total" in figures


@pytest.mark.usefixtures("store", "shop")
def test_stock_is_asked_to_the_last_candidate() -> None:
    """However many are sold out, what is left is found."""
    count([Count(name, 0, datetime.now(UTC)) for name in CATALOGUE if name != "pot"])
    assert [one.product_id for one in choose(shelf(), Asked(3))] == ["pot"]


@pytest.mark.parametrize("odd", ["\x00", "\ud800", "💧", " ", "tea1:cup", "%", "'", "x" * 100])
def test_odd_names_are_names_like_others(till: Till, odd: str) -> None:
    """Or they are refused: no answer is a fault."""
    wanted = {"cart": [odd], "context": [odd, "tea1"], "exclude": [odd] * 300, "category": odd, "segments": [odd]}
    asks = [("recommend", {"customer_id": odd}), *(("recommend", {name: value}) for name, value in wanted.items())]
    asks += [("related/tea1", {"exclude": [odd]}), ("related/tea1", {"exclude": [odd] * 300})]
    for path, body in asks:
        told = till._client.post(
            f"/api/v1/{path}", json.dumps(body), content_type="application/json", headers=till._headers
        )
        assert told.status_code in {200, 400, 422}, told.content


def test_from_events_to_lists_and_from_answers_to_the_next_lists(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sales come in over the API, are learned from, and what is said to lists is learned from as well."""
    monkeypatch.setattr(settings, "FOLDER", replace(settings.FOLDER, root=tmp_path))
    till, events = Till(client), []
    for number in range(30):
        for place, name in enumerate(goods_of(number)):
            event = {
                "source": "till", "event_id": f"{number}-{place}", "event": "purchase", "order_id": f"{number}-{place}",
                "at": f"2026-03-0{1 + place}T10:00:00Z", "customer_id": customer(number), "currency": "EUR",
                "lines": [{"product_id": name, "quantity": 1, "list_minor": 500}],
            }  # fmt: skip
            events.append(json.dumps(event))
    assert till.lines("/events/bulk", "\n".join(events))["refused"] == 0
    hand_over(wait=timedelta(0))
    assert learned(settings.FOLDER.workspace)["customers"] == 30
    consents(ANN, *ALL)
    found = asked(till, n=2)
    assert set(products(found)) <= {*TEAS, "cup"} - set(HER)
    assert found["items"][0]["source"] == "personal"
    before = interactions(Workspace.open(settings.FOLDER.workspace))
    body = {"customer_id": ANN, "answers": [{"kind": "satisfaction", "value": 5, "product_id": products(found)[1]}]}
    till.post(f"/recommend/{found['list_id']}/feedback", body)
    assert shelf_hand_over.hand_over() == 2
    after = interactions(Workspace.open(settings.FOLDER.workspace))
    assert len(after) == len(before) + 1
    who, what = after.users.position(pseudonym(ANN)), after.items.position(products(found)[1])
    assert after.matrix[who, what] == 1


def test_files_follow_the_store_though_as_many_rows_come_as_go(till: Till, shop: Path) -> None:
    import pyarrow.parquet as pq

    for name in (ANN, customer(2)):
        consents(name, *ALL)
    asked(till, n=2)
    shelf_hand_over.hand_over()
    shelf_people.forget(pseudonym(ANN))
    asked(till, customer(2), n=2)
    shelf_hand_over.hand_over()
    (path,) = shown_folder(shop).glob("lists-*.parquet")
    assert set(pq.read_table(path)["customer_id"].to_pylist()) == {pseudonym(customer(2))}


def test_the_erased_do_not_come_back_with_old_tables(till: Till, shop: Path) -> None:
    Erasure.objects.create(
        receipt_id="r1", pseudonym=pseudonym(ANN), erased_at=timezone.now(), by="user:ann", counts={}, signature=""
    )  # fmt: skip
    assert shelf_hand_over.hand_over() == 1
    assert shelf_hand_over.hand_over() == 0
    assert files.read_head(files.place_of(shop)).customers == 79
    learned(shop, ("popular",))
    assert files.read_head(files.place_of(shop)).customers == 79  # it was remembered while it was made
    consents(ANN, *ALL)
    (files.place_of(shop) / files.FORGOTTEN).unlink()
    learned(shop)
    assert shelf_hand_over.hand_over() == 0  # who allows it again has a list again
    assert files.read_head(files.place_of(shop)).customers == 80
    assert asked(till)["personalised"]


def test_a_list_that_was_shown_while_its_customer_was_erased_goes(till: Till) -> None:
    for name in (ANN, customer(2)):
        consents(name, *ALL)
        asked(till, name)
    Consent.objects.filter(pseudonym=pseudonym(ANN)).delete()
    Erasure.objects.create(
        receipt_id="r1", pseudonym=pseudonym(ANN), erased_at=timezone.now(), by="user:ann", counts={}, signature=""
    )  # fmt: skip
    shelf_people.leave_out()
    assert [row.customer for row in ShownList.objects.all()] == [pseudonym(customer(2))]


def test_nothing_of_the_erased_stays_beside_the_lists(shop: Path, store: str) -> None:
    folder, who = files.place_of(shop), pseudonym(ANN)
    (folder / ".drafts").mkdir()
    for left in (folder / ".drafts" / "lists-000000.arrow", folder / "lists-000000-0123.arrow"):
        left.write_bytes(who.encode())
    shelf_people.forget(who)
    found = [path.name for path in folder.rglob("*") if path.is_file() and who.encode() in path.read_bytes()]
    assert found == [files.FORGOTTEN]
    shutil.rmtree(folder)
    shelf_people.forget(who)
    assert learned(shop, ("popular",))["customers"] == 79  # though nothing had been made when they were erased


def test_a_name_that_is_used_again_later_shows_a_new_list(till: Till) -> None:
    consents(ANN, *ALL)
    asked(till, request_id="daily")
    Answer.objects.all().delete()
    found = asked(till, request_id="daily")
    assert ShownList.objects.filter(list_id=found["list_id"]).exists()
    assert ShownList.objects.count() == 2


def test_goods_of_a_free_category_come_before_the_limit_gives_way(till: Till, shop: Path) -> None:
    learned(shop, most_of_category=1)
    shelf()
    settle()
    keep_products([sold("zzz", category="z"), sold("zzzz", category="z")])
    assert products(asked(till, "", n=5))[-1] == "zzz"
    assert len(products(asked(till, "", n=50))) == len(CATALOGUE) + 2


def test_the_limit_of_a_category_gives_way_before_every_product_was_looked_at(
    till: Till, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learned(shop, most_of_category=1)
    shelf()
    settle()
    keep_products([sold(f"new{number:04d}", category="new") for number in range(3_000)])
    asked_for: list[int] = []

    def counted(names: list[str]) -> dict[str, Any]:
        asked_for.append(len(names))
        return sellable(names)

    monkeypatch.setattr("netlift.service.decisions.shelf_choice.sellable", counted)
    assert len(products(asked(till, "", n=50))) == 50
    assert sum(asked_for) <= ENOUGH + len(CATALOGUE)
    monkeypatch.setattr("netlift.service.decisions.shelf_choice.ENOUGH", 10)
    asked_for.clear()
    assert len(products(asked(till, "", n=10))) == 10
    assert sum(asked_for) == len(CATALOGUE)  # what the shelf does not know is not even looked for


def test_what_was_bought_and_was_never_learned_of_may_be_bought_again(till: Till, shop: Path) -> None:
    consents(ANN, *ALL)
    learned(shop, bought="only")
    shelf()
    settle()
    keep_products([sold("zzz")])
    line = {"product_id": "zzz", "quantity": 1, "list_minor": 500}
    event = {"source": "till", "event_id": "1", "event": "purchase", "at": SINCE, "customer_id": ANN, "order_id": "1"}
    till.post("/events", event | {"currency": "EUR", "lines": [line]}, 201)
    assert sorted(products(asked(till, n=50))) == [*sorted(HER), "zzz"]


def test_of_verdicts_of_one_moment_the_worst_counts(till: Till) -> None:
    consents(ANN, *ALL)
    found = asked(till, n=3)
    bad = products(found)[1]
    answers = [{"kind": "rating", "value": 1, "product_id": bad}, {"kind": "satisfaction", "value": 5}]
    till.post(f"/recommend/{found['list_id']}/feedback", {"customer_id": ANN, "answers": answers})
    again = products(asked(till, n=3))
    assert bad not in again
    assert products(found)[0] in again


def test_satisfaction_with_a_list_does_not_bring_back_what_was_hidden(till: Till) -> None:
    consents(ANN, *ALL)
    found = asked(till, n=3)
    hidden, liked, other = products(found)
    for answers in (
        [{"kind": "hide", "product_id": hidden}, {"kind": "rating", "value": 5, "product_id": liked}],
        [{"kind": "satisfaction", "value": 1}],
        [{"kind": "satisfaction", "value": 4, "product_id": hidden}],
    ):
        till.post(f"/recommend/{found['list_id']}/feedback", {"customer_id": ANN, "answers": answers})
    again = products(asked(till, n=50))
    assert liked in again
    assert not {hidden, other} & set(again)


def test_lists_that_are_replaced_while_they_are_opened_are_opened_again(
    till: Till, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, done = files.table_of, []

    def swapped(folder: Path, file: files.File) -> Any:
        if not done:
            done.append(learned(shop, ("popular",)))
        return real(folder, file)

    monkeypatch.setattr(files, "table_of", swapped)
    assert asked(till, "")["model"] == "popular"
