"""Give back what reservations hold whose time is over, and take away credit that has lapsed."""

import logging
from datetime import datetime

from django.db import IntegrityError
from django.utils import timezone

from netlift.service.core.logs import say
from netlift.service.ledger.asked import Settle
from netlift.service.ledger.journal import OWN
from netlift.service.ledger.lots import lapse
from netlift.service.ledger.models import Reservation
from netlift.service.ledger.statements import statements


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
    names = list(due.values_list("name", flat=True)[:most])
    asked = (Settle(f"{OWN}expire/{name}", "", name, "expire", "expired", "", now) for name in names)
    done = sum(_expired(one) for one in asked)
    lapse(now=now, most=most)
    return done


def _expired(one: Settle) -> bool:
    try:
        return statements().settle(one) is not None
    except IntegrityError:  # the store refuses what it would have to write: the books are wrong, but only here
        say("reservation_stuck", logging.ERROR, reservation=one.reservation_id)
        return False
