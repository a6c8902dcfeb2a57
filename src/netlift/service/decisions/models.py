"""What decisions keep: answers for as long as they may be asked for again, exposures, redemptions and returns."""

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint

STATUSES = ("reserved", "committed", "released", "expired", "refunded")
"""Of a redemption, as of the ledger's reservations."""


class Answer(models.Model):
    """An answer that was given; the same request has the same one."""

    by = models.CharField(max_length=80)
    """Caller.name."""
    kind = models.CharField(max_length=10)
    request_id = models.CharField(max_length=100)
    digest = models.CharField(max_length=64)
    """SHA-256 of what was asked."""
    customer = models.CharField(max_length=24, blank=True, default="", db_index=True)
    """Pseudonym."""
    body = models.TextField()
    """JSON, as it was sent."""
    at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [UniqueConstraint(fields=["by", "kind", "request_id"], name="answer_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.request_id}"


class Exposure(models.Model):
    """An offer that reached a customer, or would have; a row of `schema.EXPOSURES`."""

    asked = models.CharField(max_length=190)
    """Who asked and under which request: a request exposes once, however often it is sent."""
    promotion_id = models.CharField(max_length=200)
    """The experiment, as `plan.exposures.experiment_id` names it."""
    customer = models.CharField(max_length=24, db_index=True)
    arm = models.CharField(max_length=100)
    exposed_at = models.DateTimeField()
    propensity = models.FloatField(null=True)
    channel = models.CharField(max_length=100, null=True)
    logged_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            UniqueConstraint(fields=["asked", "promotion_id"], name="exposure_once"),
            CheckConstraint(
                condition=Q(propensity__isnull=True) | Q(propensity__gt=0, propensity__lte=1),
                name="exposure_propensity_is_a_probability",
            ),
        ]
        indexes = [models.Index(fields=["promotion_id", "customer", "id"], name="exposure_first")]

    def __str__(self) -> str:
        return f"{self.promotion_id} {self.arm}"


class ExposureFile(models.Model):
    """A file of the workspace that holds a range of exposures."""

    number = models.PositiveIntegerField(unique=True)
    rows = models.IntegerField()
    """Exposures of the range when it was written; -1: it is to be written."""
    written_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"exposures {self.number}"


class Terms(models.Model):
    """Promotions in their versions, and the tree in which they combined, for as many orders as had the same."""

    digest = models.CharField(max_length=64, unique=True)
    document = models.JSONField()

    def __str__(self) -> str:
        return self.digest[:12]


class Redemption(models.Model):
    """An order's promotions, priced and reserved together; what a return needs to know later."""

    redemption_id = models.CharField(max_length=40, unique=True)
    by = models.CharField(max_length=80)
    request_id = models.CharField(max_length=100)
    digest = models.CharField(max_length=64)
    reservation_id = models.CharField(max_length=40, blank=True, default="")
    """The ledger's; empty where nothing had to be held."""
    customer = models.CharField(max_length=24, blank=True, default="", db_index=True)
    order = models.CharField(max_length=100, blank=True, default="", db_index=True)
    status = models.CharField(max_length=10)
    plan_id = models.CharField(max_length=64, blank=True, default="")
    currency = models.CharField(max_length=3)
    payable_minor = models.BigIntegerField()
    terms = models.CharField(max_length=64)
    """Digest of the `Terms` that it was priced with."""
    asked = models.JSONField()
    """Cart and facts, as the promotion language writes them."""
    held = models.JSONField()
    """What was held: kind, ref, unit, amount, and the promotions on whose account."""
    body = models.TextField()
    """The answer to the reservation: JSON, as it was sent."""
    settled_at = models.DateTimeField(null=True, blank=True)
    returned_minor = models.BigIntegerField(default=0)
    at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            UniqueConstraint(fields=["by", "request_id"], name="redemption_once"),
            CheckConstraint(
                condition=Q(status__in=STATUSES),
                name="redemption_status_is_known",
            ),
            CheckConstraint(condition=Q(returned_minor__gte=0), name="redemption_returned_not_negative"),
        ]

    def __str__(self) -> str:
        return self.redemption_id


class Return(models.Model):
    """Goods of a redemption that came back, and what was paid back for them."""

    redemption = models.ForeignKey(Redemption, on_delete=models.PROTECT, related_name="returns")
    number = models.PositiveIntegerField()
    """1, 2, ... within the redemption."""
    by = models.CharField(max_length=80)
    request_id = models.CharField(max_length=100)
    digest = models.CharField(max_length=64)
    units = models.JSONField()
    """By line, the places of the units, as the engine resolved them."""
    body = models.TextField()
    """The answer: JSON, as it was sent."""
    at = models.DateTimeField()

    class Meta:
        constraints = [
            UniqueConstraint(fields=["redemption", "number"], name="return_number_once"),
            UniqueConstraint(fields=["redemption", "by", "request_id"], name="return_once"),
        ]

    def __str__(self) -> str:
        return f"{self.redemption_id} return {self.number}"
