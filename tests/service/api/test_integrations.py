"""Signed events, files in and out over the API."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from netlift.service.catalog.models import PromotionVersion
from netlift.service.events.models import Event
from netlift.service.hooks.signatures import signature
from netlift.service.ledger.codes import find
from netlift.service.privacy.pseudonyms import pseudonym
from netlift.service.runs.models import Job
from tests.service.api.test_people import Caller
from tests.service.integrations.test_shopify import TEN, written

EVENT = {
    "event_id": "1", "event": "view", "at": "2026-01-01T00:00:00Z", "customer_id": "ann@example.com",
    "product_id": "tea",
}  # fmt: skip


class Sender:
    """A system that signs what it sends."""

    def __init__(self, caller: Caller, source: str = "till") -> None:
        made = caller.post("/integrations/senders", {"source": source})
        assert made.status_code == 201
        self.client, self.id, self.secret = caller.client, made.json()["sender_id"], made.json()["secret"].encode()

    def send(self, told: Any, header: str | None = None, **more: Any) -> Any:
        body = told if isinstance(told, bytes) else json.dumps(told).encode()
        signed = signature(self.secret, body, timezone.now() + more.pop("off", timedelta()))
        return self.client.post(
            f"/api/v1/integrations/incoming/{more.pop('to', self.id)}", body, content_type="application/json",
            headers={"Netlift-Signature": signed if header is None else header},
        )  # fmt: skip


@pytest.fixture
def operator(client: Client) -> Caller:
    return Caller(client, "operator")


@pytest.fixture
def sender(operator: Caller) -> Sender:
    return Sender(operator)


def test_signed_events_are_kept_once(sender: Sender) -> None:
    """One or many, under the sender's source, customers as pseudonyms."""
    assert sender.send(EVENT).json() == {"accepted": 1, "repeated": 0}
    assert sender.send([EVENT, EVENT | {"event_id": "2"}]).json() == {"accepted": 1, "repeated": 1}
    assert set(Event.objects.values_list("source", "event_id", "customer")) == {
        ("till", number, pseudonym("ann@example.com")) for number in ("1", "2")
    }


def test_a_replay_is_refused(sender: Sender) -> None:
    """The same bytes with the same signature; signed anew, they are a repetition."""
    body = json.dumps(EVENT).encode()
    header = signature(sender.secret, body, timezone.now())
    assert sender.send(body, header).status_code == 200
    assert (sender.send(body, header).status_code, sender.send(body, header).json()["code"]) == (409, "replayed")
    assert sender.send(body, off=timedelta(seconds=1)).json() == {"accepted": 0, "repeated": 1}


def test_what_is_not_signed_so_is_refused_alike(sender: Sender, operator: Caller) -> None:
    """Another body, an old or missing signature, an unknown or ended sender: nobody learns which senders there are."""
    body = json.dumps(EVENT).encode()
    other = signature(sender.secret, body + b" ", timezone.now())
    unknown, wrong = sender.send(EVENT, to="snd_none"), sender.send(body, other)
    assert (unknown.status_code, unknown.json()) == (wrong.status_code, wrong.json())
    assert wrong.status_code == 401
    assert sender.send(EVENT, off=-timedelta(minutes=6)).json()["code"] == "stale_signature"
    assert sender.send(EVENT, "").status_code == 401
    operator.post(f"/integrations/senders/{sender.id}/end")
    assert sender.send(EVENT).json() == wrong.json()
    assert Event.objects.count() == 0


def test_guessing_is_slowed(sender: Sender) -> None:
    """Wrong signatures of an address are counted by all workers together."""
    answers = [sender.send(EVENT, "t=1,v1=" + "0" * 64).status_code for _ in range(31)]
    assert answers[:29] == [401] * 29
    assert answers[-1] == 429
    assert sender.send(EVENT).status_code == 429


@pytest.mark.parametrize(
    "told",
    [
        [], [EVENT] * 501, EVENT | {"source": "bank"}, EVENT | {"more": 1}, {"event_id": "1"}, [EVENT, {}], [1], "text",
        b"no json", b"", EVENT | {"at": "2999-01-01T00:00:00Z"}, [EVENT, EVENT | {"event": "purchase"}],
    ],
)  # fmt: skip
def test_all_is_kept_or_nothing(sender: Sender, told: Any) -> None:
    """A list with one event that is wrong changes nothing, and may be sent again when it is right."""
    assert 400 <= sender.send(told).status_code < 500
    assert Event.objects.count() == 0


def test_an_event_does_not_change(sender: Sender) -> None:
    """The same id with other content is a conflict, and what came with it is not kept."""
    sender.send(EVENT)
    told = sender.send([EVENT | {"event_id": "2"}, EVENT | {"product_id": "cup"}])
    assert (told.status_code, told.json()["code"]) == (409, "event_differs")
    assert Event.objects.count() == 1


def test_one_sender_per_source(operator: Caller, sender: Sender) -> None:
    """Another may come when the first has ended; secrets are never listed."""
    assert operator.post("/integrations/senders", {"source": "till"}).json()["code"] == "source_taken"
    operator.post(f"/integrations/senders/{sender.id}/end")
    second = Sender(operator)
    listed = operator.get("/integrations/senders")
    assert [one["sender_id"] for one in listed.json()["items"]] == [sender.id, second.id]
    assert "secret" not in listed.content.decode()
    assert operator.post("/integrations/senders/snd_none/end").status_code == 404


def upload(caller: Caller, path: str, text: bytes, **fields: str) -> Any:
    file = SimpleUploadedFile("file.csv", text, content_type="text/csv")
    return caller.client.post(f"/api/v1/integrations{path}", {"file": file, **fields}, headers=caller.headers)


def test_discounts_become_drafts(operator: Caller) -> None:
    """With the author's name; what is not taken is told."""
    rows = (TEN | {"End": "2999-01-01 00:00:00 +0000"}, TEN | {"Name": "OLD", "End": "2020-01-01 00:00:00 +0000"})
    told = upload(operator, "/shopify/discounts", written(*rows), currency="EUR").json()
    assert [one["promotion_id"] for one in told["drafted"]] == ["TEN"]
    assert [(one["name"], one["why"]) for one in told["refused"]] == [("OLD", "is over")]
    assert PromotionVersion.objects.get().author.startswith("key:")
    assert upload(operator, "/shopify/discounts", b"nothing", currency="EUR").status_code == 422
    assert upload(operator, "/shopify/discounts", b"", currency="euro").status_code == 422


def test_codes_come_in_with_their_terms(operator: Caller) -> None:
    """Terms have bounds, and unknown ones are refused."""
    told = upload(operator, "/codes", b"code\nTEA-1001\n", promotion_id="tea", uses="3")
    assert told.json() == {"kept": 1, "refused": []}
    assert find("TEA-1001").uses == 3
    assert upload(operator, "/codes", b"code\nX\n", promotion_id="tea", uses="0").status_code == 422


def test_orders_become_a_job(operator: Caller) -> None:
    """The library's reader takes them in, with a receipt."""
    told = upload(operator, "/shopify/orders", b"Name,Lineitem name\n")
    assert told.status_code == 202
    job = Job.objects.get(job_id=told.json()["job_id"])
    assert (job.kind, job.arguments) == ("ingest", {"names": ["file.csv"], "kind": "shopify_orders"})


def test_an_unknown_plan_is_not_exported(operator: Caller) -> None:
    """Nor one whose name is none."""
    assert operator.get(f"/integrations/shopify/plans/{'0' * 64}").status_code == 404
    assert operator.get("/integrations/shopify/plans/..").status_code in {404, 422}
