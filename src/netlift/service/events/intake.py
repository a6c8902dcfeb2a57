"""Events in: each accepted once, by its source and its own id, and durable when the caller is told so."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connection
from django.utils import timezone

from netlift.service.core.refusals import Refused
from netlift.service.events.models import Event
from netlift.service.privacy.pseudonyms import pseudonym

if TYPE_CHECKING:
    from django.db.models import Field

AHEAD = timedelta(minutes=5)
"""How far a sender's clock may be ahead."""
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
MOST = 500
"""Events that are written in one statement."""


Name = tuple[str, str]
"""Source and event id."""


class Happened(NamedTuple):
    """An event as it was sent."""

    source: str
    """The system that numbers it."""
    event_id: str
    event: str
    """view, click, search, cart, purchase, refund, ..."""
    at: datetime
    customer_id: str = ""
    """The shop's id of the customer; a pseudonym is kept."""
    order_id: str = ""
    told: Mapping[str, Any] = MappingProxyType({})
    """The rest, by the names of `schema.EVENTS`, and the lines of a purchase or a refund."""


class Taken(NamedTuple):
    """What became of some events."""

    accepted: int
    """New ones, now durable."""
    repeated: int
    """Those that were here before."""
    differing: tuple[int, ...] = ()
    """Places of those that were here before with other content, which stays as it is."""


def fault(one: Happened, now: datetime | None = None) -> str | None:
    """What is wrong with an event; None where nothing is."""
    if one.at.tzinfo is None:
        return "at has no time zone: write 2026-03-05T12:00:00Z"
    if one.at > (now or timezone.now()) + AHEAD:
        return f"at is more than {AHEAD.seconds // 60} minutes ahead: nothing of the future has happened"
    if one.at < EARLIEST:
        return "at is before the year 2000"
    goods = [line["product_id"] for line in one.told.get("lines", ())]
    named = {"event_id": [one.event_id], "order_id": [one.order_id or "-"], "product_id": goods}
    for name, ids in named.items():
        if not all(_is_name(text) for text in ids):
            return f"{name} is empty, or begins or ends with something invisible"
    return None


def _is_name(text: str) -> bool:
    """The library reads ids without what is invisible around them, so that none of it may tell two apart."""
    return bool(text) and all(end.isprintable() and not end.isspace() for end in (text[0], text[-1]))


def take(events: Sequence[Happened], *, now: datetime | None = None) -> Taken:
    """Keep events; in one transaction, unless the caller has one.

    Args:
        events: at most `MOST`.
        now: the moment.

    Raises:
        Refused: one of them has a `fault`; none is kept.
    """
    now = now or timezone.now()
    for one in events:
        if why := fault(one, now):
            raise Refused(f"event {one.event_id[:40]!r}: {why}", "wrong_event")
    sent = [_row(one, now) for one in events]
    rows: dict[Name, Event] = {}
    for row in sent:
        rows.setdefault((row.source, row.event_id), row)
    fresh = _insert([rows[name] for name in sorted(rows)])  # in one order, so that writers wait and never cross
    told = {name: row.digest for name, row in rows.items()}
    if len(fresh) < len(rows):
        told |= _kept([name for name in rows if name not in fresh])
    differing = tuple(place for place, row in enumerate(sent) if row.digest != told[row.source, row.event_id])
    return Taken(len(fresh), len(sent) - len(fresh), differing)


def _row(one: Happened, now: datetime) -> Event:
    customer = pseudonym(one.customer_id) if one.customer_id.strip() else ""
    content = [one.event, one.at.astimezone(UTC).isoformat(), customer, one.order_id, dict(one.told)]
    text = json.dumps(content, sort_keys=True, ensure_ascii=False)
    return Event(
        source=one.source, event_id=one.event_id, digest=sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
        event=one.event, at=one.at, customer=customer, order=one.order_id, told=dict(one.told), taken_at=now,
    )  # fmt: skip


_FIELDS: tuple["Field[Any, Any]", ...] = tuple(
    field for field in Event._meta.concrete_fields if field.name not in {"id", "batch"}
)


def _insert(rows: list[Event]) -> set[Name]:
    """Insert those that are not there, and tell which they were: one statement on both stores."""
    if not rows:
        return set()
    names = ", ".join(connection.ops.quote_name(field.attname) for field in _FIELDS)
    one = f"({', '.join(['%s'] * len(_FIELDS))})"
    values = [field.get_db_prep_save(getattr(row, field.attname), connection) for row in rows for field in _FIELDS]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO events_event ({names}) VALUES {', '.join([one] * len(rows))}"
            " ON CONFLICT (source, event_id) DO NOTHING RETURNING source, event_id",
            values,
        )
        return {(source, event_id) for source, event_id in cursor.fetchall()}


def _kept(names: list[Name]) -> dict[Name, str]:
    """Digests of events that were here before."""
    wanted: dict[str, list[str]] = {}
    for source, event_id in names:
        wanted.setdefault(source, []).append(event_id)
    found: dict[Name, str] = {}
    for source, ids in wanted.items():
        rows = Event.objects.filter(source=source, event_id__in=ids).values_list("event_id", "digest")
        found |= {(source, event_id): digest for event_id, digest in rows}
    return found
