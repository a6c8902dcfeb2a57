"""Keys and the audit log through the API, and the figures for Prometheus."""

from datetime import timedelta

import pytest
from django.test import Client, override_settings
from django.utils import timezone

from netlift.service.access.admission import WRONG_PER_MINUTE
from netlift.service.access.keys import make_key, recognised
from netlift.service.access.models import AuditEntry


def _ask(client: Client, method: str, path: str, token: str, body: object = None):  # type: ignore[no-untyped-def]
    headers = {"Authorization": f"Bearer {token}"}
    if method == "GET":
        return client.get(f"/api/v1/{path}", headers=headers)
    return client.post(f"/api/v1/{path}", body, content_type="application/json", headers=headers)


def test_a_key_is_made_listed_used_and_ended(client: Client) -> None:
    maker, token = make_key("admin", "admin")
    made = _ask(client, "POST", "keys", token, {"name": "till", "role": "operator", "scopes": ["decide"]}).json()
    assert recognised(made["token"]).scopes == {"decide"}
    listed = _ask(client, "GET", "keys", token)
    assert [key["name"] for key in listed.json()["items"]] == ["admin", "till"]
    assert made["token"].split(".")[1] not in listed.content.decode()
    ended = _ask(client, "POST", f"keys/{made['key_id']}/revoke", token).json()
    assert _ask(client, "POST", f"keys/{made['key_id']}/revoke", token).json()["revoked_at"] == ended["revoked_at"]
    assert _ask(client, "GET", "keys", made["token"]).json()["code"] == "key_ended"
    assert _ask(client, "POST", "keys/key_none/revoke", token).status_code == 404
    found = AuditEntry.objects.filter(subject=made["key_id"]).order_by("number").values_list("action", "by")
    assert list(found) == [("key.made", f"key:{maker.key_id}"), ("key.revoked", f"key:{maker.key_id}")]


def test_a_key_can_do_no_more_than_its_maker(client: Client) -> None:
    _, token = make_key("keys only", "admin", frozenset({"keys:write"}))
    refused = _ask(client, "POST", "keys", token, {"name": "all", "role": "admin"})
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    own = {"name": "keys too", "role": "admin", "scopes": ["keys:write"]}
    assert _ask(client, "POST", "keys", token, own).status_code == 201


def test_a_key_that_would_have_ended_already_is_not_made(client: Client) -> None:
    _, token = make_key("admin", "admin")
    over = {"name": "x", "role": "viewer", "expires_at": (timezone.now() - timedelta(days=1)).isoformat()}
    assert _ask(client, "POST", "keys", token, over).json()["code"] == "already_over"


def test_the_log_is_read_by_page_and_verified(client: Client) -> None:
    _, token = make_key("admin", "admin")
    for number in range(3):
        _ask(client, "POST", "keys", token, {"name": f"k{number}", "role": "viewer"})
    first = _ask(client, "GET", "log?action=key.made&limit=3", token).json()
    rest = _ask(client, "GET", f"log?action=key.made&limit=3&cursor={first['next']}", token).json()
    numbers = [entry["number"] for entry in first["items"] + rest["items"]]
    assert len(numbers) == len(set(numbers)) >= 4
    assert numbers == sorted(numbers)
    chain = _ask(client, "GET", "log/verify", token).json()
    assert (chain["broken"], chain["length"]) == (None, AuditEntry.objects.count())


def test_figures_count_requests_by_route_and_not_by_address(client: Client) -> None:
    _, token = make_key("admin", "admin")
    _ask(client, "POST", "keys/somebody@example.org/revoke", token)
    told = _ask(client, "GET", "metrics", token)
    assert told["Content-Type"].startswith("text/plain")
    assert (
        'netlift_requests_total{method="POST",route="api/v1/keys/<key_id>/revoke",status="404"}'
        in told.content.decode()
    )
    assert "somebody" not in told.content.decode()


@pytest.fixture
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute that does not turn in between."""
    monkeypatch.setattr("netlift.service.access.throttle.time.time", lambda: 1_800_000_015.0)


@pytest.mark.usefixtures("noon")
def test_wrong_keys_are_counted_by_address_and_right_ones_pass(client: Client) -> None:
    _, token = make_key("admin", "admin")
    found = [_ask(client, "GET", "keys", f"{token}x") for _ in range(WRONG_PER_MINUTE + 1)]
    assert [told.status_code for told in found] == [401] * WRONG_PER_MINUTE + [429]
    assert found[-1]["Retry-After"] == "45"
    assert _ask(client, "GET", "keys", token).status_code == 200


@pytest.mark.usefixtures("noon")
def test_one_key_is_paced(client: Client) -> None:
    _, token = make_key("busy", "admin")
    with override_settings(REQUESTS_PER_MINUTE=20):
        found = [_ask(client, "GET", "keys", token) for _ in range(21)]
    assert [told.status_code for told in found] == [200] * 20 + [429]
    assert found[-1]["Retry-After"] == "45"
