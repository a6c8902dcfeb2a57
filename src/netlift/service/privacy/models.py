"""What privacy keeps. No row holds a customer's id: people are pseudonyms, and what is personal is sealed."""

from typing import ClassVar

from django.db import models
from django.db.models import Q


class Wrapped(models.Model):
    """A row with a secret of its own, which one of the folder's keys wraps; `keys` opens it, `rotation` re-wraps it."""

    seal = models.CharField(max_length=16, db_index=True)
    """Id of the folder's key."""
    wrapped = models.BinaryField()
    """Nonce, wrapped secret, tag; bound to `bound`."""

    class Meta:
        abstract = True

    CALLED: ClassVar[tuple[str, str]]
    """What a row is, and the column that names it."""

    @property
    def bound(self) -> str:
        """What the secret belongs to; wrapped with it, so that a secret moved to another row cannot be opened."""
        kind, column = self.CALLED
        return f"{kind} {getattr(self, column)}"


class Person(Wrapped):
    """A person of whom something personal is kept; the wrapped secret is the key to it."""

    CALLED: ClassVar[tuple[str, str]] = ("person", "pseudonym")

    pseudonym = models.CharField(max_length=24, unique=True)
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.pseudonym


class Sealed(models.Model):
    """One personal field of a person."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="fields")
    name = models.CharField(max_length=60)
    value = models.BinaryField()
    """Nonce, sealed text, tag; bound to the person and the name."""
    kept_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "name"], name="privacy_sealed_once")]

    def __str__(self) -> str:
        return f"{self.person_id}.{self.name}"


class Consent(models.Model):
    """One change of what a customer allows; rows are added, never changed."""

    pseudonym = models.CharField(max_length=24)
    purpose = models.CharField(max_length=20)
    granted = models.BooleanField()
    at = models.DateTimeField()
    source = models.CharField(max_length=100, blank=True)
    noted_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["pseudonym", "purpose", "at", "granted"], name="privacy_consent_said_once"),
            models.CheckConstraint(
                condition=Q(purpose__in=["personalisation", "marketing", "measurement"]),
                name="privacy_consent_purpose",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pseudonym} {self.purpose} {self.granted}"


class Erasure(models.Model):
    """That a person was erased, when, by whom, and what went; signed. It outlives the person, as a pseudonym."""

    receipt_id = models.CharField(max_length=40, unique=True)
    pseudonym = models.CharField(max_length=24, db_index=True)
    erased_at = models.DateTimeField()
    by = models.CharField(max_length=80)
    counts = models.JSONField()
    """Rows that were erased or unlinked, by what held them."""
    signature = models.CharField(max_length=128)

    def __str__(self) -> str:
        return self.receipt_id


class Retention(models.Model):
    """How long a kind of data is kept here, and when it was last cleared."""

    kind = models.CharField(max_length=60, unique=True)
    days = models.PositiveIntegerField(null=True, blank=True)
    """Null: as the room that keeps it proposes."""
    cleared_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(days__isnull=True) | Q(days__gte=1), name="privacy_retention_days")
        ]

    def __str__(self) -> str:
        return self.kind
