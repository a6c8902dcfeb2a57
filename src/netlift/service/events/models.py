"""What events keep: each one once, and with which file it went to the library's workspace."""

from django.db import models
from django.db.models import UniqueConstraint


class Batch(models.Model):
    """Events that go to the workspace in one file; the same number always makes the same file."""

    number = models.BigIntegerField(unique=True)
    rows = models.PositiveIntegerField()
    revision = models.PositiveIntegerField(default=0)
    """Counts the changes of its rows, so that a file that was written meanwhile is not taken for the newest."""
    made_at = models.DateTimeField()
    handed_at = models.DateTimeField(null=True, db_index=True)
    """Null: to be written, again where it was written before."""
    notes = models.JSONField(default=dict)
    """What was written and what could not be: rows by table, rows of another currency."""

    def __str__(self) -> str:
        return f"batch {self.number}"


class Event(models.Model):
    """Something that happened in a shop."""

    source = models.CharField(max_length=60)
    event_id = models.CharField(max_length=100)
    digest = models.CharField(max_length=64)
    """SHA-256 of what was sent: the same id with other content is told."""
    event = models.CharField(max_length=40)
    at = models.DateTimeField()
    customer = models.CharField(max_length=24, blank=True, default="", db_index=True)
    """Pseudonym; empty for a guest, and after an erasure."""
    order = models.CharField(max_length=100, blank=True, default="", db_index=True)
    told = models.JSONField(default=dict)
    """The rest; empty after an erasure."""
    taken_at = models.DateTimeField()
    batch = models.BigIntegerField(null=True, db_index=True)

    class Meta:
        constraints = [UniqueConstraint(fields=["source", "event_id"], name="event_once")]

    def __str__(self) -> str:
        return f"{self.source}/{self.event_id}"
