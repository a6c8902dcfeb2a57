"""A message counts if it was signed with the secret, lately, and was not received before."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from netlift.service.core.refusals import Conflict, Unauthenticated
from netlift.service.hooks.keeping import clear_seen, count_seen
from netlift.service.hooks.signatures import signature, verify, verify_once

NOW = timezone.now()
SECRET, BODY = b"whs_secret", b'{"id": "1"}'


def test_the_documented_form_is_the_form() -> None:
    """Computed here by the words of the documentation: HMAC-SHA256 of `SECONDS.BODY` in hexadecimal."""
    import hashlib
    import hmac

    seconds = int(NOW.timestamp())
    digest = hmac.new(SECRET, str(seconds).encode() + b"." + BODY, hashlib.sha256).hexdigest()
    assert signature(SECRET, BODY, NOW) == f"t={seconds},v1={digest}"


def test_what_was_signed_is_accepted() -> None:
    """Also beside the signature of another secret, while a sender changes its own."""
    header = signature(SECRET, BODY, NOW)
    verify(header, BODY, SECRET, now=NOW + timedelta(minutes=4))
    verify(header.replace(",v1=", f",v1={'0' * 64}, v1="), BODY, SECRET, now=NOW)


@pytest.mark.parametrize(
    ("header", "body", "secret"),
    [
        (signature(SECRET, BODY, NOW), BODY + b" ", SECRET),
        (signature(SECRET, BODY, NOW), BODY, b"other"),
        (signature(SECRET, BODY, NOW).replace("t=1", "t=2"), BODY, SECRET),
        (signature(SECRET, BODY, NOW).upper(), BODY, SECRET),
        ("", BODY, SECRET),
        ("t=,v1=", BODY, SECRET),
        (f"t={int(NOW.timestamp())}", BODY, SECRET),
        ("t=" + "9" * 400 + ",v1=" + "0" * 64, BODY, SECRET),
    ],
)  # fmt: skip
def test_what_was_not_signed_so_is_refused(header: str, body: bytes, secret: bytes) -> None:
    """Another body, secret, time or form."""
    with pytest.raises(Unauthenticated):
        verify(header, body, secret, now=NOW)


def test_what_is_old_or_of_a_time_to_come_is_refused() -> None:
    """Five minutes either way."""
    for off in (timedelta(minutes=6), -timedelta(minutes=6)):
        with pytest.raises(Unauthenticated, match="check the clock"):
            verify(signature(SECRET, BODY, NOW + off), BODY, SECRET, now=NOW)


def test_a_replay_is_refused_unless_the_first_failed(store: str) -> None:
    """The same message counts once; where taking it in failed, it may come again."""
    header = signature(SECRET, BODY, NOW)
    with transaction.atomic():
        verify_once(header, BODY, SECRET, now=NOW)
        transaction.set_rollback(True)
    verify_once(header, BODY, SECRET, now=NOW)
    for same in (header, header.replace(",", ", ")):
        with pytest.raises(Conflict, match="received before"):
            verify_once(same, BODY, SECRET, now=NOW)
    verify_once(signature(SECRET, BODY, NOW + timedelta(seconds=1)), BODY, SECRET, now=NOW)
    assert (count_seen(NOW + timedelta(days=1)), clear_seen(NOW + timedelta(days=1), 1)) == (2, 1)
