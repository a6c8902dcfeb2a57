"""What hooks keep, and how long: news for a month, the signatures received for a day; and whom news name."""

from datetime import datetime, timedelta

from netlift.service.hooks.models import Delivery, Message, Seen
from netlift.service.hooks.signatures import TOLERANCE

NEWS_DAYS = 30
SEEN_DAYS = 1
assert timedelta(days=SEEN_DAYS) > 2 * TOLERANCE  # noqa: S101  a signature is remembered for as long as it counts


def count_news(before: datetime) -> int:
    """Messages older than that."""
    return Message.objects.filter(made_at__lt=before).count()


def clear_news(before: datetime, most: int) -> int:
    """Delete up to so many of them, delivered or not."""
    old = list(Message.objects.filter(made_at__lt=before).order_by("pk").values_list("pk", flat=True)[:most])
    Delivery.objects.filter(message__in=old).delete()
    return Message.objects.filter(pk__in=old).delete()[0]


def count_seen(before: datetime) -> int:
    """Signatures older than that."""
    return Seen.objects.filter(seen_at__lt=before).count()


def clear_seen(before: datetime, most: int) -> int:
    """Delete up to so many of them."""
    old = list(Seen.objects.filter(seen_at__lt=before).order_by("pk").values_list("pk", flat=True)[:most])
    return Seen.objects.filter(pk__in=old).delete()[0]


def held(who: str) -> list[dict[str, object]]:
    """News that name a customer by pseudonym."""
    rows = Message.objects.filter(data__customer=who).order_by("pk")
    return [{"kind": one.kind, "at": one.made_at.isoformat(), "data": one.data} for one in rows]


def unlink(who: str) -> int:
    """Take the pseudonym out of news that name a customer, also those that were not delivered yet; how many."""
    rows = list(Message.objects.filter(data__customer=who).order_by("pk"))
    for one in rows:
        one.data = {**one.data, "customer": ""}
    Message.objects.bulk_update(rows, ["data"], batch_size=500)
    return len(rows)
