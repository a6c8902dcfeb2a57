"""Reserve, commit, release, reverse: whole or not at all, once per key, and never more than there is."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from netlift.service.core.ids import new_id
from netlift.service.core.refusals import Conflict, Exhausted, Expired, NotFound, Refused
from netlift.service.ledger import lots
from netlift.service.ledger.accounts import too_little
from netlift.service.ledger.asked import Reserve, Settle, Short
from netlift.service.ledger.holds import BALANCES, Hold, Receipt, merged
from netlift.service.ledger.journal import begun, checked_key, digest, moved, replay, seen
from netlift.service.ledger.models import Account, HeldAmount, Operation, Reservation
from netlift.service.ledger.selectors import reservation
from netlift.service.ledger.statements import statements

LONGEST = timedelta(days=30)
"""The longest time that a reservation may hold what others could use."""


def reserve(
    key: str, holds: Sequence[Hold], *, ttl: timedelta, customer: str = "", order: str = "", now: datetime | None = None
) -> Receipt:
    """Hold all of this until it is committed, released, or its time is over.

    Args:
        key: of this deed; the same key again gets the same receipt and holds nothing more.
        holds: what is held; amounts of one account add up, zeros are left out. Limits are rules, not content: the same
            key with another limit is the same deed.
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
    asked = Reserve(
        checked_key(key), digest("reserve", _plain(wanted), ttl, customer, order), new_id("rsv"), customer, order, now,
        now + ttl, wanted,
    )  # fmt: skip
    if owed := [hold for hold in wanted if hold.kind in BALANCES]:
        lots.lapse(owed, now)
    try:
        made = statements().reserve(asked)
    except Short as short:
        raise too_little(short.hold, now) from None
    if not made:
        return replay(_operation(key, asked.digest))
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
        mine = Reservation.objects.filter(name=reservation_id, status="committed").update(settled_at=now)  # its lock
        found, kept = seen(key, asked), reservation(reservation_id)
        if mine and found is None:
            return _given_back(key, asked, kept, wanted, now)
    if found is not None:
        return replay(found)
    raise Conflict(f"the reservation is {kept.status}: only what is committed can be refunded", "not_committed")


def _given_back(key: str, asked: str, kept: Reservation, wanted: tuple[Hold, ...] | None, now: datetime) -> Receipt:
    rows = HeldAmount.objects.filter(reservation=kept).select_related("account").order_by("id")
    held = {(row.account.kind, row.account.ref, row.account.unit): row for row in rows}
    if wanted is None:
        wanted = merged(Hold(*place[:2], row.amount - row.returned, unit=place[2]) for place, row in held.items())
    if held and not wanted:
        raise Conflict("nothing is left to give back, or nothing was asked for", "nothing_to_refund")
    left = {place: row.amount - row.returned for place, row in held.items()}
    for hold in wanted:
        place = (hold.kind, hold.ref, hold.unit)
        if place not in left:
            raise NotFound(f"the reservation holds nothing of {hold.name}")
        if left[place] < hold.amount:
            raise Exhausted(
                f"{hold.name}: {left[place]} left to give back, {hold.amount} asked", kind=hold.kind, ref=hold.ref,
                unit=hold.unit, asked=hold.amount, available=left[place],
            )  # fmt: skip
        left[place] -= hold.amount
    status = "committed" if any(left.values()) else "refunded"
    operation = begun(key, asked, "reverse", now, reservation=kept.id, status=status)
    if operation is None:
        raise Conflict("the key is being used for another operation: give this one a key of its own", "key_reused")
    for hold in wanted:
        row = held[hold.kind, hold.ref, hold.unit]
        HeldAmount.objects.filter(id=row.id).update(returned=F("returned") + hold.amount)
        Account.objects.filter(id=row.account_id).update(spent=F("spent") - hold.amount)
    places = [held[hold.kind, hold.ref, hold.unit].account_id for hold in wanted]
    moved(operation, [(place, "spent", "free", hold.amount) for place, hold in zip(places, wanted, strict=True)])
    Reservation.objects.filter(id=kept.id).update(status=status)
    return Receipt(kept.name, status, kept.expires_at, _plain(wanted))


def _settled(key: str, reservation_id: str, verb: str, order: str, now: datetime | None) -> Receipt:
    now, status = now or timezone.now(), {"commit": "committed", "release": "released"}[verb]
    asked = Settle(checked_key(key), digest(verb, reservation_id, order), reservation_id, verb, status, order, now)
    done = statements().settle(asked)
    if done is None:
        if (found := seen(key, asked.digest)) is not None:
            return replay(found)
        return _as_it_stands(reservation_id, verb)
    return Receipt(reservation_id, status, done.expires_at, done.holds)


def _as_it_stands(reservation_id: str, verb: str) -> Receipt:
    kept = reservation(reservation_id)
    if verb == "release" and kept.status in {"released", "expired"}:
        return Receipt(kept.name, kept.status, kept.expires_at, (), replayed=True)
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


def _plain(holds: tuple[Hold, ...]) -> tuple[Hold, ...]:
    return tuple(hold._replace(limit=None) for hold in holds)
