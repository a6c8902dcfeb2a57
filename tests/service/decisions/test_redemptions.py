"""From a price to a paid order and back: nothing twice, nothing beyond its limit, every return to the cent."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from netlift.promotions.documents import read_quote, to_json
from netlift.service.api.quote import QuotedOut
from netlift.service.api.redemptions import RedemptionOut
from netlift.service.core.refusals import Expired
from netlift.service.decisions import settle
from netlift.service.decisions.models import Redemption
from netlift.service.ledger import accounts, books, codes
from netlift.service.ledger.accounts import balance
from netlift.service.ledger.pace import Pace
from netlift.service.ledger.sweep import sweep
from netlift.service.privacy.pseudonyms import pseudonym
from tests.service.decisions.shop import CART, THRESHOLD, Till, consents, percent, plan, publish, publish_plan

LIMITED = percent("ten", "10", limits={"total": 2, "per_customer": 1, "budget": 10_000}, currency="EUR")


@pytest.fixture
def till(client: Client) -> Till:
    return Till(client)


def order(number: int, **more: Any) -> dict[str, Any]:
    return {"request_id": f"o{number}", "customer_id": f"customer {number}", "cart": CART, **more}


def balanced() -> None:
    assert books.reconcile().balanced


# quotes


def test_a_quote_tells_what_applied_and_why_the_rest_did_not(till: Till) -> None:
    publish(LIMITED, percent("code", "20", trigger={"kind": "code", "codes": ["SPRING"]}))
    found = till.post("/quote", {"cart": CART})
    QuotedOut.model_validate(found, extra="forbid")
    assert found["quote"]["applied"] == ["ten"]
    assert found["quote"]["refusals"]["code"] == {"why": "needs_code", "text": "its code was not entered"}
    assert (found["plan_id"], found["quote"]["payable"]) == (None, 3780)
    chinese = till.post("/quote", {"cart": CART, "language": "zh_CN", "codes": [" spring "], "explain": True})
    assert chinese["quote"]["applied"] == ["code", "ten"]
    assert [one["promotion"] for one in chinese["trace"]] == ["code", "ten"]


def test_a_quote_is_what_the_library_would_have_written(till: Till) -> None:
    publish(
        LIMITED,
        percent("shipping", "5"),
        {"id": "gift", "benefits": [{"effect": {"kind": "gift", "product": "mug", "unit_price": 500}}]},
    )
    found = till.post("/quote", {"cart": CART | {"shipping": [{"id": "parcel", "price": 495}]}})["quote"]
    codes_, payable = found.pop("codes"), found.pop("payable")
    found["refusals"] = {name: one["why"] for name, one in found["refusals"].items()}
    assert to_json(read_quote(found)) == found
    assert (codes_, payable) == ([], read_quote(found).payable)
    assert [line["id"] for line in found["lines"]][:2] == ["tea", "cup"]
    assert len(found["lines"]) == 3


def test_a_quote_sent_again_is_the_same_and_changes_nothing(till: Till) -> None:
    publish(LIMITED)
    first = till.post("/quote", {"request_id": "q", "cart": CART})
    publish(percent("more", "5"))
    assert till.post("/quote", {"request_id": "q", "cart": CART}) == first
    assert till.post("/quote", {"cart": CART})["quote"]["payable"] < first["quote"]["payable"]
    assert not Redemption.objects.exists()


def test_a_wrong_cart_is_told_where(till: Till) -> None:
    wrong = {"currency": "EUR", "lines": [{"id": "a", "unit_price": -1, "quantity": 1}]}
    assert till.post("/quote", {"cart": wrong}, status=422)["errors"][0]["at"].endswith("lines.0.unit_price")
    twice = {"currency": "EUR", "lines": [CART["lines"][0], CART["lines"][0]]}
    assert "two lines" in till.post("/quote", {"cart": twice}, status=422)["detail"]
    assert till.post("/quote", {"cart": CART | {"currency": "XQX"}}, status=422)["code"] == "not_processable"


def test_an_empty_cart_costs_nothing(till: Till) -> None:
    assert till.post("/quote", {"cart": {"currency": "EUR", "lines": []}})["quote"]["payable"] == 0


# redemptions


def test_limits_hold_and_a_request_counts_once(till: Till) -> None:
    publish(LIMITED)
    first = till.post("/redemptions", order(1), status=201)
    RedemptionOut.model_validate(first, extra="forbid")
    assert (first["status"], first["to_pay"]) == ("reserved", 3780)
    assert till.post("/redemptions", order(1), status=201) == first
    assert till.post("/redemptions", order(1, order="A1"), status=409)["code"] == "request_id_reused"
    again = till.post("/redemptions", order(1) | {"request_id": "other"}, status=201)
    assert again["quote"]["refusals"]["ten"]["why"] == "customer_limit_reached"
    till.post("/redemptions", order(2), status=201)
    third = till.post("/redemptions", order(3), status=201)
    assert (third["to_pay"], third["reservation_id"]) == (4200, None)
    assert third["quote"]["refusals"]["ten"]["why"] == "limit_reached"
    assert till.post("/quote", {"cart": CART})["quote"]["refusals"]["ten"]["why"] == "limit_reached"
    till.post(f"/redemptions/{first['redemption_id']}/release")
    assert till.post("/quote", {"cart": CART})["quote"]["applied"] == ["ten"]
    balanced()


def test_the_price_that_was_shown_is_the_price_or_nothing_is_reserved(till: Till) -> None:
    publish(LIMITED)
    changed = till.post("/redemptions", order(1, to_pay=3700), status=409)
    assert (changed["code"], changed["to_pay"]) == ("price_changed", 3780)
    assert not Redemption.objects.exists()
    assert till.post("/redemptions", order(1, to_pay=3780), status=201)["to_pay"] == 3780


def test_commit_and_release_are_done_once(till: Till) -> None:
    publish(LIMITED)
    place = f"/redemptions/{till.post('/redemptions', order(1), status=201)['redemption_id']}"
    assert till.get(place)["status"] == "reserved"
    done = till.post(f"{place}/commit", {"order": "A1"})
    assert (done["status"], done["order"]) == ("committed", "A1")
    assert till.post(f"{place}/commit", {"order": "A1"}) == done == till.get(place)
    assert till.post(f"{place}/release", status=409)["code"] == "committed"
    assert balance("promotion_uses", "ten").spent == 1
    other = f"/redemptions/{till.post('/redemptions', order(2), status=201)['redemption_id']}"
    assert till.post(f"{other}/release")["status"] == "released"
    assert till.post(f"{other}/release")["status"] == "released"
    assert till.post(f"{other}/commit", status=409)["code"] == "released"
    assert till.get("/redemptions/rdm_none", status=404)["code"] == "not_found"
    balanced()


def test_a_redemption_whose_time_is_over_cannot_be_paid(till: Till) -> None:
    publish(LIMITED)
    made = till.post("/redemptions", order(1, ttl_seconds=60), status=201)
    later = timezone.now() + timedelta(seconds=61)
    with pytest.raises(Expired):
        settle.commit(made["redemption_id"], now=later)
    assert '"expired"' in settle.found(made["redemption_id"], now=later).body
    assert sweep(later) == 1
    assert balance("promotion_uses", "ten").held == 0
    balanced()


def test_a_return_pays_back_each_units_part_and_frees_its_budget(till: Till) -> None:
    publish(LIMITED)
    place = f"/redemptions/{till.post('/redemptions', order(1), status=201)['redemption_id']}"
    assert till.post(f"{place}/refund", {"request_id": "b", "units": {"tea": 1}}, status=409)["code"] == "not_committed"
    till.post(f"{place}/commit")
    assert balance("budget", "ten", "EUR").spent == 420
    first = till.post(f"{place}/refund", {"request_id": "b1", "units": {"tea": 1}})
    RedemptionOut.model_validate(first, extra="forbid")
    assert (first["refund"]["amount"], first["status"]) == (1350, "committed")
    assert till.post(f"{place}/refund", {"request_id": "b1", "units": {"tea": 1}}) == first
    assert till.post(f"{place}/refund", {"request_id": "b1", "units": {"tea": 2}}, status=409)
    assert (balance("budget", "ten", "EUR").spent, balance("promotion_uses", "ten").spent) == (270, 1)
    assert "still out" in till.post(f"{place}/refund", {"request_id": "b2", "units": {"tea": 2}}, status=422)["detail"]
    last = till.post(f"{place}/refund", {"request_id": "b3", "units": {"tea": [1], "cup": 1}})
    assert (last["refund"]["amount"], last["returned"], last["status"]) == (3780 - 1350, 3780, "refunded")
    assert (balance("budget", "ten", "EUR").spent, balance("promotion_uses", "ten").spent) == (0, 0)
    balanced()


def test_the_plans_budget_is_never_exceeded(till: Till) -> None:
    publish_plan(plan(budget=1_400))  # each order of c1 and c2 takes 4.50 for the shelf and 5.00 of its own
    for name in ("c1", "c2"):
        consents(name, "personalisation")
    first = till.post("/redemptions", order(1, customer_id="c1"), status=201)
    assert first["to_pay"] == 3250
    second = till.post("/redemptions", order(2, customer_id="c2"), status=201)
    assert second["to_pay"] == 3750  # what is left pays for the shelf
    assert second["quote"]["refusals"][THRESHOLD]["why"] == "budget_spent"
    assert till.post("/redemptions", order(3), status=201)["to_pay"] == 4200
    assert till.post("/decide", {"customer_id": "c2"})["offers"] == []
    balanced()


def test_a_limit_in_the_ledger_binds_beside_the_definitions(till: Till) -> None:
    publish(LIMITED)
    accounts.set_limit("promotion_uses", "ten", 1)
    till.post("/redemptions", order(1), status=201)
    assert till.post("/quote", {"cart": CART})["quote"]["refusals"]["ten"]["why"] == "limit_reached"
    assert till.post("/redemptions", order(2), status=201)["quote"]["refusals"]["ten"]["why"] == "limit_reached"


def test_a_new_version_may_raise_its_limit(till: Till) -> None:
    publish(LIMITED)
    for number in (1, 2):
        till.post("/redemptions", order(number), status=201)
    publish(LIMITED | {"limits": {"total": 3, "budget": 10_000}})
    assert till.post("/redemptions", order(3), status=201)["quote"]["applied"] == ["ten"]
    assert till.post("/redemptions", order(4), status=201)["quote"]["applied"] == []


def test_a_paced_budget_gives_what_its_pace_allows(till: Till) -> None:
    publish(LIMITED)
    today = timezone.now()
    accounts.open(
        "budget", "ten", "EUR", 10_000, pace=Pace.daily(today - timedelta(hours=1), today + timedelta(days=20))
    )
    first = till.post("/redemptions", order(1), status=201)
    assert first["to_pay"] == 4200 - 420
    second = till.post("/redemptions", order(2), status=201)
    assert second["to_pay"] == 4200 - (10_000 // 21 - 420)  # what is left of the first day, the budget being partial


def test_segments_are_read_with_consent_only(till: Till) -> None:
    publish(percent("gold", "10", audience={"fact": "customer.segments", "op": "==", "value": "gold"}))
    asked = {"cart": CART, "customer_id": "c1", "segments": ["gold"]}
    assert till.post("/quote", asked)["quote"]["refusals"]["gold"]["why"] == "fact_unknown"
    consents("c1", "personalisation")
    assert till.post("/quote", asked)["quote"]["applied"] == ["gold"]


# codes, points, cards and what is earned


def test_a_code_of_a_batch_is_used_once(till: Till) -> None:
    publish(percent("gift", "50", trigger={"kind": "token"}))
    (text,) = codes.export(codes.make_batch("spring", "gift", 1))
    asked = {"cart": CART, "codes": [text.lower()]}
    quoted = till.post("/quote", asked)["quote"]
    assert (quoted["applied"], quoted["codes"]) == (
        ["gift"],
        [{"code": text.lower(), "promotion_id": "gift", "why": None}],
    )
    place = f"/redemptions/{till.post('/redemptions', order(1, codes=[text]), status=201)['redemption_id']}"
    second = till.post("/redemptions", order(2, codes=[text]), status=201)["quote"]
    assert (second["applied"], second["codes"][0]["why"]) == ([], "used_up")
    till.post(f"{place}/release")
    assert till.post("/redemptions", order(3, codes=[text]), status=201)["quote"]["applied"] == ["gift"]
    balanced()


def test_guessing_codes_is_throttled(till: Till) -> None:
    publish(LIMITED)
    asked = {"cart": CART, "customer_id": "guesser", "codes": ["NONESUCH1"]}
    answers = [till.post("/quote", asked, status=None if one < 20 else 429) for one in range(22)]
    assert answers[0]["quote"]["codes"] == [{"code": "NONESUCH1", "promotion_id": None, "why": "unknown_code"}]
    assert answers[-1]["code"] == "throttled"
    assert till.post("/quote", asked | {"customer_id": "honest"})["quote"]["codes"][0]["why"] == "unknown_code"


def test_points_are_spent_within_what_is_owned_and_come_back(till: Till) -> None:
    publish({"id": "pay", "benefits": [{"effect": {"kind": "burn", "points": 100, "worth": 100}}]})
    accounts.grant("g", "points", pseudonym("customer 1"), 1_000)
    made = till.post("/redemptions", order(1, points=5_000), status=201)
    assert (made["to_pay"], made["quote"]["points_burned"]) == (3200, 1_000)
    place = f"/redemptions/{made['redemption_id']}"
    till.post(f"{place}/commit")
    assert till.post("/redemptions", order(2, customer_id="customer 1", points=100), status=201)["to_pay"] == 4200
    whole = till.post(f"{place}/refund", {"request_id": "b", "units": {"tea": 2, "cup": 1}})
    assert (whole["refund"]["amount"], whole["refund"]["points_returned"]) == (3200, 1_000)
    assert balance("points", pseudonym("customer 1")).spendable == 1_000
    balanced()


def test_a_deposit_of_a_pre_sale_grows_and_pays_a_part(till: Till) -> None:
    publish({"id": "presale", "benefits": [{"effect": {"kind": "deposit", "times": "3"}}]})
    who = pseudonym("customer 1")
    accounts.grant("d", "wallet", f"deposit:presale:{who}", 500, "EUR")
    assert till.post("/quote", {"cart": CART})["quote"]["refusals"]["presale"]["why"] == "not_chosen"
    made = till.post("/redemptions", order(1), status=201)
    assert (made["to_pay"], made["paid_with"]) == (3200, 500)  # 5.00 count as 15.00, of which 5.00 were paid before
    place = f"/redemptions/{made['redemption_id']}"
    till.post(f"{place}/commit")
    assert till.post("/quote", {"cart": CART, "customer_id": "customer 1"})["quote"]["applied"] == []
    back = till.post(f"{place}/refund", {"request_id": "b", "units": {"tea": 2, "cup": 1}})["refund"]
    assert (back["amount"], back["to_cards"], back["to_money"]) == (3200, 500, 2700)
    assert balance("wallet", f"deposit:presale:{who}", "EUR").spendable == 500
    balanced()


def test_what_an_order_earns_is_granted_when_paid_and_taken_back(till: Till) -> None:
    publish(
        {"id": "earn", "benefits": [{"effect": {"kind": "points", "points": 42}}]},
        {
            "id": "next",
            "benefits": [{"effect": {"kind": "next_order_coupon", "amount": 300, "minimum": 2000, "valid_days": 30}}],
            "currency": "EUR",
        },
    )
    place = f"/redemptions/{till.post('/redemptions', order(1), status=201)['redemption_id']}"
    paid = till.post(f"{place}/commit")
    assert till.post(f"{place}/commit") == paid
    who = pseudonym("customer 1")
    assert balance("points", who).spendable == 42
    (coupon,) = paid["coupons"]
    used = order(2, customer_id="customer 1", pay_with=[{"kind": "coupon", "ref": coupon["ref"], "amount": 300}])
    stolen = used | {"customer_id": "customer 2"}
    assert till.post("/redemptions", stolen, status=400)["code"] == "no_such_coupon"
    small = {"currency": "EUR", "lines": [{"id": "a", "unit_price": 500, "quantity": 1}]}
    assert till.post("/redemptions", used | {"cart": small}, status=400)["code"] == "below_minimum"
    assert till.post("/redemptions", used, status=201)["paid_with"] == 300
    back = till.post(f"{place}/refund", {"request_id": "b", "units": {"tea": 2, "cup": 1}})
    assert back["refund"]["points"] == 42
    assert balance("points", who).spendable == 0
    balanced()


def test_a_gift_card_pays_a_part_and_is_refunded_first(till: Till) -> None:
    accounts.grant("g", "gift_card", "card", 2_000, "EUR")
    card = [{"kind": "gift_card", "ref": "card", "amount": 1_500}]
    made = till.post("/redemptions", order(1, pay_with=card), status=201)
    assert (made["to_pay"], made["paid_with"]) == (4200, 1500)
    place = f"/redemptions/{made['redemption_id']}"
    till.post(f"{place}/commit")
    short = till.post("/redemptions", order(2, pay_with=card), status=409)
    assert (short["code"], short["available"]) == ("exhausted", 500)
    much = [{"kind": "gift_card", "ref": "card", "amount": 5_000}]
    assert till.post("/redemptions", order(3, pay_with=much), status=400)["code"] == "paid_too_much"
    cup = till.post(f"{place}/refund", {"request_id": "b1", "units": {"cup": 1}})["refund"]
    assert (cup["to_cards"], cup["to_money"]) == (1200, 0)
    rest = till.post(f"{place}/refund", {"request_id": "b2", "units": {"tea": 2}})["refund"]
    assert (rest["to_cards"], rest["to_money"]) == (300, 2700)
    assert balance("gift_card", "card", "EUR").spendable == 2_000
    balanced()


def test_a_return_is_priced_with_the_promotions_of_then(till: Till) -> None:
    publish(LIMITED)
    place = f"/redemptions/{till.post('/redemptions', order(1), status=201)['redemption_id']}"
    till.post(f"{place}/commit")
    publish(percent("another", "30"))
    assert till.post(f"{place}/refund", {"request_id": "b", "units": {"cup": 1}})["refund"]["amount"] == 1080
