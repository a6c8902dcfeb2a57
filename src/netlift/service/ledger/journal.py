"""The journal: each operation is written once, under its key, with every amount that it moved."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection

from netlift.service.core.refusals import Conflict, Refused
from netlift.service.ledger.holds import KEY_LENGTH, Hold, Receipt
from netlift.service.ledger.models import Operation

OWN = "~"
"""The ledger's own keys begin with it, so that no caller's key is in their way."""
_BEGIN = """
    INSERT INTO ledger_operation (key, digest, verb, status, reservation_id, reason, made_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (key) DO NOTHING RETURNING id"""
_MOVED = "INSERT INTO ledger_entry (operation_id, account_id, source, target, amount) VALUES (%s, %s, %s, %s, %s)"
Move = tuple[int, str, str, int]
"""Account's row, source, target, amount."""


def checked_key(key: str) -> str:
    """The same key.

    Raises:
        Refused: it is empty, too long, or one of the ledger's own.
    """
    if not 0 < len(key) <= KEY_LENGTH or key.startswith(OWN) or "\0" in key:
        raise Refused(
            f"a key has 1 to {KEY_LENGTH} characters and does not begin with {OWN!r}: give every attempt at the same"
            " deed the same key", "invalid_key",
        )  # fmt: skip
    return key


def digest(*asked: object) -> str:
    """A hash of what was asked."""
    return hashlib.blake2b(repr(asked).encode(), digest_size=16).hexdigest()


def begun(
    key: str, asked: str, verb: str, now: datetime, *, reservation: int | None = None, status: str = "",
    reason: str = "",
) -> int | None:  # fmt: skip
    """Write an operation down; None where its key is there already. It waits for another that writes the same key."""
    moment = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        cursor.execute(_BEGIN, [key, asked, verb, status, reservation, reason, moment])
        row = cursor.fetchone()
    return int(row[0]) if row else None


def moved(operation: int, moves: Iterable[Move]) -> None:
    """Write down what an operation moved."""
    with connection.cursor() as cursor:
        cursor.executemany(_MOVED, [(operation, *move) for move in moves])


def seen(key: str, asked: str) -> Operation | None:
    """The operation that was done under this key; None if there is none.

    Raises:
        Conflict: something else was asked under this key.
    """
    found = Operation.objects.select_related("reservation").filter(key=key).first()
    if found is not None and found.digest != asked:
        raise Conflict(f"the key was used for another {found.verb}: give this one a key of its own", "key_reused")
    return found


def replay(found: Operation) -> Receipt:
    """What an operation on a reservation answered."""
    kept: Any = found.reservation
    entries = found.entries.order_by("id").values_list("account__kind", "account__ref", "amount", "account__unit")
    holds = tuple(Hold(kind, ref, amount, unit=unit) for kind, ref, amount, unit in entries)
    return Receipt(kept.name, found.status, kept.expires_at, holds, replayed=True)
