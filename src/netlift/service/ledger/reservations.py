"""Reserve, commit, release, reverse: whole or not at all, once per key, and never more than there is."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from netlift.service.core.ids import new_id
from netlift.service.core.refusals import Conflict, Exhausted, Expired, NotFound, Refused
from netlift.service.ledger import lots, portable
from netlift.service.ledger.accounts import too_little
from netlift.service.ledger.holds import BALANCES, Hold, Receipt, merged
from netlift.service.ledger.journal import begun, checked_key, digest, moved, replay, seen
from netlift.service.ledger.models import Account, HeldAmount, Operation, Reservation
from netlift.service.ledger.selectors import reservation

LONGEST = timedelta(days=30)
"""The longest time that a reservation may hold what others could use."""


def reserve(
    key: str, holds: Sequence[Hold], *, ttl: timedelta, customer: str = "", order: str = "", now: datetime | None = None
) -> Receipt:
    """Hold all of this until it is committed, released, or its time is over.

    Args:
        key: of this deed; the same key again gets the same receipt and holds nothing more.
        holds: what is held; amounts of one account add up, zeros are left out.
        ttl: how long, a second to `LONGEST`.
        customer: pseudonym.
        order: the order's number, if it has one by now.
        now: the moment; the clock's if not given.

    Raises:
        Exhausted: an account has too little left; `kind`, `ref`, `unit`, `asked` and `available` say which.
        NotFound: a balance or a budget that was never opened.
        Conflict: the key was used for something else.
        Refused: an unknown kind or an amount out of bounds.
    """
    now, wanted = now or timezone.now(), merged(holds)
    if not timedelta(seconds=1) <= ttl <= LONGEST:
        raise Refused(f"a reservation lasts a second to {LONGEST.days} days", "invalid_ttl")
    asked = portable.Reserve(
        checked_key(key), digest("reserve", wanted, ttl, customer, order), new_id("rsv"), customer, order, now,
        now + ttl, wanted,
    )  # fmt: skip
    if owed := [hold for hold in wanted if hold.kind in BALANCES]:
        lots.lapse(owed, now)
    found = portable.reserve(asked)
    if found == "seen":
        return replay(_operation(key, asked.digest))
    if isinstance(found, Hold):
        raise too_little(found, now)
    return Receipt(asked.reservation_id, "reserved", asked.expires_at, _plain(wanted))


def commit(key: str, reservation_id: str, *, order: str = "", now: datetime | None = None) -> Receipt:
    """Spend what a reservation holds.

    It is refused from `expires_at` on, whether or not the sweeper has been there: the answer depends on the moment
    alone.

    Raises:
        Expired: its time is over; what it held is, or soon will be, free again.
        Conflict: it was released, refunded or committed under another key, or the key was used for something else.
        NotFound: there is no such reservation.
    """
    return _settled(key, reservation_id, "commit", order, now)


def release(key: str, reservation_id: str, *, order: str = "", now: datetime | None = None) -> Receipt:
    """Give back what a reservation holds; one that was given back already, or swept, is answered as it stands.

    Raises:
        Conflict: it was committed: `reverse` gives back what was spent; or the key was used for something else.
        NotFound: there is no such reservation.
    """
    return _settled(key, reservation_id, "release", order, now)


def reverse(
    key: str, reservation_id: str, holds: Sequence[Hold] | None = None, *, now: datetime | None = None
) -> Receipt:
    """Give back what was spent, whole or in part: a refund.

    Args:
        key: of this refund.
        reservation_id: what was committed.
        holds: how much of which account; None: all that has not been given back yet.
        now: the moment.

    Raises:
        Exhausted: more than is left of what was spent; `available` says how much.
        Conflict: it was never committed, or nothing is left to give back, or the key was used for something else.
        NotFound: there is no such reservation, or it holds nothing of such an account.
    """
    now, wanted = now or timezone.now(), None if holds is None else merged(holds)
    asked = digest("reverse", reservation_id, wanted)
    if (found := seen(checked_key(key), asked)) is not None:
        return replay(found)
    with transaction.atomic():
        live = Reservation.objects.filter(id=reservation_id, status="committed")
        if not live.update(settled_at=now):  # takes the row's lock
            found = seen(key, asked)
            kept = reservation(reservation_id)
        else:
            found = seen(key, asked)
            if found is None:
                return _given_back(key, asked, reservation_id, wanted, now)
    if found is not None:
        return replay(found)
    raise Conflict(f"the reservation is {kept.status}: only what is committed can be refunded", "not_committed")


def _given_back(key: str, asked: str, reservation_id: str, wanted: tuple[Hold, ...] | None, now: datetime) -> Receipt:
    rows = HeldAmount.objects.filter(reservation=reservation_id).select_related("account").order_by("id")
    held = {(row.account.kind, row.account.ref, row.account.unit): row for row in rows}
    if wanted is None:
        wanted = merged(Hold(*place[:2], row.amount - row.returned, unit=place[2]) for place, row in held.items())
    if held and not wanted:
        raise Conflict("nothing is left to give back", "not_committed")
    operation = begun(key, asked, "reverse", now, reservation_id=reservation_id, status="committed")
    if operation is None:
        raise Conflict("the key is being used for another operation: give this one a key of its own", "key_reused")
    moves = []
    for hold in wanted:
        row = held.get((hold.kind, hold.ref, hold.unit))
        if row is None:
            raise NotFound(f"the reservation holds nothing of {hold.name}")
        left = row.amount - row.returned
        if not HeldAmount.objects.filter(id=row.id, amount__gte=F("returned") + hold.amount).update(
            returned=F("returned") + hold.amount
        ):
            raise Exhausted(
                f"{hold.name}: {left} left to give back, {hold.amount} asked", kind=hold.kind, ref=hold.ref,
                unit=hold.unit, asked=hold.amount, available=left,
            )  # fmt: skip
        row.returned += hold.amount
        Account.objects.filter(id=row.account_id).update(spent=F("spent") - hold.amount)
        moves.append((row.account_id, "spent", "free", hold.amount))
    moved(operation, moves)
    status = "refunded" if all(row.returned == row.amount for row in held.values()) else "committed"
    kept = Reservation.objects.get(id=reservation_id)
    if status == "refunded":
        Reservation.objects.filter(id=reservation_id).update(status=status)
        kept.operation_set.filter(id=operation).update(status=status)
    return Receipt(reservation_id, status, kept.expires_at, _plain(wanted))


def _settled(key: str, reservation_id: str, verb: str, order: str, now: datetime | None) -> Receipt:
    now, status = now or timezone.now(), {"commit": "committed", "release": "released"}[verb]
    asked = portable.Settle(
        checked_key(key), digest(verb, reservation_id, order), reservation_id, verb, status, order, now
    )
    holds = portable.settle(asked)
    if holds is None:
        if (found := seen(key, asked.digest)) is not None:
            return replay(found)
        return _as_it_stands(reservation_id, verb)
    return Receipt(reservation_id, status, reservation(reservation_id).expires_at, holds)


def _as_it_stands(reservation_id: str, verb: str) -> Receipt:
    kept = reservation(reservation_id)
    if verb == "release" and kept.status in {"released", "expired"}:
        return Receipt(kept.id, kept.status, kept.expires_at, (), replayed=True)
    if kept.status in {"reserved", "expired"}:
        raise Expired(
            "the reservation's time is over: reserve again", "reservation_expired", expires_at=kept.expires_at
        )
    advice = "refund it instead" if verb == "release" else "reserve again"
    raise Conflict(f"the reservation is {kept.status}: {advice}", f"already_{kept.status}")


def _operation(key: str, asked: str) -> Operation:
    found = seen(key, asked)
    if found is None:
        raise Conflict("the key was used and undone at this moment: try again", "key_reused")
    return found


def _plain(holds: Sequence[Hold]) -> tuple[Hold, ...]:
    return tuple(hold._replace(limit=None) for hold in holds)
