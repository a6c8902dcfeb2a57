"""Events to the library: cut into batches in the store, then written as files that may be written again.

A batch has a number and its rows; its file follows from them alone and replaces the one of that name. Whatever moment
a process ends at, a batch is then written again or was written: no event is lost, none is there twice.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Min
from django.utils import timezone

from netlift.data.workspace import Workspace
from netlift.errors import NetliftError
from netlift.schema import EVENTS
from netlift.service.events import erased
from netlift.service.events import workspace as library
from netlift.service.events.intake import AHEAD
from netlift.service.events.models import Batch, Event
from netlift.service.events.orders import ABOUT_ORDERS, BOUGHT, sales

FULL = 20_000
"""Rows of a batch; the last one is filled up before another begins, so that files stay few."""
EVERY = timedelta(minutes=5)
"""How long an event may wait for others, unless a quarter of a batch has come together."""


def hand_over(*, wait: timedelta = EVERY, full: int = FULL, now: datetime | None = None) -> int:
    """Write what is due into the workspace, and take out of its files who was erased; how many batches were written.

    Args:
        wait: how long events may wait for others.
        full: rows of a batch.
        now: the moment.

    Raises:
        NetliftError: the library refuses rows; their batch stays due, the others are written.
    """
    now = now or timezone.now()
    if _due(wait, full, now):
        while _cut(full, now):
            pass
    open_ = list(Batch.objects.filter(handed_at__isnull=True).order_by("number"))
    try:
        if open_:
            place = library.opened()
            _each(place, open_, now)
    finally:  # a batch that is refused again and again keeps nobody in the files
        erased.now_and_then(now)
    return len(open_)


def _each(place: Workspace, open_: list[Batch], now: datetime) -> None:
    """Write every batch; one that cannot be written does not stop the others."""
    problem: NetliftError | None = None
    for batch in open_:
        try:
            _write(place, batch, now)
        except NetliftError as error:
            Batch.objects.filter(pk=batch.pk).update(notes={"problem": str(error)[:500]})
            problem = problem or error
    if problem is not None:
        raise problem


def reopen(numbers: Iterable[int]) -> None:
    """Let batches be written again, because rows of theirs have changed."""
    Batch.objects.filter(number__in=numbers).update(handed_at=None, revision=F("revision") + 1)


def _due(wait: timedelta, full: int, now: datetime) -> bool:
    waiting = Event.objects.filter(batch__isnull=True)
    oldest = waiting.aggregate(oldest=Min("taken_at"))["oldest"]
    if oldest is None:
        return False
    return oldest <= now - wait or waiting[full // 4 : full // 4 + 1].exists()


def _cut(full: int, now: datetime) -> int:
    """Give waiting events to the last batch, or to a new one; how many."""
    last = Batch.objects.order_by("-number").first()
    room = 0 if last is None else full - last.rows
    try:
        with transaction.atomic():
            if last is None or room <= 0:
                last = Batch.objects.create(number=1 if last is None else last.number + 1, rows=0, made_at=now)
                room = full
            ids = list(Event.objects.filter(batch__isnull=True).order_by("pk").values_list("pk", flat=True)[:room])
            if not ids:
                transaction.set_rollback(True)
                return 0
            mine = Batch.objects.filter(pk=last.pk, rows=last.rows)
            if not mine.update(rows=last.rows + len(ids), handed_at=None, revision=F("revision") + 1):
                return 1  # somebody else filled it up: look again
            for start in range(0, len(ids), 5_000):
                Event.objects.filter(pk__in=ids[start : start + 5_000], batch__isnull=True).update(batch=last.number)
    except IntegrityError:  # somebody else began this batch
        return 1
    return len(ids)


def _write(place: Workspace, batch: Batch, now: datetime) -> None:
    events = list(Event.objects.filter(batch=batch.number).order_by("pk").iterator(chunk_size=5_000))
    kept = [one for one in events if one.event]  # an erased event has nothing left to tell
    currency = place.settings.currency or _currency(kept)
    latest = max([now, *(one.at for one in kept)]) + AHEAD
    found = sales(_about({one.order for one in kept if one.event in ABOUT_ORDERS and one.order}), currency)
    name = f"{batch.number:06d}"
    notes = {
        "events": library.put(place, "events", f"service-events-{name}", [_row(one, currency) for one in kept], latest),
        "orders": library.put(place, "orders", f"service-orders-{name}", found.orders, latest),
        "order_lines": library.put(place, "order_lines", f"service-lines-{name}", found.lines, latest),
        "foreign_orders": found.foreign,
    }
    Batch.objects.filter(pk=batch.pk, revision=batch.revision).update(handed_at=now, notes=notes)


def _about(orders: set[str]) -> list[Event]:
    """Everything that is known of some orders, in whatever batch it is."""
    found: list[Event] = []
    numbers = sorted(orders)
    for start in range(0, len(numbers), 5_000):
        rows = Event.objects.filter(order__in=numbers[start : start + 5_000], event__in=ABOUT_ORDERS)
        found += rows.order_by("pk")
    return found


def _currency(events: list[Event]) -> str:
    """The currency of most purchases, else of most events; of equals the first by name; empty where none has one."""
    named = [(one.event, str(one.told["currency"])) for one in events if "currency" in one.told]
    counted = Counter(name for event, name in named if event == BOUGHT) or Counter(name for _, name in named)
    return min(counted, key=lambda name: (-counted[name], name), default="")


def _row(one: Event, currency: str) -> dict[str, Any]:
    """A row of EVENTS; what happened in other money is told all the same, without it."""
    told = {name: one.told.get(name) for name in EVENTS.names}
    if told["currency"] != currency:
        told["value_minor"] = None
    return told | {
        "event_id": f"{one.source}:{one.event_id}", "event": one.event, "at": one.at,
        "customer_id": one.customer or None, "order_id": one.order or None, "currency": currency or None,
    }  # fmt: skip
