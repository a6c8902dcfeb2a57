"""Give back what reservations hold whose time is over, and take away credit that has lapsed."""

from datetime import datetime

from django.utils import timezone

from netlift.service.ledger import portable
from netlift.service.ledger.journal import OWN
from netlift.service.ledger.lots import lapse
from netlift.service.ledger.models import Reservation


def sweep(now: datetime | None = None, most: int = 1000) -> int:
    """Expire reservations whose time is over, each in a transaction of its own; several sweepers may run at once.

    Args:
        now: the moment.
        most: reservations in one run, and accounts whose credit lapses.

    Returns:
        Number of reservations that were expired; as many as `most` means that there may be more.
    """
    now = now or timezone.now()
    due = Reservation.objects.filter(status="reserved", expires_at__lte=now).order_by("expires_at", "id")
    done = 0
    for found in list(due.values_list("id", flat=True)[:most]):
        done += (
            portable.settle(portable.Settle(f"{OWN}expire/{found}", "", found, "expire", "expired", "", now))
            is not None
        )
    lapse(now=now, most=most)
    return done
