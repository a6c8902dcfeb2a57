"""Delivery: claim in one short statement, send with no transaction open, note in another what came of it.

At least once: whoever dies between the two leaves a claim that ends by itself, and the same event, with the same id,
is sent again. News of one subject go to a subscription one after the other; the next waits while one is retried.
"""

import time
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from netlift.errors import DataError
from netlift.service.core.refusals import NotFound, Refused
from netlift.service.hooks.addresses import place
from netlift.service.hooks.models import Delivery, Subscription
from netlift.service.hooks.news import CONTENT_TYPE, body
from netlift.service.hooks.send import Unsent, post
from netlift.service.hooks.signatures import HEADER, signature
from netlift.service.hooks.subscriptions import end, found, secret_of

WAITS = tuple(timedelta(seconds=seconds) for seconds in (10, 60, 300, 1_800, 7_200, 21_600, 43_200, 86_400))
"""Between one try and the next; after the ninth the message is given up, two days later."""
_LEASE = timedelta(minutes=2)
_REST, _LONGEST_REST = timedelta(seconds=5), timedelta(minutes=5)
_GONE = 410


def deliver(now: datetime | None = None, most: int = 100, for_s: float = 5.0) -> int:
    """Send what is due; how many messages arrived.

    Args:
        now: the present, also of what is signed; None: the clock, read for every message.
        most: tries at a time.
        for_s: seconds after which no further try begins.

    Raises:
        RuntimeError: a transaction is open, which would stay so while others are waited for.
    """
    if connection.in_atomic_block:
        raise RuntimeError("news are delivered outside of transactions")
    arrived, tried, until = 0, 0, time.monotonic() + for_s
    while tried < most and (batch := list(_due(now or timezone.now())[: most - tried])):
        resting = set[int]()
        for row in batch:
            if time.monotonic() >= until:
                return arrived
            if row.subscription_id in resting or not _claimed(row, now or timezone.now()):
                continue
            tried += 1
            if _delivered(row, now):
                arrived += 1
            else:
                resting.add(row.subscription_id)
    return arrived


def retry(message_id: str, subscription_id: str, *, now: datetime | None = None) -> None:
    """Send a message that was given up, or has arrived, once more.

    Raises:
        NotFound: the subscription never had such a message, or it is no longer kept.
        Refused: the subscription has ended.
    """
    if found(subscription_id).ended_at is not None:
        raise Refused("this subscription has ended: make a new one", "ended")
    rows = Delivery.objects.filter(message__message_id=message_id, subscription__subscription_id=subscription_id)
    if not rows.update(state="waiting", tries=0, next_at=now or timezone.now(), ended_at=None):
        raise NotFound("this subscription has no such message")
    Subscription.objects.filter(subscription_id=subscription_id).update(rests_until=None)


def _due(now: datetime) -> "QuerySet[Delivery]":
    """What may be sent: nothing of the same subject waits before it, and its listener does not rest."""
    waiting = Delivery.objects.filter(state="waiting")
    before = waiting.filter(subscription=OuterRef("subscription"), subject=OuterRef("subject"), pk__lt=OuterRef("pk"))
    due = waiting.filter(~Exists(before), next_at__lte=now, subscription__ended_at__isnull=True)
    awake = Q(subscription__rests_until__isnull=True) | Q(subscription__rests_until__lte=now)
    return due.filter(awake).select_related("message", "subscription").order_by("next_at", "pk")


def _claimed(row: Delivery, now: datetime) -> bool:
    """Whether this try is ours; others leave it alone for a while."""
    rows = Delivery.objects.filter(pk=row.pk, state="waiting", tries=row.tries, next_at=row.next_at)
    row.tries += 1
    return bool(rows.update(tries=F("tries") + 1, next_at=now + _LEASE))


def _delivered(row: Delivery, now: datetime | None) -> bool:
    """Try, and note what came of it."""
    status, fault = None, ""
    try:
        status = _sent(row, now or timezone.now())
        fault = "" if 200 <= status < 300 else f"answered {status}"
    except Unsent as error:
        fault = str(error)
    except Refused as error:
        fault = error.detail
    except DataError:
        fault = "its secret does not open: make a new one"
    _note(row, now or timezone.now(), status, fault)
    _rest(row.subscription, now or timezone.now(), bool(fault))
    if status == _GONE:
        end(row.subscription.subscription_id, "its address answered 410 Gone", now=now)
    return not fault


def _sent(row: Delivery, at: datetime) -> int:
    said = body(row.message)
    headers = {
        "Content-Type": CONTENT_TYPE,
        "User-Agent": "netlift",
        HEADER: signature(secret_of(row.subscription), said, at),
    }
    return post(place(row.subscription.url), said, headers)


def _note(row: Delivery, now: datetime, status: int | None, fault: str) -> None:
    """The end of a try, unless another one has begun since."""
    over = {"state": "dead" if fault else "delivered", "ended_at": now}
    if fault and row.tries <= len(WAITS):
        over = {"next_at": now + _wait(row)}
    Delivery.objects.filter(pk=row.pk, state="waiting", tries=row.tries).update(
        status=status, fault=fault[:200], **over
    )


def _rest(listener: Subscription, now: datetime, failed: bool) -> None:
    """After a failure the listener is left alone, longer each time, so that one that is down holds up no other."""
    if failed:
        rest = min(_REST * 2.0 ** min(listener.failures, 10), _LONGEST_REST)
        Subscription.objects.filter(pk=listener.pk).update(failures=F("failures") + 1, rests_until=now + rest)
    elif listener.failures:
        Subscription.objects.filter(pk=listener.pk).update(failures=0, rests_until=None)


def _wait(row: Delivery) -> timedelta:
    """How long until the next try: up to a fifth longer, so that not all come back at the same moment."""
    spread = sha256(f"{row.pk} {row.tries}".encode()).digest()[0] / 255
    return WAITS[row.tries - 1] * (1 + spread / 5)
