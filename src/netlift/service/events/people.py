"""A person's events: told to whoever may ask, and erased, in the workspace too."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from netlift.service.events.hand_over import reopen
from netlift.service.events.models import Event
from netlift.service.events.orders import ABOUT_ORDERS

_EMPTY: dict[str, Any] = {"event": "", "told": {}, "customer": "", "order": ""}


def held(customer: str) -> list[dict[str, object]]:
    """What is kept of the person behind a pseudonym."""
    rows = Event.objects.filter(customer=customer).order_by("pk")
    return [
        {
            "source": row.source,
            "event_id": row.event_id,
            "event": row.event,
            "at": row.at.isoformat(),
            "order": row.order,
        }
        | row.told
        for row in rows
    ]


def forget(customer: str) -> int:
    """Empty a person's events, and leave sales as a guest's; their files are written anew by the next hand-over.

    An emptied event keeps its id, so that it cannot come in again.

    Returns:
        How many events those were.
    """
    if not customer:
        return 0
    mine = Event.objects.filter(customer=customer)
    batches = {number for number in mine.values_list("batch", flat=True) if number is not None}
    sold = list(mine.filter(event__in=ABOUT_ORDERS))
    for one in sold:
        one.told.pop("session_id", None)
        one.customer = ""
        one.save(update_fields=["told", "customer"])
    reopen(batches)
    return len(sold) + mine.exclude(event__in=ABOUT_ORDERS).update(**_EMPTY)


def old(before: datetime) -> int:
    """Behaviour, sales left out, from before a moment."""
    return _old(before).count()


def clear(before: datetime, most: int) -> int:
    """Empty some of it, here and with the next hand-over in the workspace; how many events."""
    ids = list(_old(before).order_by("pk").values_list("pk", flat=True)[: min(most, 5_000)])
    with transaction.atomic():
        mine = Event.objects.filter(pk__in=ids)
        reopen({number for number in mine.values_list("batch", flat=True) if number is not None})
        return mine.update(**_EMPTY)


def _old(before: datetime) -> QuerySet[Event]:
    return Event.objects.filter(at__lt=before).exclude(event__in=("", *ABOUT_ORDERS))
