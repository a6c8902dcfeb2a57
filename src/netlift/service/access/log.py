"""The audit log: who did what, appended and never changed; every entry seals the one before it.

Each entry carries a keyed hash (HMAC-SHA-256) over its own content and the hash before it. The store refuses to change
or delete an entry; who gets round the store cannot make a chain that verifies without the folder's secret. What a chain
cannot show by itself is that its newest entries were cut off: keep the length and the last hash that `verify` tells.
"""

import hmac
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from netlift.service.access.models import AuditEntry

Detail = str | int | bool | None

_START = "0" * 64
_CHAIN = 0x6E65746C
"""Number of PostgreSQL's advisory lock for the chain: any constant that nothing else here uses."""
_LONGEST = 500


class Verdict(NamedTuple):
    """What a walk along the chain found."""

    length: int
    """Entries that follow from one another."""
    last: str
    """Hash of the last of them."""
    broken: int | None
    """Number of the first entry that does not fit; None: the chain is whole."""


def record(by: str, action: str, subject: str, **details: Detail) -> None:
    """Append an entry, in the caller's transaction if there is one.

    Entries are made one after another, so the transaction around this call keeps other writers of the log waiting: it
    is for what people and programs decide (approvals, keys, corrections), not for what happens at every sale.

    Args:
        by: `Caller.name`.
        action: what was done, such as `plan.approved`.
        subject: id of what it was done to; never personal data.
        **details: few and short; never personal data, never a secret.
    """
    with transaction.atomic():
        _alone()
        before = AuditEntry.objects.order_by("-number").first()
        entry = AuditEntry(
            number=before.number + 1 if before else 1,
            at=timezone.now(),
            by=_text(by, 80),
            action=_text(action, 80),
            subject=_text(subject, 200),
            details={
                name: _text(value, _LONGEST) if isinstance(value, str) else value for name, value in details.items()
            },
            previous=before.digest if before else _START,
        )
        entry.digest = _sealed(entry)
        entry.save(force_insert=True)


def verify(entries: Iterable[AuditEntry] | None = None) -> Verdict:
    """Walk along the chain from its first entry.

    Args:
        entries: in the order of their numbers; None: all that the store holds.
    """
    count, last = 0, _START
    for entry in AuditEntry.objects.order_by("number").iterator(chunk_size=1_000) if entries is None else entries:
        fits = entry.number == count + 1 and entry.previous == last
        if not fits or not hmac.compare_digest(entry.digest, _sealed(entry)):
            return Verdict(count, last, count + 1)
        count, last = entry.number, entry.digest
    return Verdict(count, last, None)


def _alone() -> None:
    """Let no other transaction append until this one ends; SQLite's writers are alone already."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CHAIN])


def _sealed(entry: AuditEntry) -> str:
    content = [
        entry.number, _moment(entry.at), entry.by, entry.action, entry.subject, _ordered(entry.details), entry.previous,
    ]  # fmt: skip
    told = json.dumps(content, ensure_ascii=True, separators=(",", ":"))
    return hmac.new(_key(), told.encode(), sha256).hexdigest()


def _key() -> bytes:
    """Derived from the one secret of the folder that never changes."""
    return hmac.digest(settings.SECRETS.pseudonyms, b"netlift audit log", "sha256")


def _moment(at: datetime) -> int:
    return round(at.timestamp() * 1_000_000)


def _ordered(details: Mapping[str, Detail]) -> list[list[Detail]]:
    return [[name, details[name]] for name in sorted(details)]


def _text(value: str, longest: int) -> str:
    """Without the one character that PostgreSQL cannot keep, and not longer than there is room."""
    return value.replace("\0", "\ufffd")[:longest]
