"""A person's rights and consent over the API: bodies name people, addresses, answers and logs do not."""

import json
import logging
import os
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings
from django.test import Client

from netlift.service.access.keys import make_key
from netlift.service.access.models import AuditEntry
from netlift.service.core.folder import Folder
from netlift.service.privacy import people, retention
from netlift.service.privacy.consent import allows
from netlift.service.privacy.pseudonyms import pseudonym

ANN = "ann@example.com"


class Caller:
    """A program with a key."""

    def __init__(self, client: Client, role: str = "admin") -> None:
        _, token = make_key(role, role)
        self.client, self.headers = client, {"Authorization": f"Bearer {token}"}

    def post(self, path: str, body: Any = None, kind: str = "application/json") -> Any:
        data = body if isinstance(body, bytes) else json.dumps({} if body is None else body)
        return self.client.post(f"/api/v1{path}", data, content_type=kind, headers=self.headers)

    def get(self, path: str) -> Any:
        return self.client.get(f"/api/v1{path}", headers=self.headers)


@pytest.fixture
def admin(client: Client) -> Caller:
    return Caller(client)


def test_all_that_is_kept_is_told(admin: Caller) -> None:
    """And that somebody asked stands in the log, by pseudonym."""
    people.keep(ANN, {"email": ANN})
    admin.post("/consent", {"customer_id": ANN, "purpose": "marketing", "granted": True, "source": "checkout"})
    told = admin.post("/people/export", {"customer_id": ANN})
    assert told.status_code == 200
    assert told.json()["fields"] == {"email": ANN}
    assert told.json()["consent"][0]["source"] == "checkout"
    assert {"pseudonym", "held_by", "erased_at", "exported_at"} <= set(told.json())
    entry = AuditEntry.objects.get(action="person.exported")
    assert (entry.subject, ANN in str(entry.details)) == (pseudonym(ANN), False)


def test_an_erasure_has_a_receipt_that_anybody_can_check(admin: Caller) -> None:
    """The signature is over the documented bytes."""
    people.keep(ANN, {"email": ANN})
    first, second = (admin.post("/people/erase", {"customer_id": ANN}).json() for _ in range(2))
    assert (first["counts"]["privacy"], first["repeated"], second["repeated"]) == (2, False, True)
    assert second == first | {"repeated": True}
    said = {name: first[name] for name in ("receipt_id", "pseudonym", "erased_at", "by", "counts")}
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(first["signed_by"]))
    key.verify(bytes.fromhex(first["signature"]), text)
    assert admin.post("/people/export", {"customer_id": ANN}).json()["fields"] == {}
    assert [one["receipt_id"] for one in admin.get("/people/erasures").json()["items"]] == [first["receipt_id"]]
    assert AuditEntry.objects.filter(action="person.erased", subject=pseudonym(ANN)).count() == 2


def test_consent_counts_from_the_next_request_on(admin: Caller) -> None:
    """One by one or in a stream; the answer is what holds now."""
    said = {"customer_id": ANN, "purpose": "personalisation", "granted": True, "at": "2026-01-01T00:00:00Z"}
    assert admin.post("/consent", said).json()["allowed"] == ["personalisation"]
    assert allows(pseudonym(ANN), "personalisation")
    lines = [said | {"granted": False, "at": "2026-01-02T00:00:00Z"}, said | {"purpose": "fun"}, {"customer_id": " "}]
    told = admin.post("/consent/bulk", "\n".join(map(json.dumps, lines)).encode(), "application/x-ndjson").json()
    assert (told["kept"], told["refused"], [one["line"] for one in told["errors"]]) == (1, 2, [2, 3])
    told = admin.post("/consent/read", {"customer_id": ANN}).json()
    assert (told["allowed"], [one["granted"] for one in told["history"]]) == ([], [True, False])


@pytest.mark.parametrize(
    "wrong",
    [{"customer_id": " "}, {"customer_id": "x" * 201}, {"purpose": "fun"}, {"at": "2026-01-01T00:00:00"}, {"more": 1}],
)
def test_what_is_not_asked_for_is_refused(admin: Caller, wrong: dict[str, object]) -> None:
    """Blanks, lengths, unknown purposes, moments without a zone, unknown members."""
    said = {"customer_id": ANN, "purpose": "marketing", "granted": True} | wrong
    assert admin.post("/consent", said).status_code == 422


def test_how_long_data_stays_can_be_told_and_changed(admin: Caller) -> None:
    """The dry run is the answer; only known kinds and whole days."""
    kinds = {one["kind"]: one["days"] for one in admin.get("/people/retention").json()}
    assert kinds["news"] == 30
    changed = admin.post("/people/retention", {"kind": "news", "days": 7}).json()
    assert {one["kind"]: one["days"] for one in changed}["news"] == 7
    assert admin.post("/people/retention", {"kind": "nothing", "days": 7}).status_code == 404
    assert admin.post("/people/retention", {"kind": "news", "days": 0}).status_code == 422
    assert AuditEntry.objects.filter(action="retention.set").count() == 1


def test_no_line_of_the_log_names_anybody(admin: Caller, caplog: pytest.LogCaptureFixture) -> None:
    """Neither a request that is answered nor one that fails."""
    with caplog.at_level(logging.DEBUG):
        admin.post("/people/erase", {"customer_id": ANN})
        admin.post("/consent", {"customer_id": ANN, "purpose": "fun", "granted": True})
        admin.post("/people/export", {"customer_id": ANN})
    assert ANN not in caplog.text + repr([record.__dict__ for record in caplog.records])


def test_keys_are_rotated_and_retired(admin: Caller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In two steps, each noted in the log; the worker does what lies between."""
    folder = Folder(tmp_path)
    (tmp_path / "secrets.json").write_bytes((settings.FOLDER.root / "secrets.json").read_bytes())
    monkeypatch.setattr(settings, "FOLDER", folder)
    people.keep(ANN, {"email": ANN})
    before = admin.get("/people/keys").json()
    told = admin.post("/people/keys/rotate")
    assert (told.status_code, told.json()["left"]) == (202, {before["newest"]: 1})
    assert admin.post("/people/keys/retire").json()["code"] == "too_early"
    os.utime(tmp_path / "secrets.json", (0, 0))
    retention.sweep()
    assert admin.post("/people/keys/retire").json() == {"newest": told.json()["newest"], "left": {}}
    assert people.read(ANN) == {"email": ANN}
    assert AuditEntry.objects.filter(action__in=["keys.rotated", "keys.retired"]).count() == 2
