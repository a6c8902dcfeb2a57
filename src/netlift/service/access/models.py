"""What access keeps."""

from django.db import models

from netlift.service.access.roles import ROLES


class ApiKey(models.Model):
    """A program's way in."""

    key_id = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    role = models.CharField(max_length=20, choices=[(role, role) for role in ROLES])
    scopes = models.JSONField(null=True, blank=True)
    """Null: all of the role's."""
    digest = models.CharField(max_length=64, editable=False)
    made_by = models.CharField(max_length=80, editable=False)
    """The person behind it, as `Caller.behind` says it."""
    made_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True, blank=True, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.key_id})"


class AuditEntry(models.Model):
    """One thing that somebody did; the store refuses to change or delete it (see the migration `0002_guards`)."""

    number = models.BigIntegerField(primary_key=True)
    """1, 2, 3, without a gap."""
    at = models.DateTimeField()
    by = models.CharField(max_length=80)
    action = models.CharField(max_length=80, db_index=True)
    subject = models.CharField(max_length=200, db_index=True)
    details = models.JSONField(default=dict)
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64, unique=True)

    class Meta:
        managed = False  # no command of Django's that empties tables comes near it; `0001_initial` made it
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        return f"{self.number} {self.action} {self.subject}"


class Tally(models.Model):
    """How often something was tried in one minute."""

    bucket = models.CharField(max_length=40)
    """What is counted, such as `wrong_key`."""
    key = models.CharField(max_length=64)
    """Keyed hash of whose tries they are."""
    minute = models.BigIntegerField(db_index=True)
    """Minutes since 1970."""
    count = models.BigIntegerField()

    class Meta:
        verbose_name_plural = "tallies"
        constraints = [
            models.UniqueConstraint(fields=["bucket", "key", "minute"], name="access_tally_once"),
            models.CheckConstraint(condition=models.Q(count__gt=0), name="access_tally_counts"),
        ]

    def __str__(self) -> str:
        return f"{self.bucket} {self.count}"


class KeptAnswer(models.Model):
    """What a request with an idempotency key was answered, to be answered again."""

    caller = models.CharField(max_length=80)
    key = models.CharField(max_length=200)
    request = models.CharField(max_length=64)
    """Hash of method, path and body."""
    status = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=100)
    """Content type."""
    body = models.BinaryField()
    at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["caller", "key"], name="access_answer_once")]

    def __str__(self) -> str:
        return f"{self.caller} {self.status}"
