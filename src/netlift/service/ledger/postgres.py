"""Reserve and settle on PostgreSQL: the same statements as `portable`, in a function there, so in one round trip."""

from django.db import IntegrityError, connection
from psycopg.errors import UniqueViolation

from netlift.service.core.refusals import Conflict
from netlift.service.ledger.asked import Reserve, Settle, Settled, Short, opens
from netlift.service.ledger.holds import Hold

_RESERVE = "SELECT ledger_reserve(%s, %s, %s, %s, %s, %s, %s, %s)"
_SETTLE = "SELECT until, holds FROM ledger_settle(%s, %s, %s, %s, %s, %s, %s)"
_SEEN = -1
_NEXT, _FIELD = "\x1e", "\x1f"
"""Between holds, and between the fields of one; neither is in a name. One text costs both sides less than arrays."""


def reserve(asked: Reserve) -> bool:
    """As `portable.reserve`."""
    with connection.cursor() as cursor:
        cursor.execute(_RESERVE, [*asked[:-1], _NEXT.join(_written(hold) for hold in asked.holds)])
        short = cursor.fetchone()[0]
    if short > 0:
        raise Short(asked.holds[short - 1])
    return bool(short != _SEEN)


def settle(asked: Settle) -> Settled | None:
    """As `portable.settle`."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(_SETTLE, asked)
            until, told = cursor.fetchone()
    except IntegrityError as error:
        if not isinstance(error.__cause__, UniqueViolation):
            raise
        # at this very moment the key was used for another reservation
        if connection.in_atomic_block:  # whose transaction the store has given up
            raise Conflict(
                "the key was used for another operation: give this one a key of its own", "key_reused"
            ) from None
        return None
    if until is None:
        return None
    return Settled(until, tuple(_read(one) for one in told.split(_NEXT)) if told else ())


def _written(hold: Hold) -> str:
    limit = "" if hold.limit is None else hold.limit
    return _FIELD.join((hold.kind, hold.ref, hold.unit, str(hold.amount), str(limit), "1" if opens(hold) else "0"))


def _read(told: str) -> Hold:
    kind, ref, unit, amount = told.split(_FIELD)
    return Hold(kind, ref, int(amount), unit=unit)
