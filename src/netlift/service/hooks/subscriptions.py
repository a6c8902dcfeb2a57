"""Who wants to hear: subscribing, ending, a new secret."""

import re
import secrets
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from netlift.service.core.ids import new_id
from netlift.service.core.refusals import NotFound, Refused
from netlift.service.hooks.addresses import place
from netlift.service.hooks.models import Delivery, Subscription
from netlift.service.privacy.keys import unwrap, wrap

MOST = 50
"""Subscriptions at a time: each of them costs every piece of news a row."""
_KIND = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")


def subscribe(url: str, kinds: Iterable[str], by: str, *, now: datetime | None = None) -> tuple[Subscription, str]:
    """A new subscription and its secret, which cannot be read again.

    Args:
        url: https, or http to this machine.
        kinds: kinds of news such as `redemption.committed`; none: all.
        by: `Caller.name`.
        now: the present.

    Raises:
        Refused: an address that nothing is sent to, a kind of another form, or too many subscriptions.
    """
    place(url)
    wanted = sorted(set(kinds))
    if wrong := [kind for kind in wanted if len(kind) > 60 or not _KIND.fullmatch(kind)]:
        raise Refused(f"{wrong[0][:60]!r} is no kind of news: small words with dots between them", "bad_kind")
    if Subscription.objects.filter(ended_at__isnull=True).count() >= MOST:
        raise Refused(f"there are {MOST} subscriptions already: end one first", "too_many_subscriptions")
    row = Subscription(subscription_id=new_id("sub"), url=url, kinds=wanted, made_by=by, made_at=now or timezone.now())
    secret = _with_secret(row)
    row.save(force_insert=True)
    return row, secret


def found(subscription_id: str) -> Subscription:
    """The subscription of an id.

    Raises:
        NotFound: there is none.
    """
    row = Subscription.objects.filter(subscription_id=subscription_id).first()
    if row is None:
        raise NotFound("there is no such subscription")
    return row


def end(subscription_id: str, why: str = "ended by hand", *, now: datetime | None = None) -> None:
    """Tell it nothing any more; what waits for it is given up. Ending it twice is ending it once."""
    now, row = now or timezone.now(), found(subscription_id)
    with transaction.atomic():
        Subscription.objects.filter(pk=row.pk, ended_at__isnull=True).update(ended_at=now, why=why[:200])
        Delivery.objects.filter(subscription=row, state="waiting").update(state="dead", ended_at=now, fault=why[:200])


def renew_secret(subscription_id: str) -> str:
    """Another secret, which signs from now on."""
    row = found(subscription_id)
    secret = _with_secret(row)
    Subscription.objects.filter(pk=row.pk).update(seal=row.seal, wrapped=row.wrapped)
    return secret


def secret_of(row: Subscription) -> bytes:
    """What signs the news of a subscription."""
    return unwrap(row)


def _with_secret(row: Subscription) -> str:
    secret = "whs_" + secrets.token_urlsafe(32)
    row.seal, row.wrapped = wrap(secret.encode(), row.bound)
    return secret
