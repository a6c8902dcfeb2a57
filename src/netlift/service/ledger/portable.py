"""Reserve and settle on any store: short statements in one transaction, every condition inside its statement."""

from datetime import datetime

from django.db import connection, transaction
from django.db.models import F

from netlift.service.ledger.asked import Reserve, Settle, Settled, Short, opens
from netlift.service.ledger.holds import Hold
from netlift.service.ledger.journal import begun, moved
from netlift.service.ledger.models import Account, HeldAmount, Reservation
from netlift.service.ledger.pace import PACED

_HOLD = f"""
    UPDATE ledger_account SET held = held + %(amount)s, ceiling = %(limit)s
    WHERE kind = %(kind)s AND ref = %(ref)s AND unit = %(unit)s
        AND (credit IS NULL OR held + spent + %(amount)s <= credit)
        AND (%(limit)s IS NULL OR held + spent + %(amount)s <= %(limit)s) AND {PACED}
    RETURNING id"""
_OPEN = """
    INSERT INTO ledger_account (kind, ref, unit, ceiling, held, spent, pace_step, pace_steps, opened_at)
    VALUES (%(kind)s, %(ref)s, %(unit)s, %(limit)s, %(amount)s, 0, 1, 1, %(now)s)
    ON CONFLICT (kind, ref, unit) DO NOTHING RETURNING id"""


def reserve(asked: Reserve) -> bool:
    """Make a reservation whole, or leave everything as it is.

    Returns:
        False: the key was used before.

    Raises:
        Short: too little is left of an account.
    """
    with transaction.atomic():
        made = Reservation.objects.create(
            name=asked.reservation_id, status="reserved", customer=asked.customer, order_ref=asked.order,
            made_at=asked.now, expires_at=asked.expires_at,
        )  # fmt: skip
        operation = begun(asked.key, asked.digest, "reserve", asked.now, reservation=made.id, status="reserved")
        if operation is None:
            transaction.set_rollback(True)
            return False
        places = [(_held(hold, asked.now), hold.amount) for hold in asked.holds]
        HeldAmount.objects.bulk_create(
            HeldAmount(reservation=made, account_id=account, amount=amount) for account, amount in places
        )
        moved(operation, [(account, "free", "held", amount) for account, amount in places])
    return True


def settle(asked: Settle) -> Settled | None:
    """End a reservation that is still reserved: spend what it holds, or give it back.

    Returns:
        What was moved; None: it is not there or not reserved any more, its time is over (to commit it) or not yet
        (to expire it), or the key was used before.
    """
    spend = asked.verb == "commit"
    with transaction.atomic():
        row = Reservation.objects.filter(name=asked.reservation_id).values_list("id", "expires_at").first()
        if row is None:
            return None
        live = Reservation.objects.filter(id=row[0], status="reserved")
        if spend:
            live = live.filter(expires_at__gt=asked.now)
        if asked.verb == "expire":
            live = live.filter(expires_at__lte=asked.now)
        order = {"order_ref": asked.order} if asked.order else {}
        if not live.update(status=asked.status, settled_at=asked.now, **order):
            return None
        operation = begun(asked.key, asked.digest, asked.verb, asked.now, reservation=row[0], status=asked.status)
        if operation is None:
            transaction.set_rollback(True)
            return None
        held = list(HeldAmount.objects.filter(reservation=row[0]).select_related("account").order_by("id"))
        for one in held:
            spent = one.amount if spend else 0
            Account.objects.filter(id=one.account_id).update(held=F("held") - one.amount, spent=F("spent") + spent)
        moved(operation, [(one.account_id, "held", "spent" if spend else "free", one.amount) for one in held])
    return Settled(
        row[1], tuple(Hold(one.account.kind, one.account.ref, one.amount, unit=one.account.unit) for one in held)
    )


def _held(hold: Hold, now: datetime) -> int:
    told = hold._asdict() | {"now": connection.ops.adapt_datetimefield_value(now), "second": int(now.timestamp())}
    with connection.cursor() as cursor:
        for statement in (_HOLD, _OPEN, _HOLD) if opens(hold) else (_HOLD,):
            cursor.execute(statement, told)
            if row := cursor.fetchone():
                return int(row[0])
    raise Short(hold)
