"""Alive and ready, on both stores."""

from django.db import connection
from django.test import Client

from netlift.service.api import health


def test_it_is_alive_and_ready(client: Client) -> None:
    assert client.get("/api/v1/health/live").json() == {"status": "ok"}
    assert client.get("/api/v1/health/ready").json() == {"status": "ok", "plan": False}


def test_a_store_of_another_version_is_not_ready(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'access' AND name = '0002_guards'")
    health._current.clear()
    told = client.get("/api/v1/health/ready")
    assert (told.status_code, told.json()["code"]) == (503, "unavailable")
    health._current.clear()
