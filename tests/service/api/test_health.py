"""Alive and ready, on both stores."""

from django.test import Client


def test_it_is_alive_and_ready(client: Client) -> None:
    assert client.get("/api/v1/health/live").json() == {"status": "ok"}
    assert client.get("/api/v1/health/ready").json() == {"status": "ok"}
