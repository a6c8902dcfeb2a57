"""A promotion's way from draft to live: never without a second person, never changed on the way."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from netlift.errors import DefinitionError
from netlift.promotions.promotion import Group
from netlift.service.access.caller import Caller
from netlift.service.access.keys import make_key, recognised
from netlift.service.catalog import promotions
from netlift.service.catalog.live import live_promotions, live_tree
from netlift.service.catalog.models import PromotionVersion
from netlift.service.catalog.states import MOVES, STATES
from netlift.service.core.refusals import Conflict, Forbidden, NotFound, Refused
from tests.service.catalog.people import ANN, BEN, CAS, EVE, Log

pytestmark = pytest.mark.usefixtures("store")
NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def log(request: pytest.FixtureRequest) -> Log:
    request.getfixturevalue("store_address")
    return Log()


def ten(name: str = "ten", **more: object) -> dict[str, object]:
    return {"id": name, "benefits": [{"effect": {"kind": "percent", "off": "10"}}], **more}


def launched(name: str = "ten", **more: object) -> PromotionVersion:
    made = promotions.draft(ten(name, **more), ANN)
    promotions.submit(name, made.version, ANN)
    promotions.approve(name, made.version, BEN)
    return promotions.publish(name, made.version, ANN)


def test_a_promotion_goes_live_through_a_second_person(log: Log) -> None:
    made = promotions.draft(ten(), ANN, now=NOW)
    assert (made.version, made.state, made.revision, made.author) == (1, "draft", 1, "user:ann")
    assert not live_promotions(NOW)
    promotions.submit("ten", 1, ANN, expected=1)
    promotions.approve("ten", 1, BEN, expected=2)
    live = promotions.publish("ten", 1, ANN, expected=3, now=NOW)
    assert (live.state, live.revision, live.approved_by, live.published_at) == ("live", 4, "user:ben", NOW)
    (running,) = live_promotions(NOW)
    assert (running.id, running.version) == ("ten", 1)
    promotions.pause("ten", 1, ANN)
    assert not live_promotions(NOW)
    promotions.publish("ten", 1, ANN)
    promotions.end("ten", 1, ANN)
    assert not live_promotions(NOW)
    actions = log(subject="promotion:ten@1").values_list("action", flat=True)
    steps = ("drafted", "submitted", "approved", "published", "paused", "published", "ended")
    assert list(actions) == [f"promotion.{step}" for step in steps]


@pytest.mark.parametrize("approver", [ANN, CAS])
def test_neither_author_nor_submitter_approves(approver: Caller) -> None:
    author = ANN if approver is CAS else CAS
    promotions.draft(ten(), author)
    promotions.submit("ten", 1, approver)  # one of them wrote it, the other submitted it
    for own in (ANN, CAS):
        both = Caller(own.name, "admin", CAS.scopes)
        with pytest.raises(Forbidden, match="second person"):
            promotions.approve("ten", 1, both)
    assert promotions.approve("ten", 1, BEN).state == "approved"


def test_a_key_of_ones_own_is_no_second_person() -> None:
    promotions.draft(ten(), ANN)
    promotions.submit("ten", 1, ANN)
    _, token = make_key("mine", "approver", by=replace(ANN, role="admin", scopes=CAS.scopes))
    with pytest.raises(Forbidden, match="second person"):
        promotions.approve("ten", 1, recognised(token))
    _, token = make_key("of the shell", "approver")
    key = recognised(token)
    assert promotions.approve("ten", 1, key).approved_by == key.name


def test_the_store_itself_refuses_what_the_code_would_not_do() -> None:
    made = launched()
    row = PromotionVersion.objects.filter(pk=made.pk)
    for wrong in (
        {"approved_by": "user:ann"}, {"approved_by": ""}, {"state": "loud"}, {"definition": ten("other")},
        {"author": "user:eve"}, {"digest": "0" * 64},
    ):  # fmt: skip
        with pytest.raises(DatabaseError), transaction.atomic():
            row.update(**wrong)
    promotions.draft(ten(), ANN)
    with pytest.raises(IntegrityError), transaction.atomic():
        PromotionVersion.objects.filter(version=2).update(state="live", approved_by="user:ben")
    row.update(reason="anything else may change")


def test_every_other_step_is_a_conflict() -> None:
    made = launched()
    acts: dict[str, Callable[[], object]] = {
        "submit": lambda: promotions.submit("ten", 1, ANN),
        "approve": lambda: promotions.approve("ten", 1, BEN),
        "reject": lambda: promotions.reject("ten", 1, BEN, "no"),
        "publish": lambda: promotions.publish("ten", 1, ANN),
        "pause": lambda: promotions.pause("ten", 1, ANN),
        "end": lambda: promotions.end("ten", 1, ANN),
    }
    assert set(acts) == set(MOVES)
    for state in STATES:
        PromotionVersion.objects.filter(pk=made.pk).update(state=state)
        for step, act in acts.items():
            if state not in MOVES[step].before:
                with pytest.raises(Conflict, match=f"is {state}"):
                    act()


def test_who_saw_an_older_revision_is_refused() -> None:
    promotions.draft(ten(), ANN)
    promotions.submit("ten", 1, ANN, expected=1)
    with pytest.raises(Conflict, match="revision 2, not 1"):
        promotions.approve("ten", 1, BEN, expected=1)
    with pytest.raises(NotFound):
        promotions.submit("none", 1, ANN)


def test_a_rejected_one_is_a_draft_again_with_its_reason(log: Log) -> None:
    promotions.draft(ten(), ANN)
    promotions.submit("ten", 1, ANN)
    with pytest.raises(Refused, match="say why"):
        promotions.reject("ten", 1, BEN, "  ")
    back = promotions.reject("ten", 1, BEN, "too dear")
    assert (back.state, back.reason, back.submitted_by, back.approved_by) == ("draft", "too dear", "", "")
    entry = log(action="promotion.rejected").get()
    assert (entry.by, entry.details["reason"]) == ("user:ben", "too dear")
    assert promotions.submit("ten", 1, ANN).reason == ""


def test_a_new_version_ends_the_one_that_was_live(log: Log) -> None:
    launched()
    launched(name="ten", priority=5)
    states = list(PromotionVersion.objects.order_by("version").values_list("version", "state"))
    assert states == [(1, "ended"), (2, "live")]
    (running,) = live_promotions(NOW)
    assert (running.version, running.priority) == (2, 5)
    assert log(subject="promotion:ten@1", action="promotion.ended").exists()


def test_a_publication_that_is_refused_leaves_what_was_live() -> None:
    launched()
    promotions.draft(ten(), ANN)
    with pytest.raises(Conflict, match="is draft"):
        promotions.publish("ten", 2, ANN)
    assert [one.version for one in live_promotions(NOW)] == [1]


def test_windows_that_are_not_open_are_left_out() -> None:
    window = {"start": "2026-03-02T00:00:00+00:00", "end": "2026-03-04T00:00:00+00:00"}
    launched(window=window)
    seen = [len(live_promotions(NOW + timedelta(days=days))) for days in range(5)]
    assert seen == [0, 1, 1, 0, 0]


def test_what_the_language_does_not_allow_is_not_kept() -> None:
    for wrong in (
        {},
        ten(benefits=[]),
        ten(group="nowhere"),
        ten(colour="red"),
        {**ten(), "id": ""},
        ten("a/b"),
        ten("x" * 101),
    ):
        with pytest.raises(DefinitionError):
            promotions.draft(wrong, ANN)
    assert not PromotionVersion.objects.exists()


def test_the_lint_looks_at_it_beside_what_is_live() -> None:
    launched("first")
    made = promotions.draft(ten("second"), ANN)
    assert "overlap" in {finding["code"] for finding in made.findings}
    assert all("second" in finding["promotions"] for finding in made.findings)


def test_roles_are_kept() -> None:
    with pytest.raises(Forbidden):
        promotions.draft(ten(), EVE)
    promotions.draft(ten(), ANN)
    promotions.submit("ten", 1, ANN)
    with pytest.raises(Forbidden):
        promotions.approve("ten", 1, EVE)
    with pytest.raises(Forbidden):
        promotions.set_tree({}, ANN)


def test_the_tree_is_kept_and_fits_what_is_live() -> None:
    assert live_tree() == Group()
    promotions.set_tree({"mode": "best", "children": [{"id": "vouchers"}]}, BEN)
    launched(group="vouchers")
    assert live_tree().mode == "best"
    with pytest.raises(DefinitionError, match="vouchers"):
        promotions.set_tree({}, BEN)
    assert live_tree().mode == "best"
