"""What the ledger tells: balances, reservations, and an account's journal."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from netlift.service.core.refusals import NotFound
from netlift.service.ledger.models import Account, Entry, Operation, Reservation
from netlift.service.ledger.pace import Pace


@dataclass(frozen=True, slots=True)
class Balance:
    """An account as it stands."""

    kind: str
    ref: str
    unit: str
    credit: int | None
    """What may be held and spent; None: not limited."""
    held: int
    """By reservations."""
    spent: int
    spendable: int | None
    """What a reservation could hold at this moment: credit less held and spent, as far as the pace has come."""


def balance(kind: str, ref: str, unit: str = "", *, now: datetime | None = None) -> Balance:
    """One account as it stands.

    Raises:
        NotFound: it was never opened.
    """
    found = Account.objects.filter(kind=kind, ref=ref, unit=unit).first()
    if found is None:
        raise NotFound(f"there is no account {kind}/{ref}" + (f"/{unit}" if unit else ""))
    return stands(found, now or timezone.now())


def stands(account: Account, now: datetime) -> Balance:
    """An account's row as a balance."""
    limits = [limit for limit in (account.credit, account.ceiling) if limit is not None]
    if account.pace_from is not None and account.credit is not None:
        limits.append(pace(account).released(account.credit, now))
    left = min(limits) - account.held - account.spent if limits else None
    return Balance(
        account.kind, account.ref, account.unit, account.credit, account.held, account.spent,
        None if left is None else max(left, 0),
    )  # fmt: skip


def pace(account: Account) -> Pace:
    """The pace of an account that has one."""
    start = datetime.fromtimestamp(account.pace_from or 0, UTC)
    return Pace(start, timedelta(seconds=account.pace_step), account.pace_steps)


def reservation(reservation_id: str) -> Reservation:
    """One reservation as it stands.

    Raises:
        NotFound: there is none.
    """
    found = Reservation.objects.filter(name=reservation_id).first()
    if found is None:
        raise NotFound("there is no such reservation")
    return found


def done(key: str) -> bool:
    """Whether an operation was done under this key."""
    return Operation.objects.filter(key=key).exists()


def journal(account_id: int) -> QuerySet[Entry]:
    """What moved on an account, oldest first, with its operations."""
    return Entry.objects.filter(account=account_id).select_related("operation").order_by("id")
