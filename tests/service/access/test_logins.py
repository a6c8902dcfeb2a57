"""Signing in: guessing is locked out by name and by address, and short passwords are refused."""

import pytest
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client

from netlift.service.access.logins import PER_MINUTE

PASSWORD = "correct-horse-7-battery"


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute that does not turn in between."""
    monkeypatch.setattr("netlift.service.access.throttle.time.time", lambda: 1_800_000_015.0)


def sign_in(client: Client, username: str, password: str, address: str = "192.0.2.1") -> int:
    return client.post("/admin/login/", {"username": username, "password": password}, REMOTE_ADDR=address).status_code


def test_many_passwords_on_one_name_are_locked_out(client: Client) -> None:
    User.objects.create_user("ann", password=PASSWORD, is_staff=True)
    assert sign_in(client, "ann", PASSWORD) == 302
    client.logout()
    found = [sign_in(client, "ann", f"wrong {number}") for number in range(10)]
    assert found[0] == 200
    assert found[-1] == 429
    assert sign_in(client, "ann", PASSWORD) == 429
    assert sign_in(client, "ann", PASSWORD, "192.0.2.2") == 302


def test_one_password_on_many_names_is_told_to_wait(client: Client) -> None:
    found = [sign_in(client, f"name{number}", "Spring2026!") for number in range(PER_MINUTE + 1)]
    assert found == [200] * PER_MINUTE + [429]


@pytest.mark.parametrize("password", ["short-1", "123456789012345", "startfinding", "annabelle.smith"])
def test_a_weak_password_is_refused(password: str) -> None:
    with pytest.raises(ValidationError):
        validate_password(password, User(username="annabelle.smith"))
