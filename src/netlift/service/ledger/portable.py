"""Reserve and settle on any store: short statements in one transaction, every condition inside its statement."""

from datetime import datetime
from typing import Any

from django.db import connection, transaction

from netlift.service.ledger.asked import Reserve, Settle, Settled, Short, opens
from netlift.service.ledger.holds import MOST, Hold
from netlift.service.ledger.journal import begun, moved
from netlift.service.ledger.models import Reservation
from netlift.service.ledger.pace import PACED

_HOLD = f"""
    UPDATE ledger_account SET held = held + %(amount)s, ceiling = %(limit)s
    WHERE kind = %(kind)s AND ref = %(ref)s AND unit = %(unit)s
        AND held + spent + %(amount)s <= COALESCE(credit, {MOST})
        AND (%(limit)s IS NULL OR held + spent + %(amount)s <= %(limit)s) AND {PACED}
    RETURNING id"""
_OPEN = """
    INSERT INTO ledger_account (kind, ref, unit, ceiling, held, spent, pace_step, pace_steps, opened_at)
    VALUES (%(kind)s, %(ref)s, %(unit)s, %(limit)s, %(amount)s, 0, 1, 1, %(now)s)
    ON CONFLICT (kind, ref, unit) DO NOTHING RETURNING id"""
_MAKE = """
    INSERT INTO ledger_reservation (name, status, customer, order_ref, made_at, expires_at)
    VALUES (%s, 'reserved', %s, %s, %s, %s) RETURNING id"""
_KEEP = "INSERT INTO ledger_heldamount (reservation_id, account_id, amount, returned) VALUES (%s, %s, %s, 0)"
_END = """
    UPDATE ledger_reservation SET status = %(status)s, settled_at = %(now)s,
        order_ref = CASE WHEN %(order)s = '' THEN order_ref ELSE %(order)s END
    WHERE id = %(id)s AND status || '' = 'reserved' AND (%(verb)s <> 'commit' OR expires_at > %(now)s)
        AND (%(verb)s <> 'expire' OR expires_at <= %(now)s)"""
_HELD = """
    SELECT h.account_id, h.amount, a.kind, a.ref, a.unit FROM ledger_heldamount h
    JOIN ledger_account a ON a.id = h.account_id WHERE h.reservation_id = %s ORDER BY h.id"""
_MOVE = "UPDATE ledger_account SET held = held - %s, spent = spent + %s WHERE id = %s"


def reserve(asked: Reserve) -> bool:
    """Make a reservation whole, or leave everything as it is.

    Returns:
        False: the key was used before.

    Raises:
        Short: too little is left of an account.
    """
    now, until = _moment(asked.now), _moment(asked.expires_at)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_MAKE, [asked.reservation_id, asked.customer, asked.order, now, until])
        made = int(cursor.fetchone()[0])
        operation = begun(asked.key, asked.digest, "reserve", asked.now, reservation=made, status="reserved")
        if operation is None:
            transaction.set_rollback(True)
            return False
        places = [(_held(cursor, hold, asked.now), hold.amount) for hold in asked.holds]
        cursor.executemany(_KEEP, [(made, account, amount) for account, amount in places])
        moved(operation, [(account, "free", "held", amount) for account, amount in places])
    return True


def settle(asked: Settle) -> Settled | None:
    """End a reservation that is still reserved: spend what it holds, or give it back.

    Returns:
        What was moved; None: it is not there or not reserved any more, its time is over (to commit it) or not yet
        (to expire it), or the key was used before.
    """
    spend = asked.verb == "commit"
    with transaction.atomic(), connection.cursor() as cursor:
        row = Reservation.objects.filter(name=asked.reservation_id).values_list("id", "expires_at").first()
        if row is None:
            return None
        cursor.execute(_END, asked._asdict() | {"id": row[0], "now": _moment(asked.now)})
        if not cursor.rowcount:
            return None
        operation = begun(asked.key, asked.digest, asked.verb, asked.now, reservation=row[0], status=asked.status)
        if operation is None:
            transaction.set_rollback(True)
            return None
        cursor.execute(_HELD, [row[0]])
        held = cursor.fetchall()
        cursor.executemany(_MOVE, [(amount, amount if spend else 0, account) for account, amount, *_ in held])
        moved(operation, [(account, "held", "spent" if spend else "free", amount) for account, amount, *_ in held])
    return Settled(row[1], tuple(Hold(kind, ref, amount, unit=unit) for _, amount, kind, ref, unit in held))


def _held(cursor: Any, hold: Hold, now: datetime) -> int:
    told = hold._asdict() | {"now": _moment(now), "second": int(now.timestamp())}
    for statement in (_HOLD, _OPEN, _HOLD) if opens(hold) else (_HOLD,):
        cursor.execute(statement, told)
        if row := cursor.fetchone():
            return int(row[0])
    raise Short(hold)


def _moment(at: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(at)
