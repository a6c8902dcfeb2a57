"""Reserve and settle on any store: short statements in one transaction, every condition inside the statement."""

from datetime import datetime
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import F

from netlift.service.ledger.holds import BUDGET, COUNTERS, Hold
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


class Reserve(NamedTuple):
    """A reservation to be made."""

    key: str
    digest: str
    reservation_id: str
    customer: str
    order: str
    now: datetime
    expires_at: datetime
    holds: tuple[Hold, ...]


class Settle(NamedTuple):
    """The end of a reservation: verb and the status that it leads to."""

    key: str
    digest: str
    reservation_id: str
    verb: str
    status: str
    order: str
    now: datetime


class _Short(Exception):  # noqa: N818
    def __init__(self, hold: Hold) -> None:
        super().__init__(hold)
        self.hold = hold


def opens(hold: Hold) -> bool:
    """Whether a hold opens its account where there is none."""
    return hold.kind in COUNTERS or (hold.kind == BUDGET and hold.limit is not None)


def reserve(asked: Reserve) -> Hold | str | None:
    """Make a reservation whole, or leave everything as it is.

    Returns:
        None: it is made. "seen": the key was used before. A hold: there is too little left for it.
    """
    try:
        with transaction.atomic():
            operation = begun(
                asked.key, asked.digest, "reserve", asked.now, reservation_id=asked.reservation_id, status="reserved"
            )
            if operation is None:
                return "seen"
            Reservation.objects.create(
                id=asked.reservation_id, status="reserved", customer=asked.customer, order=asked.order,
                made_at=asked.now, expires_at=asked.expires_at,
            )  # fmt: skip
            places = [(_held(hold, asked.now), hold.amount) for hold in asked.holds]
            HeldAmount.objects.bulk_create(
                HeldAmount(reservation_id=asked.reservation_id, account_id=account, amount=amount)
                for account, amount in places
            )
            moved(operation, [(account, "free", "held", amount) for account, amount in places])
    except _Short as short:
        return short.hold
    return None


def settle(asked: Settle) -> tuple[Hold, ...] | None:
    """End a reservation that is still reserved: spend what it holds, or give it back.

    Returns:
        What was moved; None: it is not reserved any more, its time is over, or the key was used before.
    """
    spend = asked.verb == "commit"
    with transaction.atomic():
        live = Reservation.objects.filter(id=asked.reservation_id, status="reserved")
        if spend:
            live = live.filter(expires_at__gt=asked.now)
        if asked.verb == "expire":
            live = live.filter(expires_at__lte=asked.now)
        if not live.update(
            status=asked.status, settled_at=asked.now, **({"order": asked.order} if asked.order else {})
        ):
            return None
        operation = begun(
            asked.key, asked.digest, asked.verb, asked.now, reservation_id=asked.reservation_id, status=asked.status
        )
        if operation is None:
            transaction.set_rollback(True)
            return None
        held = list(
            HeldAmount.objects.filter(reservation=asked.reservation_id).select_related("account").order_by("id")
        )
        for one in held:
            Account.objects.filter(id=one.account_id).update(
                held=F("held") - one.amount, spent=F("spent") + (one.amount if spend else 0)
            )
        moved(operation, [(one.account_id, "held", "spent" if spend else "free", one.amount) for one in held])
    return tuple(Hold(one.account.kind, one.account.ref, one.amount, unit=one.account.unit) for one in held)


def _held(hold: Hold, now: datetime) -> int:
    told = hold._asdict() | {
        "now": connection.ops.adapt_datetimefield_value(now), "second": int(now.timestamp())
    }  # fmt: skip
    with connection.cursor() as cursor:
        for statement in (_HOLD, _OPEN, _HOLD) if opens(hold) and within(hold) else (_HOLD,):
            cursor.execute(statement, told)
            if row := cursor.fetchone():
                return int(row[0])
    raise _Short(hold)


def within(hold: Hold) -> bool:
    """Whether a hold is within its own limit."""
    return hold.limit is None or hold.amount <= hold.limit
