"""What hooks keep: who wants to hear, what there is to tell, and how far each telling came."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from netlift.service.privacy.models import Wrapped


class Subscription(Wrapped):
    """An address that wants to hear of some kinds of news; the wrapped secret signs what it is sent."""

    CALLED: ClassVar[tuple[str, str]] = ("subscription", "subscription_id")

    subscription_id = models.CharField(max_length=40, unique=True)
    url = models.CharField(max_length=500)
    kinds = models.JSONField(default=list)
    """Kinds of news such as `redemption.committed`; empty: all."""
    failures = models.PositiveIntegerField(default=0)
    """Tries in a row that failed."""
    rests_until = models.DateTimeField(null=True, blank=True)
    """Before which it is not tried, whatever is due."""
    made_by = models.CharField(max_length=80)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    why = models.CharField(max_length=200, blank=True)
    """Why it ended."""

    def __str__(self) -> str:
        return self.subscription_id


class Message(models.Model):
    """One piece of news."""

    message_id = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=60)
    subject = models.CharField(max_length=200)
    data = models.JSONField()
    made_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.message_id


class Delivery(models.Model):
    """How far the telling of one message to one subscription came."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="deliveries")
    subscription = models.ForeignKey(Subscription, on_delete=models.CASCADE, related_name="deliveries")
    subject = models.CharField(max_length=200)
    """The message's, for order within it."""
    state = models.CharField(max_length=10, default="waiting")
    tries = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField()
    """Not before; while somebody is at it, when another may take over."""
    ended_at = models.DateTimeField(null=True, blank=True)
    status = models.PositiveIntegerField(null=True, blank=True)
    """HTTP status of the last answer."""
    fault = models.CharField(max_length=200, blank=True)
    """What went wrong at the last try; no part of an answer."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message", "subscription"], name="hooks_delivery_once"),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "delivered", "dead"]), name="hooks_delivery_state"
            ),
        ]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(state="waiting"), name="hooks_delivery_due"),
            models.Index(fields=["subscription", "subject"], condition=Q(state="waiting"), name="hooks_delivery_order"),
        ]

    def __str__(self) -> str:
        return f"{self.message_id} to {self.subscription_id}"


class Seen(models.Model):
    """A signed message that was received, kept as long as its signature counts."""

    digest = models.CharField(max_length=64, unique=True)
    seen_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.digest
