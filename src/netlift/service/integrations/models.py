"""What integrations keep: who may send events by a signed webhook."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from netlift.service.privacy.models import Wrapped


class Sender(Wrapped):
    """A system that sends events without a key of the API; the wrapped secret is what it signs with."""

    CALLED: ClassVar[tuple[str, str]] = ("sender", "sender_id")

    sender_id = models.CharField(max_length=40, unique=True)
    source = models.CharField(max_length=60)
    """Source of all its events."""
    made_by = models.CharField(max_length=80)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source"], condition=Q(ended_at__isnull=True), name="integrations_sender_of_source"
            )
        ]

    def __str__(self) -> str:
        return self.sender_id
