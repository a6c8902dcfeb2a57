"""Telling news: written in the transaction that makes it so, and so told exactly if that happens."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from netlift.service.core.ids import new_id
from netlift.service.core.refusals import Refused
from netlift.service.hooks.models import Delivery, Message, Subscription


def tell(kind: str, subject: str, data: Mapping[str, Any], *, now: datetime | None = None) -> None:
    """Put news in the outbox for everybody who asked for its kind; nothing where nobody did.

    Call it inside the transaction that the news is about. Nothing personal belongs in it: people are pseudonyms.

    Args:
        kind: what happened, such as `redemption.committed`.
        subject: what it is about, such as a reservation's id; news of one subject are told in their order.
        data: JSON values.
        now: the present.
    """
    listeners = [
        one.pk for one in Subscription.objects.filter(ended_at__isnull=True).only("kinds")
        if not one.kinds or kind in one.kinds
    ]  # fmt: skip
    if not listeners:
        return
    _put(kind, subject, data, listeners, now)


def knock(row: Subscription, *, now: datetime | None = None) -> None:
    """Tell one subscription `hook.ping`, whatever it asked for.

    Raises:
        Refused: it has ended.
    """
    if row.ended_at is not None:
        raise Refused("this subscription has ended: make a new one", "ended")
    _put("hook.ping", row.subscription_id, {}, [row.pk], now)


def _put(kind: str, subject: str, data: Mapping[str, Any], listeners: list[int], now: datetime | None) -> None:
    now, subject = now or timezone.now(), subject[:200]
    with transaction.atomic():
        message = Message.objects.create(
            message_id=new_id("msg"), kind=kind, subject=subject, data=dict(data), made_at=now
        )
        Delivery.objects.bulk_create(
            Delivery(message=message, subscription_id=one, subject=subject, next_at=now) for one in listeners
        )
