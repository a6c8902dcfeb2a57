"""What the queue keeps."""

from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint

QUEUED, RUNNING, DONE, FAILED, CANCELLED = "queued", "running", "done", "failed", "cancelled"
STATES = (QUEUED, RUNNING, DONE, FAILED, CANCELLED)
OVER = (DONE, FAILED, CANCELLED)
"""A job in one of these stays in it."""


class Job(models.Model):
    """Work that takes longer than a request."""

    job_id = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=40)
    arguments = models.JSONField(default=dict)
    by = models.CharField(max_length=80)
    """Caller.name of who asked for it."""
    key = models.CharField(max_length=100, null=True, blank=True)
    """The asker's own name for it; the same one twice is one job."""
    digest = models.CharField(max_length=64)
    """Hash of kind and arguments, to tell another use of a key."""
    state = models.CharField(max_length=10, choices=[(state, state) for state in STATES], default=QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    most_attempts = models.PositiveSmallIntegerField(default=2)
    due_at = models.DateTimeField()
    worker = models.CharField(max_length=40, default="", blank=True)
    """Who has it; every claim has a name of its own."""
    lease_until = models.DateTimeField(null=True, blank=True)
    """Without a heartbeat until then, somebody else takes it."""
    stop_asked = models.BooleanField(default=False)
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(default=0)
    """0: not known."""
    note = models.CharField(max_length=200, default="", blank=True)
    """What is being done."""
    error = models.CharField(max_length=1000, default="", blank=True)
    result = models.JSONField(null=True, blank=True)
    """Names of the files that it wrote, and a few figures."""
    made_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            UniqueConstraint(fields=["by", "key"], name="job_key_once"),
            CheckConstraint(condition=Q(state__in=STATES), name="job_state_is_known"),
            CheckConstraint(condition=Q(attempts__lte=F("most_attempts")), name="job_attempts_bounded"),
            CheckConstraint(condition=~Q(state=RUNNING) | Q(lease_until__isnull=False), name="job_running_has_a_lease"),
        ]
        indexes = [Index(fields=["state", "due_at"], name="job_next")]

    def __str__(self) -> str:
        return f"{self.kind} {self.job_id}"
