"""What the ledger keeps: accounts, the journal that explains them, reservations, and codes."""

from django.db import models
from django.db.models import F, Q

from netlift.service.ledger.holds import KEY_LENGTH, KINDS, REF_LENGTH, UNIT_LENGTH

STATUSES = ("reserved", "committed", "released", "expired", "refunded")
PARTS = ("issued", "free", "held", "spent")
"""The parts of an account between which amounts move; what is issued is the other side of what is granted."""
VERBS = ("reserve", "commit", "release", "expire", "reverse", "grant", "withdraw", "lapse", "limit", "claim")


def _one_of(words: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(word, word) for word in words]


class Account(models.Model):
    """So much was granted, so much of it is held by reservations, and so much is spent."""

    kind = models.CharField(max_length=20, choices=_one_of(KINDS))
    ref = models.CharField(max_length=REF_LENGTH)
    unit = models.CharField(max_length=UNIT_LENGTH, default="", blank=True)
    credit = models.BigIntegerField(null=True, blank=True)
    """What may be held and spent; null: not limited here."""
    ceiling = models.BigIntegerField(null=True, blank=True)
    """The limit that the latest hold named; a rule, not money, and so not in the journal."""
    held = models.BigIntegerField(default=0)
    spent = models.BigIntegerField(default=0)
    pace_from = models.BigIntegerField(null=True, blank=True)
    """Second since 1970 at which the first share becomes spendable; null: all at once."""
    pace_step = models.BigIntegerField(default=1)
    """Seconds between shares."""
    pace_steps = models.BigIntegerField(default=1)
    """Number of equal shares."""
    opened_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("kind", "ref", "unit"), name="ledger_account_once"),
            models.CheckConstraint(condition=Q(held__gte=0), name="ledger_held_not_negative"),
            models.CheckConstraint(condition=Q(spent__gte=0), name="ledger_spent_not_negative"),
            models.CheckConstraint(
                condition=Q(credit__isnull=True) | Q(credit__gte=F("held") + F("spent")), name="ledger_within_credit"
            ),
            models.CheckConstraint(
                condition=Q(ceiling__isnull=True) | Q(ceiling__gte=F("held") + F("spent")), name="ledger_within_ceiling"
            ),
            models.CheckConstraint(condition=Q(pace_step__gte=1, pace_steps__gte=1), name="ledger_pace_moves"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}/{self.ref}" + (f"/{self.unit}" if self.unit else "")


class Reservation(models.Model):
    """What one order holds until it is paid, given up or too late."""

    name = models.CharField(max_length=40)
    """Unguessable; what callers know it by."""
    status = models.CharField(max_length=12, choices=_one_of(STATUSES))
    customer = models.CharField(max_length=100, default="", blank=True)
    """Pseudonym."""
    order = models.CharField(max_length=100, default="", blank=True, db_column="order_ref")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=("expires_at",), condition=Q(status="reserved"), name="ledger_reserved_until"),
            models.Index(fields=("customer",), condition=~Q(customer=""), name="ledger_reserved_by"),
            models.Index(fields=("order",), condition=~Q(order=""), name="ledger_reserved_for"),
        ]
        constraints = [
            models.UniqueConstraint(fields=("name",), name="ledger_reservation_once"),
            models.CheckConstraint(condition=Q(status__in=STATUSES), name="ledger_status_known"),
        ]

    def __str__(self) -> str:
        return self.name


class HeldAmount(models.Model):
    """What a reservation holds, or has spent, of one account."""

    reservation = models.ForeignKey(Reservation, models.PROTECT, related_name="held", db_index=False)
    account = models.ForeignKey(Account, models.PROTECT)
    amount = models.BigIntegerField()
    returned = models.BigIntegerField(default=0)
    """Given back by refunds."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("reservation", "account"), name="ledger_held_once"),
            models.CheckConstraint(
                condition=Q(amount__gt=0, returned__gte=0, returned__lte=F("amount")), name="ledger_returned_within"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} of {self.account}"


class Operation(models.Model):
    """One deed, done once: its key is unique."""

    key = models.CharField(max_length=KEY_LENGTH)
    digest = models.CharField(max_length=32)
    """Of what was asked, so that a key that comes back with something else is noticed."""
    verb = models.CharField(max_length=12, choices=_one_of(VERBS))
    status = models.CharField(max_length=12, default="", blank=True)
    """What was answered."""
    reservation = models.ForeignKey(Reservation, models.PROTECT, null=True, blank=True, db_index=False)
    reason = models.CharField(max_length=200, default="", blank=True)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=("key",), name="ledger_key_once")]

    def __str__(self) -> str:
        return f"{self.verb} {self.key}"


class Entry(models.Model):
    """An amount that moved from one part of an account to another: both sides of the entry in one row."""

    operation = models.ForeignKey(Operation, models.PROTECT, related_name="entries")
    account = models.ForeignKey(Account, models.PROTECT)
    source = models.CharField(max_length=6, choices=_one_of(PARTS))
    target = models.CharField(max_length=6, choices=_one_of(PARTS))
    amount = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0, source__in=PARTS, target__in=PARTS) & ~Q(source=F("target")),
                name="ledger_entry_moves",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} from {self.source} to {self.target}"


class Lot(models.Model):
    """Credit that lapses at a moment unless it is spent before."""

    account = models.ForeignKey(Account, models.PROTECT)
    amount = models.BigIntegerField()
    expires_at = models.DateTimeField()
    done = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=("expires_at",), condition=Q(done=False), name="ledger_lots_open")]
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="ledger_lot_positive")]

    def __str__(self) -> str:
        return f"{self.amount} until {self.expires_at:%Y-%m-%d}"


class Batch(models.Model):
    """Codes of one promotion, made together: many random ones, or one word."""

    name = models.CharField(max_length=100, unique=True)
    promotion_id = models.CharField(max_length=100, db_index=True)
    word = models.CharField(max_length=40, default="", blank=True)
    """The one code, where people chose it; it is no secret."""
    prefix = models.CharField(max_length=12, default="", blank=True)
    length = models.PositiveSmallIntegerField()
    """Characters after the prefix, the last of which checks the others."""
    count = models.PositiveIntegerField()
    made = models.PositiveIntegerField(default=0)
    next_serial = models.PositiveIntegerField(default=0)
    salt = models.CharField(max_length=32)
    """Together with the folder's secret it gives the codes; alone it is worth nothing."""
    uses = models.PositiveIntegerField(null=True, blank=True)
    """Of each code; null: not limited."""
    per_customer = models.PositiveIntegerField(null=True, blank=True)
    """Uses of this batch's codes by one customer; null: not limited."""
    expires_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(made__lte=F("count")), name="ledger_batch_made_within")]

    def __str__(self) -> str:
        return self.name


class Code(models.Model):
    """One code, by its keyed hash; the text is made again from the secret when it is exported."""

    digest = models.BinaryField(max_length=16)
    batch = models.ForeignKey(Batch, models.PROTECT, related_name="codes", db_index=False, db_constraint=False)
    """Not checked by the store, which would look at the same row a million times; `reconcile` does."""
    serial = models.PositiveIntegerField()
    claims = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("digest",), name="ledger_code_once"),
            models.UniqueConstraint(fields=("batch", "serial"), name="ledger_serial_once"),
        ]

    def __str__(self) -> str:
        return f"{self.batch} {self.serial}"


class Claim(models.Model):
    """A customer took a code; one of a single use is then theirs alone."""

    code = models.ForeignKey(Code, models.PROTECT)
    customer = models.CharField(max_length=100, db_index=True)
    """Pseudonym."""
    claimed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=("code", "customer"), name="ledger_claim_once")]

    def __str__(self) -> str:
        return str(self.code)
