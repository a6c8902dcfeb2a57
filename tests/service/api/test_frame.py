"""What all answers have in common: problems, request ids, headers, and bodies that are refused."""

import json
import re

import pytest
from django.test import Client

from netlift.service.access.keys import make_key
from netlift.service.api import api
from netlift.service.core.bodies import DEEPEST
from netlift.service.core.problems import TITLES

PROBLEM = "application/problem+json"
KEYS = "/api/v1/keys"


@pytest.fixture
def admin(client: Client) -> dict[str, str]:
    return {"Authorization": f"Bearer {make_key('admin', 'admin')[1]}"}


def test_what_is_not_there_and_what_is_not_a_method_are_problems(client: Client, admin: dict[str, str]) -> None:
    missing = client.get("/api/v1/nothing/here", headers=admin)
    assert (missing.status_code, missing["Content-Type"], missing.json()["code"]) == (404, PROBLEM, "not_found")
    method = client.delete(KEYS, headers=admin)
    assert (method.status_code, method["Content-Type"], set(method["Allow"].split(", "))) == (
        405,
        PROBLEM,
        {"GET", "POST"},
    )
    host = client.get("/api/v1/health/live", headers={"Host": "elsewhere.example"})
    assert (host.status_code, host["Content-Type"]) == (400, PROBLEM)


def test_a_problem_has_the_members_of_the_standard(client: Client) -> None:
    told = client.get(KEYS).json()
    assert told == {
        "type": "urn:netlift:problem:unauthenticated", "title": "Who is asking?", "status": 401,
        "detail": told["detail"], "code": "unauthenticated",
    }  # fmt: skip


def test_a_fault_of_ours_tells_nothing_of_the_inside(
    client: Client, admin: dict[str, str], caplog, monkeypatch
) -> None:  # type: ignore[no-untyped-def]
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the secret is xyzzy")

    monkeypatch.setattr("netlift.service.api.keys.revoke_key", broken)
    client.raise_request_exception = False
    told = client.post(f"{KEYS}/k/revoke", headers=admin)
    assert (told.status_code, told["Content-Type"], told.json()["code"]) == (500, PROBLEM, "internal")
    assert "xyzzy" not in told.content.decode()
    assert "Traceback" not in told.content.decode()


def test_every_answer_has_a_request_id_and_safe_headers(client: Client) -> None:
    told = client.get("/api/v1/health/live")
    assert re.fullmatch(r"req_[0-9a-z]{26}", told["X-Request-Id"])
    assert (told["Cache-Control"], told["X-Content-Type-Options"]) == ("no-store", "nosniff")
    assert told["Content-Security-Policy"].startswith("default-src 'none'")
    assert client.get("/api/v1/x", headers={"X-Request-Id": "trace-12345"})["X-Request-Id"] == "trace-12345"
    assert client.get("/api/v1/x", headers={"X-Request-Id": 'a" injected'})["X-Request-Id"].startswith("req_")
    page = client.get("/admin/login/")
    assert "default-src 'self'" in page["Content-Security-Policy"]
    assert (page["X-Frame-Options"], page["Referrer-Policy"]) == ("DENY", "same-origin")


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"{", {}, 400, "not_json"),
        (b"", {}, 422, "invalid"),
        (b"\xff", {}, 400, "not_json"),
        (b'{"name": NaN}', {}, 400, "not_json"),
        (b'{"name": ' + b"9" * 5_000 + b"}", {}, 400, "not_json"),
        (b'{"name": "\\ud800"}', {}, 400, "not_json"),
        (b'{"name": "a\\u0000"}', {}, 400, "bad_request"),
        (b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1), {}, 400, "too_deep"),
        (b'{"a":' * 100_000, {}, 400, "too_deep"),
        (b"[]", {}, 422, "invalid"),
        (b'{"name": "x", "role": "king"}', {}, 422, "invalid"),
        (b'{"name": "x", "role": "viewer", "more": 1}', {}, 422, "invalid"),
        (b"{}", {"Content-Encoding": "gzip"}, 415, "unsupported_kind"),
        (b"{}", {"Content-Length": str(11 * 1024 * 1024)}, 413, "too_large"),
        (b"{}", {"Content-Length": "9" * 5_000}, 413, "too_large"),
        (b"{}", {"Content-Length": "", "Transfer-Encoding": "chunked"}, 411, "length_required"),
    ],
    ids=lambda value: value[:12].decode("ascii", "replace") if isinstance(value, bytes) else None,
)
def test_a_body_that_is_not_wanted_is_refused(  # type: ignore[no-untyped-def]
    client: Client, admin, body: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    told = client.post(KEYS, body, content_type="application/json", headers=admin | headers)
    assert (told.status_code, told["Content-Type"], told.json()["code"]) == (status, PROBLEM, code)


def test_another_kind_of_content_is_refused(client: Client, admin: dict[str, str]) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        told = client.generic("POST", KEYS, b"{}", content_type=kind, headers=admin)
        assert (told.status_code, told.json()["code"]) == (415, "unsupported_kind")


def test_a_nul_in_the_address_is_refused(client: Client, admin: dict[str, str]) -> None:
    assert client.get("/api/v1/log?action=a%00", headers=admin).status_code == 400
    assert client.post(f"{KEYS}/a%00/revoke", headers=admin).status_code == 400


def test_text_that_is_unicode_is_understood(client: Client, admin: dict[str, str]) -> None:
    body = json.dumps({"name": "收银台 🎉 \\u0000", "role": "viewer"})  # the emoji as two escapes, a backslash as text
    told = client.post(KEYS, body, content_type="application/json", headers=admin)
    assert (told.status_code, told.json()["name"]) == (201, "收银台 🎉 \\u0000")


def test_the_document_tells_of_problems_and_scopes() -> None:
    document = api.get_openapi_schema()
    assert document["openapi"].startswith("3.1")
    told = document["paths"][KEYS]["post"]
    assert told["security"] == [{"key": ["keys:write"]}]
    assert {int(status) for status in told["responses"]} == {201} | TITLES.keys() - {405}
    assert "security" not in document["paths"]["/api/v1/health/live"]["get"]
    names = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert len(names) == len(set(names))
    assert "keys_make" in names


def test_no_two_schemas_have_one_name() -> None:
    assert api.get_openapi_schema().clashes == set()


def test_the_document_is_served(client: Client) -> None:
    assert client.get("/api/v1/openapi.json").json()["info"]["title"] == "netlift"


def test_the_bare_address_leads_to_the_console(client: Client) -> None:
    assert client.get("/")["Location"] == "/admin/"
