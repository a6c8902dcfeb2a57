"""What requests do not wait for: the disk, the log's move into the file, collections, needless questions."""

import gc
import sqlite3
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection, connections, transaction

from netlift.service.core import checkpoint as room
from netlift.service.core.heap import set_aside
from netlift.service.core.stores import LEFT_PAGES
from netlift.service.decisions.keep import keep, request
from netlift.service.server.ready import make_ready


def test_what_stays_is_set_aside_and_what_ended_is_not_kept() -> None:
    class Loop:
        def __init__(self) -> None:
            self.me = self

    try:
        set_aside()
        assert gc.get_freeze_count() > 1_000
        kept = [Loop() for _ in range(10)]
        set_aside()
        del kept  # cycles that were set aside are found by the next one
        set_aside()
        assert not any(type(one) is Loop for one in gc.get_objects())
    finally:
        gc.unfreeze()


def test_making_ready_works_without_a_plan_and_leaves_no_connection(
    store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = []
    monkeypatch.setattr(type(connections), "close_all", lambda _: closed.append(True))
    try:
        make_ready()
    finally:
        gc.unfreeze()
    assert closed == [True]


def test_making_ready_survives_a_store_that_is_down(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def down() -> None:
        raise OSError("no store")

    monkeypatch.setattr("netlift.service.decisions.live.live", down)
    monkeypatch.setattr(type(connections), "close_all", lambda _: None)
    try:
        make_ready()
    finally:
        gc.unfreeze()
    assert [record.message for record in caplog.records] == ["not_ready"]


def test_the_worker_moves_the_log_and_requests_do_not(committed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if connection.vendor != "sqlite":
        assert room.checkpoint() == 0
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_autocheckpoint")
        assert cursor.fetchone() == (LEFT_PAGES,)
        cursor.execute("CREATE TABLE much (text TEXT)")
        cursor.executemany("INSERT INTO much VALUES (%s)", [("x" * 4_000,)] * 2_000)
        cursor.execute("DROP TABLE much")
    assert room.checkpoint() > 2_000  # twice as many pages as SQLite leaves by itself
    monkeypatch.setattr(room, "LONG_PAGES", 10)
    before = room.checkpoint()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE little (text TEXT)")
        cursor.execute("DROP TABLE little")
    assert room.checkpoint() < before  # it began anew


def test_a_long_reader_does_not_hold_writers_up(committed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL's readers hold nobody up")
    monkeypatch.setattr(room, "LONG_PAGES", 10)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE much (text TEXT)")
        reader = sqlite3.connect(connections["default"].settings_dict["NAME"], isolation_level=None)
        try:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM much").fetchone()
            cursor.executemany("INSERT INTO much VALUES (%s)", [("x" * 4_000,)] * 20)
            begun = time.monotonic()
            assert room.checkpoint() > 10
            assert time.monotonic() - begun < 5  # a writer would wait for as long, up to 20 s
            cursor.execute("PRAGMA busy_timeout")
            assert cursor.fetchone() == (20_000,)
        finally:
            reader.close()
            cursor.execute("DROP TABLE much")


def test_an_answer_does_not_wait_for_the_disk_and_what_comes_next_does(store: str) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite's synchronous=NORMAL holds for every transaction")
    seen = []

    def look() -> None:
        seen.append(_setting())

    with transaction.atomic():
        now = datetime.now(UTC)
        keep(request("k", "decide", "1", "what"), "{}", "", now, look)
        assert keep(request("k", "decide", "1", "what"), "{other}", "", now, look).body == "{}"
    assert seen == ["off"]


def test_money_waits_for_the_disk(committed: str) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite's synchronous=NORMAL holds for every transaction")
    keep(request("k", "decide", "2", "what"), "{}", "", datetime.now(UTC))
    keep(request("k", "decide", "3", "what"), "{}", "", datetime.now(UTC), lambda: None)
    with transaction.atomic():
        assert _setting() == "on"


def test_a_connection_that_answered_is_not_asked_again_at_once(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if connections["default"].vendor != "postgresql":
        pytest.skip("SQLite is no server")
    asked = []

    def usable(_: object) -> bool:
        asked.append(True)
        return True

    connection: Any = connections["default"]
    monkeypatch.setattr(type(connection), "is_usable", usable)
    connection.health_check_enabled = True
    begun = time.monotonic() + 60  # after whatever was asked before
    for expected, later in ((1, 0.0), (1, 4.0), (2, 6.0), (2, 7.0)):
        monkeypatch.setattr("netlift.service.core.postgres.base.time.monotonic", lambda at=begun + later: at)
        connection.health_check_done = False
        connection.close_if_health_check_failed()
        assert (len(asked), connection.health_check_done) == (expected, True)


def _setting() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        return str(cursor.fetchone()[0])
