"""Consent is noted with its history, and the last word counts at once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from netlift.service.core.refusals import Refused
from netlift.service.privacy.consent import Change, allowed, allows, history, set_consent
from netlift.service.privacy.pseudonyms import pseudonym

NOW = timezone.now()
HOUR = timedelta(hours=1)


def test_nothing_is_allowed_before_it_was_said(store: str) -> None:
    """Privacy is what a shop gets without asking for it."""
    assert allowed(pseudonym("ann")) == frozenset()


def test_a_change_counts_at_once_and_stays_in_the_history(store: str) -> None:
    """Granted, then withdrawn: both are remembered, the later one holds."""
    set_consent("ann", "personalisation", granted=True, at=NOW - HOUR, source="checkout")
    assert allows(pseudonym("ann"), "personalisation")
    set_consent("Ann ", "personalisation", granted=False, at=NOW, source="call", now=NOW)
    assert not allows(pseudonym("ann"), "personalisation")
    assert history(pseudonym("ann")) == (
        Change("personalisation", True, NOW - HOUR, "checkout"),
        Change("personalisation", False, NOW, "call"),
    )


def test_what_arrives_late_undoes_nothing_later(store: str) -> None:
    """The moment of the change counts, not that of its arrival; of two of one moment, the withdrawal."""
    set_consent("ann", "marketing", granted=False, at=NOW - HOUR)
    set_consent("ann", "marketing", granted=True, at=NOW - 2 * HOUR)
    set_consent("ann", "marketing", granted=True, at=NOW - HOUR)
    assert not allows(pseudonym("ann"), "marketing")


def test_no_change_is_of_a_time_to_come(store: str) -> None:
    """A clock that is ahead cannot keep a customer from withdrawing."""
    set_consent("ann", "marketing", granted=True, at=NOW + HOUR, now=NOW)
    set_consent("ann", "marketing", granted=False, at=NOW + timedelta(seconds=1), now=NOW + timedelta(seconds=1))
    assert not allows(pseudonym("ann"), "marketing")


def test_the_same_twice_is_one_change(store: str) -> None:
    """A repeated request adds nothing."""
    for _ in range(2):
        set_consent("ann", "measurement", granted=True, at=NOW)
    assert len(history(pseudonym("ann"))) == 1


def test_a_shop_may_assume_what_was_never_refused(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the law asks for an objection only; messages are always asked for."""
    monkeypatch.setenv("NETLIFT_CONSENT", "assumed")
    assert allowed(pseudonym("ann")) == {"personalisation", "measurement"}
    set_consent("ann", "personalisation", granted=False)
    assert allowed(pseudonym("ann")) == {"measurement"}


def test_an_unknown_purpose_or_nobody_is_refused(store: str) -> None:
    """A misspelt purpose would otherwise never be honoured."""
    with pytest.raises(Refused, match="no purpose 'personalization'"):
        set_consent("ann", "personalization", granted=True)
    with pytest.raises(Refused, match="is empty"):
        set_consent(" ", "marketing", granted=True)
