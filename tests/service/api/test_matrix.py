"""Who may do what: every endpoint of the document, with no key, with wrong ones, and with a key of every scope."""

import re
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from netlift.service.access.keys import make_key
from netlift.service.access.roles import ROLES, SCOPES
from netlift.service.api import api
from netlift.service.api.document import SECURITY

OPEN = {"/api/v1/health/live", "/api/v1/health/ready"}
SIGNED = {"/api/v1/integrations/incoming/{sender_id}"}
"""Letters of other systems, which sign them instead of sending a key."""
ENDPOINTS = [
    (method.upper(), path, operation.get("security", [{SECURITY: []}])[0][SECURITY])
    for path, methods in api.get_openapi_schema()["paths"].items()
    for method, operation in methods.items()
]


def _ask(client: Client, method: str, path: str, token: str | None = None) -> Any:
    """One request, whose traces in the store are undone."""
    address = re.sub(r"{\w+}", "none", path)
    headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
    with transaction.atomic():
        told = client.generic(method, address, b"{}", content_type="application/json", headers=headers)
        transaction.set_rollback(True)
    return told


@pytest.fixture
def careful(store: str) -> Client:
    """A client that shows a fault as the answer 500, as a server does."""
    return Client(raise_request_exception=False)


def test_every_endpoint_needs_one_known_scope_or_is_known_to_be_public() -> None:
    assert len(ENDPOINTS) == len({(method, path) for method, path, _ in ENDPOINTS}) > 100
    assert {path for _, path, scopes in ENDPOINTS if not scopes} == OPEN | SIGNED
    assert {scope for *_, scopes in ENDPOINTS for scope in scopes} <= SCOPES
    assert all(len(scopes) == 1 for _, path, scopes in ENDPOINTS if path not in OPEN | SIGNED)


def test_without_a_known_key_nothing_is_answered(careful: Client) -> None:
    key, token = make_key("till", "admin")
    for method, path, _ in ENDPOINTS:
        for wrong in (None, "", "x", f"{key.key_id}.wrong", f"{token}x"):
            if path not in OPEN:
                told = _ask(careful, method, path, wrong)
                assert told.status_code in {401, 429}, (method, path, wrong)
                assert told["Content-Type"] == "application/problem+json"
    assert _ask(careful, "GET", "/api/v1/keys")["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("role", ROLES)
def test_a_role_passes_where_it_has_the_scope_and_nowhere_else(careful: Client, role: str) -> None:
    _, token = make_key(role, role)
    for method, path, scopes in ENDPOINTS:
        told = _ask(careful, method, path, token)
        if not set(scopes) <= ROLES[role]:
            assert (told.status_code, told.json()["scope"]) == (403, scopes[0]), (method, path)
        elif path not in SIGNED:
            assert told.status_code not in {401, 403, 405, 500}, (method, path, told.content)


def test_one_scope_opens_its_endpoints_and_all_others_do_not(careful: Client) -> None:
    needed = {scope for *_, scopes in ENDPOINTS for scope in scopes}
    only = {scope: make_key(scope, "admin", frozenset({scope}))[1] for scope in needed}
    others = {scope: make_key(f"not {scope}", "admin", SCOPES - {scope})[1] for scope in needed}
    for method, path, scopes in ENDPOINTS:
        for scope in scopes:
            told = _ask(careful, method, path, only[scope])
            # what a resource refuses beyond its own scope is another one's, which the answer then names
            assert told.status_code != 403 or told.json().get("scope") != scope, (method, path, told.content)
            told = _ask(careful, method, path, others[scope])
            assert (told.status_code, told.json()["scope"]) == (403, scope), (method, path, told.content)
