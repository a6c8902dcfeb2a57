"""Events by a signed webhook: for systems that can sign what they send, and hold no key of the API."""

import re
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import transaction
from django.db.utils import IntegrityError
from django.utils import timezone

from netlift.service.core.ids import new_id
from netlift.service.core.refusals import Conflict, NotFound, Refused, Unauthenticated
from netlift.service.events.intake import MOST, Happened, Taken, take
from netlift.service.hooks.signatures import verify, verify_once
from netlift.service.integrations.models import Sender
from netlift.service.privacy.keys import unwrap, wrap

_SOURCE = re.compile(r"[A-Za-z0-9_.-]{1,60}")
_NOBODY = secrets.token_bytes(32)
"""Signs for senders that are not there, so that time does not tell which are."""


def make_sender(source: str, by: str, *, now: datetime | None = None) -> tuple[Sender, str]:
    """A new sender and its secret, which cannot be read again.

    Args:
        source: under which its events are kept.
        by: `Caller.name`.
        now: the present.

    Raises:
        Refused: the source is no plain word.
        Conflict: another sender sends for this source.
    """
    if not _SOURCE.fullmatch(source):
        raise Refused("a source has letters, digits, dots, dashes and _ only, at most 60", "bad_source")
    row = Sender(sender_id=new_id("snd"), source=source, made_by=by, made_at=now or timezone.now())
    secret = "whs_" + secrets.token_urlsafe(32)
    row.seal, row.wrapped = wrap(secret.encode(), row.bound)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise Conflict(f"another sender sends for {source}: end that one first", "source_taken") from None
    return row, secret


def end_sender(sender_id: str, *, now: datetime | None = None) -> Sender:
    """Take nothing more from it.

    Raises:
        NotFound: there is no such sender.
    """
    Sender.objects.filter(sender_id=sender_id, ended_at__isnull=True).update(ended_at=now or timezone.now())
    row = Sender.objects.filter(sender_id=sender_id).first()
    if row is None:
        raise NotFound("there is no such sender")
    return row


def receive(
    sender_id: str, header: str, body: bytes, read: Callable[[str, bytes], Sequence[Happened]],
    *, now: datetime | None = None,
) -> Taken:  # fmt: skip
    """Take in what a sender signed: all of it or nothing, and the same message once.

    Args:
        sender_id: as the address tells it.
        header: the signature.
        body: the bytes that were signed.
        read: from the sender's source and the body to its events; asked only when the signature is right.
        now: the present.

    Raises:
        Unauthenticated: no such sender, or not its signature; the same answer for both.
        Conflict: the message was received before, or an event is known with other content.
        Refused: no events, or more than `MOST`.
    """
    now = now or timezone.now()
    sender = Sender.objects.filter(sender_id=sender_id, ended_at__isnull=True).first()
    verify(header, body, unwrap(sender) if sender else _NOBODY, now=now)
    if sender is None:
        raise Unauthenticated("the signature does not fit the body and the secret", "bad_signature")
    events = read(sender.source, body)
    if not 1 <= len(events) <= MOST:
        raise Refused(f"{len(events)} events: between 1 and {MOST} can be sent at once", "bad_number")
    with transaction.atomic():
        verify_once(header, body, unwrap(sender), now=now)
        taken = take(events, now=now)
        if taken.differing:
            raise Conflict(
                "an event_id was sent before with other content: what happened does not change", "event_differs"
            )
    return taken
