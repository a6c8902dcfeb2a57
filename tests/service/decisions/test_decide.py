"""What a customer is offered: by plan, by consent, once per request, and logged as the experiment that it is."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from netlift.service.api.decide import DecisionOut
from netlift.service.decisions.models import Exposure
from netlift.service.privacy.consent import set_consent
from netlift.service.privacy.pseudonyms import pseudonym
from tests.service.decisions.shop import (
    CART,
    SHELF,
    TEN,
    THRESHOLD,
    Till,
    consents,
    percent,
    plan,
    publish,
    publish_plan,
)

ALL = ("personalisation", "measurement")


@pytest.fixture
def till(client: Client) -> Till:
    return Till(client)


def offers(answer: dict) -> dict[str, str]:
    return {one["offer_id"]: one["status"] for one in answer["offers"]}


def test_a_customer_of_the_plan_gets_their_offer_with_its_reasons(till: Till) -> None:
    plan_id = publish_plan()
    consents("c1", *ALL)
    found = till.post("/decide", {"customer_id": "c1", "request_id": "r1", "cart": CART})
    DecisionOut.model_validate(found, extra="forbid")
    assert offers(found) == {THRESHOLD: "given", SHELF: "public"}
    mine = found["offers"][0]
    assert (mine["reasons"], mine["propensity"], mine["arm"]) == (
        ["measured_by_experiment", "average_for_all"], 0.9, "treatment",
    )  # fmt: skip
    assert (found["plan_id"], found["request_id"], found["personalised"]) == (plan_id, "r1", True)
    assert found["quote"]["applied"] == [SHELF, THRESHOLD]
    assert found["quote"]["payable"] == 4200 - 450 - 500


def test_a_request_is_answered_once_and_exposed_once(till: Till) -> None:
    publish_plan()
    consents("c1", *ALL)
    asked = {"customer_id": "c1", "request_id": "r1"}
    first = till.post("/decide", asked)
    publish(percent("more", "5"))  # what has changed since does not change the answer
    assert till.post("/decide", asked) == first
    row = Exposure.objects.get()
    assert row.promotion_id == f"{THRESHOLD}@{first['plan_id'][:8]}"
    assert (row.customer, row.arm, row.propensity, row.channel) == (pseudonym("c1"), "treatment", 0.9, "email")
    other = till.post("/decide", asked | {"channel": "web"}, status=409)
    assert other["code"] == "request_id_reused"
    till.post("/decide", asked | {"request_id": "r2"})
    assert Exposure.objects.count() == 2


def test_two_programs_may_use_the_same_request_id(client: Client) -> None:
    publish_plan()
    assert Till(client).post("/decide", {"request_id": "r"}) != Till(client).post(
        "/decide", {"request_id": "r", "customer_id": "c1"}
    )


def test_the_hold_out_gets_nothing_and_is_logged_as_control(till: Till) -> None:
    publish_plan()
    consents("c3", *ALL)
    found = till.post("/decide", {"customer_id": "c3", "explain": True})
    assert offers(found) == {SHELF: "public"}
    assert {one["offer_id"]: one["status"] for one in found["others"]} == {THRESHOLD: "withheld", TEN: "not_addressed"}
    row = Exposure.objects.get()
    assert (row.arm, row.propensity) == ("control", 0.1)
    till.post("/decide", {"customer_id": "c3", "shown": False})
    assert Exposure.objects.count() == 1


def test_consent_counts_from_the_next_request_on(till: Till) -> None:
    publish_plan()
    asked = {"customer_id": "c1"}
    nobody = till.post("/decide", asked)
    assert (offers(nobody), nobody["personalised"], nobody["exposures"]) == ({SHELF: "public"}, False, 0)
    consents("c1", "personalisation")
    found = till.post("/decide", asked)
    assert (offers(found)[THRESHOLD], found["personalised"], found["exposures"]) == ("given", True, 0)
    consents("c1", "measurement")
    assert till.post("/decide", asked)["exposures"] == 1
    for purpose in ALL:
        set_consent("c1", purpose, granted=False)
    assert offers(till.post("/decide", asked)) == {SHELF: "public"}
    assert Exposure.objects.count() == 1


def test_a_request_sent_again_after_a_withdrawal_is_answered_anew(till: Till) -> None:
    publish_plan()
    consents("c1", *ALL)
    consents("c2", *ALL)
    asked = {"customer_id": "c1", "request_id": "visit-1"}
    other = {"customer_id": "c2", "request_id": "visit-2"}
    before, others = till.post("/decide", asked), till.post("/decide", other)
    assert (till.post("/decide", asked), before["personalised"]) == (before, True)
    set_consent("c1", "personalisation", granted=False)
    again = till.post("/decide", asked)
    assert (offers(again), again["personalised"]) == ({SHELF: "public"}, False)
    assert till.post("/decide", asked) == again
    assert till.post("/decide", other) == others


def test_measuring_without_personalisation_logs_nobody(till: Till) -> None:
    publish_plan()
    consents("c1", "measurement")
    assert till.post("/decide", {"customer_id": "c1"})["exposures"] == 0
    assert not Exposure.objects.exists()


def test_a_guest_meets_what_is_public(till: Till) -> None:
    publish_plan()
    assert offers(till.post("/decide", {})) == {SHELF: "public"}
    assert offers(till.post("/decide", {"customer_id": "  "})) == {SHELF: "public"}
    unknown = till.post("/decide", {"customer_id": "never seen"})
    assert offers(unknown) == {SHELF: "public"}


def test_without_a_plan_decide_says_so_and_a_new_plan_is_seen_at_once(till: Till) -> None:
    assert till.post("/decide", {"request_id": "r1"}, status=503)["code"] == "no_plan"
    first = publish_plan()
    assert till.post("/decide", {"request_id": "r1"})["plan_id"] == first
    second = publish_plan(plan(budget=50_000))
    assert till.post("/decide", {"request_id": "r2"})["plan_id"] == second != first


def test_a_decision_takes_few_statements(till: Till) -> None:
    publish_plan()
    publish(*(percent(f"p{i}", str(1 + i), limits={"total": 9, "per_customer": 1, "budget": 900}) for i in range(20)))
    consents("c1", *ALL, "marketing")
    asked = {"customer_id": "c1", "cart": CART}
    till.post("/decide", asked)
    with CaptureQueriesContext(connection) as seen:
        till.post("/decide", asked | {"request_id": "r1"})
    reads = [one["sql"] for one in seen if one["sql"].lstrip("( ").startswith("SELECT")]
    writes = [one["sql"] for one in seen if one["sql"].startswith("INSERT")]
    assert len(reads) <= 5, reads  # key, answer, what is live, consent, accounts
    assert len(writes) == 2, writes  # answer, exposures
