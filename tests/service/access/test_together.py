"""Many at once: the log stays one chain, tries are all counted, and a key is used once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier
from typing import Any

import pytest
from django.db import connections
from django.test import Client, override_settings

from netlift.service.access.keys import make_key
from netlift.service.access.log import record, verify
from netlift.service.access.models import AuditEntry, Tally
from netlift.service.access.throttle import allow
from netlift.service.core.refusals import Throttled
from tests.service.api import test_idempotent

pytestmark = pytest.mark.usefixtures("committed")
MANY = 6


def together(act: Callable[[int], Any]) -> list[Any]:
    """Let as many threads do this at the same moment, each on a connection of its own."""
    start = Barrier(MANY)

    def one(number: int) -> Any:
        try:
            connections["default"].ensure_connection()
            start.wait(20)
            return act(number)
        finally:
            connections["default"].close()

    with ThreadPoolExecutor(MANY) as threads:
        return list(threads.map(one, range(MANY)))


def test_the_log_stays_one_chain() -> None:
    before = AuditEntry.objects.count()
    together(lambda number: [record("user:1", "test.together", f"{number}.{again}") for again in range(5)])
    found = verify()
    assert (found.length, found.broken) == (before + 5 * MANY, None)


def test_no_try_passes_uncounted() -> None:
    noon = datetime(2026, 5, 1, 12, tzinfo=UTC)

    def tries(_: int) -> int:
        passed = 0
        for _ in range(10):
            try:
                allow("code", "10.0.0.1", 25, now=noon)
                passed += 1
            except Throttled:
                pass
        return passed

    assert sum(together(tries)) == 25
    assert Tally.objects.get(bucket="code").count == 10 * MANY


def test_a_key_that_comes_at_once_is_used_once() -> None:
    _, token = make_key("till", "operator")
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "a"}

    def ask(_: int) -> tuple[int, bytes, bool]:
        told = Client().post("/t/make", {"number": 7}, content_type="application/json", headers=headers)
        return told.status_code, told.content, test_idempotent.REPLAY in told

    with override_settings(ROOT_URLCONF=test_idempotent.__name__):
        found = together(ask)
    assert {(status, body) for status, body, _ in found} == {(201, b'{"number": 7}')}
    assert sorted(again for *_, again in found) == [False] + [True] * (MANY - 1)
    assert test_idempotent.made() == 1
