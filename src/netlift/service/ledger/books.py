"""Prove the books: every account against the journal and against the reservations; and what the shop owes."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Count, Sum
from django.utils import timezone

from netlift.service.ledger.holds import BALANCES
from netlift.service.ledger.models import Account, Reservation

_DIFFERENCES = """
    SELECT a.kind, a.ref, a.unit, COALESCE(a.credit, 0), COALESCE(j.credit, 0), a.held, COALESCE(j.held, 0),
        COALESCE(r.held, 0), a.spent, COALESCE(j.spent, 0), COALESCE(r.spent, 0)
    FROM ledger_account a
    LEFT JOIN (
        SELECT account_id,
            SUM(CASE WHEN source = 'issued' THEN amount WHEN target = 'issued' THEN -amount ELSE 0 END) AS credit,
            SUM(CASE WHEN target = 'held' THEN amount WHEN source = 'held' THEN -amount ELSE 0 END) AS held,
            SUM(CASE WHEN target = 'spent' THEN amount WHEN source = 'spent' THEN -amount ELSE 0 END) AS spent
        FROM ledger_entry GROUP BY account_id) j ON j.account_id = a.id
    LEFT JOIN (
        SELECT h.account_id,
            SUM(CASE WHEN v.status = 'reserved' THEN h.amount ELSE 0 END) AS held,
            SUM(CASE WHEN v.status IN ('committed', 'refunded') THEN h.amount - h.returned ELSE 0 END) AS spent
        FROM ledger_heldamount h JOIN ledger_reservation v ON v.id = h.reservation_id GROUP BY h.account_id) r
        ON r.account_id = a.id
    WHERE COALESCE(a.credit, 0) <> COALESCE(j.credit, 0)
        OR a.held <> COALESCE(j.held, 0) OR a.held <> COALESCE(r.held, 0)
        OR a.spent <> COALESCE(j.spent, 0) OR a.spent <> COALESCE(r.spent, 0)
    ORDER BY a.id"""
_STRAY = """
    SELECT (SELECT COUNT(*) FROM ledger_entry e LEFT JOIN ledger_operation o ON o.id = e.operation_id
            LEFT JOIN ledger_account a ON a.id = e.account_id WHERE o.id IS NULL OR a.id IS NULL)
        + (SELECT COUNT(*) FROM ledger_heldamount h LEFT JOIN ledger_reservation v ON v.id = h.reservation_id
            LEFT JOIN ledger_account a ON a.id = h.account_id WHERE v.id IS NULL OR a.id IS NULL)
        + (SELECT COUNT(*) FROM ledger_code c LEFT JOIN ledger_batch b ON b.id = c.batch_id WHERE b.id IS NULL)
        + (SELECT COUNT(*) FROM ledger_operation o LEFT JOIN ledger_reservation v ON v.id = o.reservation_id
            WHERE o.reservation_id IS NOT NULL AND v.id IS NULL)"""


@dataclass(frozen=True, slots=True)
class Difference:
    """An account whose row, journal and reservations do not say the same."""

    account: str
    part: str
    """`credit`, `held` or `spent`."""
    row: int
    journal: int
    reservations: int | None
    """None for credit, of which reservations know nothing."""


@dataclass(frozen=True, slots=True)
class Books:
    """What a reconciliation found."""

    accounts: int
    operations: int
    entries: int
    overdue: int
    """Reservations whose time is over and that are not swept yet."""
    differences: tuple[Difference, ...]
    strays: int
    """Rows that belong to nothing."""

    @property
    def balanced(self) -> bool:
        """All three say the same, and every row belongs somewhere."""
        return not self.differences and not self.strays


@dataclass(frozen=True, slots=True)
class Liability:
    """What the shop owes on balances of one kind and unit."""

    kind: str
    unit: str
    owed: int
    """Granted, not lapsed, not spent: what may still be asked for, held amounts included."""
    held: int
    spent: int
    accounts: int


def reconcile(now: datetime | None = None) -> Books:
    """Compare every account's row with the sum of its journal and with what reservations hold and have spent.

    All of it is read by one statement, so that work may go on meanwhile. An entry cannot be one-sided: it is one row
    with a source, a target and an amount above 0.
    """
    with connection.cursor() as cursor:
        cursor.execute(_DIFFERENCES)
        found = [_differences(row) for row in cursor.fetchall()]
        cursor.execute(_STRAY)
        strays = int(cursor.fetchone()[0])
        counts = []
        for table in ("account", "operation", "entry"):
            cursor.execute(f"SELECT COUNT(*) FROM ledger_{table}")
            counts.append(int(cursor.fetchone()[0]))
    overdue = Reservation.objects.filter(status="reserved", expires_at__lte=now or timezone.now()).count()
    accounts, operations, entries = counts
    return Books(accounts, operations, entries, overdue, tuple(one for row in found for one in row), strays)


def _differences(row: tuple[object, ...]) -> list[Difference]:
    kind, ref, unit, *sums = row
    credit, credit_told, held, held_told, held_by, spent, spent_told, spent_by = (int(str(one)) for one in sums)
    name = f"{kind}/{ref}" + (f"/{unit}" if unit else "")
    said = [
        Difference(name, "credit", credit, credit_told, None),
        Difference(name, "held", held, held_told, held_by),
        Difference(name, "spent", spent, spent_told, spent_by),
    ]
    return [one for one in said if one.row != one.journal or one.reservations not in {None, one.row}]


def liability() -> tuple[Liability, ...]:
    """What the shop owes, by kind and unit, as its balances stand."""
    rows = (
        Account.objects.filter(kind__in=BALANCES)
        .values_list("kind", "unit")
        .annotate(all_credit=Sum("credit"), all_held=Sum("held"), all_spent=Sum("spent"), number=Count("id"))
        .order_by("kind", "unit")
    )
    return tuple(
        Liability(kind, unit, int(credit) - int(spent), int(held), int(spent), number)
        for kind, unit, credit, held, spent, number in rows
    )
