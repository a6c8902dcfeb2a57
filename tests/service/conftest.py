"""The service on both stores: every test that asks for `store` runs on SQLite and on PostgreSQL."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.service import _postgres
from tests.service._django import set_up

pytest.importorskip("django", reason="the service needs the extra netlift[service]")
set_up()

from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.test import Client

from netlift.service.core.stores import store as described


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Address of a PostgreSQL's maintenance database."""
    with _postgres.server() as address:
        yield address


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def store_address(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of an empty, migrated store of each kind, which Django now uses as its own."""
    with ExitStack() as after:
        if request.param == "sqlite":
            address = f"sqlite:///{tmp_path_factory.mktemp('store') / 'netlift.sqlite3'}"
        else:
            address = after.enter_context(_database(request.getfixturevalue("postgres")))
        use(address)
        call_command("migrate", verbosity=0)
        yield address
        connections["default"].close()


def use(address: str) -> None:
    """Let Django work on this store, in this thread and in those that start later."""
    connections["default"].close()
    found = described(address, Path("unused"))
    connections.databases["default"] = connections.configure_settings({"default": found})["default"]
    del connections["default"]


class _database:  # noqa: N801
    """A fresh database on a server, dropped at the end."""

    def __init__(self, server: str) -> None:
        self.server, self.name = server, f"netlift_{os.getpid()}"

    def __enter__(self) -> str:
        self._run(f'CREATE DATABASE "{self.name}"')
        parts = urlsplit(self.server)
        return parts._replace(path=f"/{self.name}").geturl()

    def __exit__(self, *_: object) -> None:
        connections["default"].close()
        self._run(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')

    def _run(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(self.server, autocommit=True) as server:
            server.execute(statement)


@pytest.fixture
def store(store_address: str) -> Iterator[str]:
    """The store of each kind; what a test writes is undone after it."""
    with transaction.atomic():
        yield store_address
        transaction.set_rollback(True)


@pytest.fixture
def committed(store_address: str) -> Iterator[str]:
    """The store of each kind for tests whose writes must be seen by other connections; emptied after the test."""
    yield store_address
    connections["default"].ensure_connection()
    call_command("flush", verbosity=0, interactive=False, inhibit_post_migrate=True)
    _forget_deeds()


def _forget_deeds() -> None:
    """Empty the log, which the store itself refuses: its guards are put aside for that."""
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ALTER TABLE access_auditentry DISABLE TRIGGER USER")
            cursor.execute("DELETE FROM access_auditentry")
            cursor.execute("ALTER TABLE access_auditentry ENABLE TRIGGER USER")
            return
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'access_auditentry'")
        guards = cursor.fetchall()
        for name, _ in guards:
            cursor.execute(f'DROP TRIGGER "{name}"')
        cursor.execute("DELETE FROM access_auditentry")
        for _, statement in guards:
            cursor.execute(statement)


@pytest.fixture(autouse=True)
def secrets_stay() -> Iterator[None]:
    """Put the folder's secrets back after a test that rotated or retired keys."""
    path = settings.FOLDER.root / "secrets.json"
    before = path.read_bytes()
    yield
    if path.read_bytes() != before:
        path.write_bytes(before)


@pytest.fixture
def client(store: str) -> Client:
    """A browser or program that talks to the service in this process."""
    return Client()
