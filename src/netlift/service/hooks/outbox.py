"""Telling news: written in the transaction that makes it so, and so told exactly if that happens."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from netlift.service.core.ids import new_id
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
    now = now or timezone.now()
    message = Message.objects.create(message_id=new_id("msg"), kind=kind, subject=subject, data=dict(data), made_at=now)
    Delivery.objects.bulk_create(
        Delivery(message=message, subscription_id=one, subject=subject, next_at=now) for one in listeners
    )
