"""Reserve and settle on PostgreSQL: the same statements as `portable`, in a function there, so in one round trip."""

from django.db import connection

from netlift.service.ledger.asked import Reserve, Settle, Settled, Short, opens
from netlift.service.ledger.holds import Hold

_RESERVE = """
    SELECT ledger_reserve(%s, %s, %s, %s, %s, %s, %s, %s::text[], %s::text[], %s::text[], %s::bigint[],
        %s::bigint[], %s::boolean[])"""
_SETTLE = "SELECT until, kinds, refs, units, amounts FROM ledger_settle(%s, %s, %s, %s, %s, %s, %s)"
_SEEN = -1


def reserve(asked: Reserve) -> bool:
    """As `portable.reserve`."""
    holds = asked.holds
    with connection.cursor() as cursor:
        cursor.execute(_RESERVE, [
            *asked[:-1], [hold.kind for hold in holds], [hold.ref for hold in holds], [hold.unit for hold in holds],
            [hold.amount for hold in holds], [hold.limit for hold in holds], [opens(hold) for hold in holds],
        ])  # fmt: skip
        short = int(cursor.fetchone()[0])
    if short > 0:
        raise Short(holds[short - 1])
    return short != _SEEN


def settle(asked: Settle) -> Settled | None:
    """As `portable.settle`."""
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE, list(asked))
        until, *told = cursor.fetchone()
    if until is None:
        return None
    return Settled(
        until, tuple(Hold(kind, ref, amount, unit=unit) for kind, ref, unit, amount in zip(*told, strict=True))
    )
