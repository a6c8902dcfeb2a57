"""Who may do what: every endpoint of the document, with no key, with wrong ones, and with a key of every scope."""

import re
from typing import Any

import pytest
from django.test import Client

from netlift.service.access.keys import make_key
from netlift.service.access.roles import ROLES, SCOPES
from netlift.service.api import api
from netlift.service.api.document import SECURITY

PUBLIC = {"/api/v1/health/live", "/api/v1/health/ready"}
ENDPOINTS = [
    (method.upper(), path, operation.get("security", [{SECURITY: []}])[0][SECURITY])
    for path, methods in api.get_openapi_schema()["paths"].items()
    for method, operation in methods.items()
]


def _ask(client: Client, method: str, path: str, token: str | None = None) -> Any:
    address = re.sub(r"{\w+}", "none", path)
    headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
    return client.generic(method, address, b"{}", content_type="application/json", headers=headers)


@pytest.fixture
def careful(store: str) -> Client:
    """A client that shows a fault as the answer 500, as a server does."""
    return Client(raise_request_exception=False)


def test_every_endpoint_needs_one_known_scope_or_is_known_to_be_public() -> None:
    assert len(ENDPOINTS) == len({(method, path) for method, path, _ in ENDPOINTS}) > 5
    assert {path for _, path, scopes in ENDPOINTS if not scopes} == PUBLIC
    assert {scope for *_, scopes in ENDPOINTS for scope in scopes} <= SCOPES
    assert all(len(scopes) == 1 for _, path, scopes in ENDPOINTS if path not in PUBLIC)


def test_without_a_known_key_nothing_is_answered(careful: Client) -> None:
    key, token = make_key("till", "admin")
    for method, path, scopes in ENDPOINTS:
        for wrong in (None, "", "x", f"{key.key_id}.wrong", f"{token}x"):
            told = _ask(careful, method, path, wrong)
            if scopes:
                assert told.status_code in {401, 429}, (method, path, wrong)
                assert told["Content-Type"] == "application/problem+json"
    assert _ask(careful, "GET", "/api/v1/keys").status_code == 401
    assert _ask(careful, "GET", "/api/v1/keys")["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("role", ROLES)
def test_a_role_passes_where_it_has_the_scope_and_nowhere_else(careful: Client, role: str) -> None:
    _, token = make_key(role, role)
    for method, path, scopes in ENDPOINTS:
        told = _ask(careful, method, path, token)
        if set(scopes) <= ROLES[role]:
            assert told.status_code not in {401, 403, 500}, (method, path, told.content)
        else:
            assert (told.status_code, told.json()["scope"]) == (403, scopes[0]), (method, path)


def test_a_key_of_one_scope_passes_there_alone(careful: Client) -> None:
    for scope in sorted({scope for *_, scopes in ENDPOINTS for scope in scopes}):
        _, token = make_key(scope, "admin", frozenset({scope}))
        for method, path, scopes in ENDPOINTS:
            told = _ask(careful, method, path, token)
            # of a resource, a key may be refused what reaches beyond its own scopes; `scope` names what was lacking
            refused = told.status_code == 403 and told.json().get("scope") == (scopes or [None])[0]
            assert refused == (bool(scopes) and scope not in scopes), (scope, method, path, told.content)
