"""Codes, accounts and reservations over the API."""

from typing import Any

import pytest
from django.test import Client

from netlift.service.access.models import AuditEntry
from netlift.service.api import codes as resource
from netlift.service.privacy.pseudonyms import pseudonym
from tests.service.api.test_catalogue import As

USE = {"kind": "promotion_uses", "ref": "SPRING", "amount": 1, "limit": 2}
MONEY = {"kind": "budget", "ref": "SPRING", "unit": "EUR", "amount": 500}


@pytest.fixture
def till(client: Client) -> As:
    return As(client, "operator")


@pytest.fixture
def admin(client: Client) -> As:
    return As(client, "admin")


def told(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.content
    return answer.json()


def test_a_reservation_is_made_paid_and_refunded(till: As, admin: As) -> None:
    told(admin.post("/accounts/limit", {"kind": "budget", "ref": "SPRING", "unit": "EUR", "credit": 1_000}))
    asked = {"request_id": "r1", "holds": [USE, MONEY], "customer_id": "ann@example.org", "order": "o1"}
    made = told(till.post("/reservations", asked), 201)
    assert (made["status"], made["replayed"], len(made["holds"])) == ("reserved", False, 2)
    again = told(till.post("/reservations", asked), 201)
    assert again == made | {"replayed": True}
    assert told(till.post("/reservations", asked | {"order": "o2"}), 409)["code"] == "key_reused"
    # names of requests belong to their caller
    assert told(admin.post("/reservations", asked), 201)["reservation_id"] != made["reservation_id"]
    short = told(till.post("/reservations", asked | {"request_id": "r2"}), 409)
    assert (short["code"], short["kind"], short["available"]) == ("exhausted", "promotion_uses", 0)

    place = f"/reservations/{made['reservation_id']}"
    assert told(till.post(f"{place}/commit", {"request_id": "c1", "order": "o9"}))["status"] == "committed"
    assert told(till.post(f"{place}/release", {"request_id": "l1"}), 409)["code"] == "already_committed"
    part = {"request_id": "f1", "holds": [{**MONEY, "amount": 120}]}
    assert told(till.post(f"{place}/refund", part))["status"] == "committed"
    kept = told(till.get(place))
    assert (kept["order"], [(one["kind"], one["returned"]) for one in kept["holds"]]) == (
        "o9", [("promotion_uses", 0), ("budget", 120)],
    )  # fmt: skip
    assert "customer" not in kept
    assert told(till.post(f"{place}/refund", {"request_id": "f2"}))["status"] == "refunded"
    assert told(till.get("/accounts/books"))["balanced"]
    assert told(till.get("/reservations/rsv_none"), 404)["code"] == "not_found"


def test_only_what_the_schema_allows_is_held(till: As) -> None:
    for holds in ([], [{**USE, "amount": 0}], [{**USE, "kind": "stars"}], [{**USE, "amount": 2**53}], [USE] * 101):
        assert till.post("/reservations", {"request_id": "r", "holds": holds}).status_code == 422
    asked = {"request_id": "r", "holds": [USE]}
    assert till.post("/reservations", asked | {"ttl_seconds": 30 * 86_400 + 1}).status_code == 422
    assert till.post("/reservations", asked | {"more": 1}).status_code == 422
    assert till.post("/reservations", {"request_id": "r", "holds": [{**USE, "amount": True}]}).status_code == 422


def test_grants_limits_and_withdrawals_are_written_down(admin: As, till: As) -> None:
    points = {"kind": "points", "customer_id": "Ann"}
    granted = told(admin.post("/accounts/grant", points | {"request_id": "g", "amount": 50, "reason": "welcome"}))
    assert (granted["ref"], granted["credit"]) == (pseudonym("ann"), 50)
    told(admin.post("/accounts/grant", points | {"request_id": "g", "amount": 50, "reason": "welcome"}))
    assert told(admin.post("/accounts/withdraw", points | {"request_id": "w", "amount": 20}))["spendable"] == 30
    assert told(till.post("/accounts/balance", points))["credit"] == 30
    assert told(admin.post("/accounts/withdraw", points | {"request_id": "x", "amount": 31}), 409)["available"] == 30
    pace = {"kind": "daily", "start": "2020-01-01T00:00:00Z", "end": "2020-01-03T00:00:00Z"}
    limit = {"kind": "budget", "ref": "SPRING", "unit": "EUR", "credit": 100}
    assert told(admin.post("/accounts/limit", limit | {"pace": pace}))["spendable"] == 100
    assert admin.post("/accounts/limit", limit | {"pace": {**pace, "end": pace["start"]}}).status_code == 400
    for names in ({"kind": "points"}, points | {"ref": "x"}):
        assert told(till.post("/accounts/balance", names), 400)["code"] == "no_ref"
    assert told(till.get("/accounts/liability")) == [
        {"kind": "points", "unit": "", "owed": 30, "held": 0, "spent": 0, "accounts": 1}
    ]
    done = [
        (one.action, one.details) for one in AuditEntry.objects.filter(action__startswith="ledger.").order_by("number")
    ]
    assert [action for action, _ in done] == ["ledger.granted", "ledger.withdrawn", "ledger.limited"]
    assert "Ann" not in str(done)
    assert till.post("/accounts/grant", points | {"request_id": "y", "amount": 1}).status_code == 403


def test_accounts_and_their_journal_come_page_by_page(admin: As, till: As) -> None:
    for number in range(3):
        told(admin.post("/accounts/grant", {"kind": "gift_card", "ref": "g", "request_id": f"g{number}", "amount": 5}))
    told(admin.post("/accounts/limit", {"kind": "promotion_uses", "ref": "SPRING", "credit": 5}))
    first = told(till.get("/accounts?limit=1"))
    second = told(till.get(f"/accounts?limit=1&cursor={first['next']}"))
    assert [one["kind"] for one in first["items"] + second["items"]] == ["gift_card", "promotion_uses"]
    assert told(till.get("/accounts?kind=budget"))["items"] == []
    journal = told(till.get(f"/accounts/{first['items'][0]['id']}/journal?limit=2"))
    assert [(one["verb"], one["source"], one["amount"]) for one in journal["items"]] == [("grant", "issued", 5)] * 2
    assert journal["next"]


def test_codes_are_made_written_out_found_and_claimed(till: As, admin: As) -> None:
    made = told(till.post("/codes/batches", {"name": "spring", "promotion_id": "SPRING", "count": 3}), 201)
    assert (made["made"], made["uses"]) == (3, 1)
    assert told(till.post("/codes/batches", {"name": "spring", "promotion_id": "SPRING", "count": 3}), 201) == made
    told(till.post("/codes/words", {"word": "Spring-20", "promotion_id": "SPRING"}), 201)
    assert [one["name"] for one in told(till.get("/codes/batches"))["items"]] == ["spring", "SPR1NG20"]
    out = till.get(f"/codes/batches/{made['id']}/codes")
    assert out["Content-Type"] == "text/csv; charset=utf-8"
    texts = b"".join(out.streaming_content).decode().split()
    assert len(set(texts)) == 3
    found = told(till.post("/codes/find", {"code": texts[0].lower()}))
    assert (found["promotion_id"], found["claimed"]) == ("SPRING", False)
    mine = {"request_id": "c1", "code": texts[0], "customer_id": "ann"}
    assert told(till.post("/codes/claim", mine))["claimed"]
    assert told(till.post("/codes/claim", mine | {"request_id": "c2", "customer_id": "bob"}), 409)["code"]
    assert told(till.post(f"/codes/batches/{made['id']}/end", {}))["ended_at"]
    assert told(till.get(f"/codes/batches/{made['id']}"))["ended_at"]
    assert told(till.get("/codes/batches/999999"), 404)
    done = AuditEntry.objects.filter(action__startswith="codes.").values_list("action", flat=True)
    assert set(done) == {"codes.made", "codes.exported", "codes.ended"}


def test_guessing_codes_is_throttled(till: As, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "WRONG_BY_CUSTOMER", 3)
    told(till.post("/codes/words", {"word": "SPRING20", "promotion_id": "SPRING"}), 201)
    tries = [till.post("/codes/find", {"code": f"guess{n}", "customer_id": "bob"}).status_code for n in range(5)]
    assert tries[:3] == [404] * 3
    assert 429 in tries[3:]  # a minute may end on the way
    assert "guess" not in str(till.post("/codes/find", {"code": "guess9", "customer_id": "eve"}).json())
    assert till.post("/codes/find", {"code": "spring20", "customer_id": "ann"}).status_code == 200
