"""What the catalogue keeps: versions that never change, and the state of each.

The store itself refuses a version that is beyond approval without a second person, two live plans, two live versions of
one promotion, and (by triggers in the migrations) any change of what a version says.
"""

from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint

from netlift.service.catalog.states import AFTER_APPROVAL, DRAFT, LIVE, PAUSED, STATES


def _second_person(room: str) -> list[CheckConstraint]:
    """Whoever wrote or submitted a version does not approve it, and nothing goes on without an approver."""
    own = Q(approved_by=F("author")) | Q(approved_by=F("submitted_by"))
    return [
        CheckConstraint(condition=Q(state__in=STATES), name=f"{room}_state_is_known"),
        CheckConstraint(condition=Q(approved_by="") | ~own, name=f"{room}_approved_by_a_second_person"),
        CheckConstraint(
            condition=~Q(state__in=AFTER_APPROVAL) | ~Q(approved_by=""), name=f"{room}_not_live_before_approval"
        ),
    ]


class Version(models.Model):
    """One version on its way; what it says never changes, only its state does."""

    state = models.CharField(max_length=10, choices=[(state, state) for state in STATES], default=DRAFT)
    revision = models.PositiveIntegerField(default=1)
    """Counts the steps; whoever names the one they saw is refused when somebody was quicker."""
    author = models.CharField(max_length=80)
    """Who made it, as `moves.acting` tells; so are the next two."""
    submitted_by = models.CharField(max_length=80, default="", blank=True)
    approved_by = models.CharField(max_length=80, default="", blank=True)
    reason = models.CharField(max_length=500, default="", blank=True)
    """Why it was rejected last."""
    made_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


class PromotionVersion(Version):
    """One version of a promotion."""

    promotion_id = models.CharField(max_length=100)
    version = models.PositiveIntegerField()
    name = models.CharField(max_length=200, default="", blank=True)
    definition = models.JSONField()
    """As the promotion language writes it, with this id and version."""
    digest = models.CharField(max_length=64)
    """SHA-256 of the definition's JSON with sorted keys."""
    findings = models.JSONField(default=list)
    """What the lint saw when it was made: code, severity, promotions, place, en, zh_CN."""

    class Meta:
        constraints = [
            *_second_person("promotion"),
            UniqueConstraint(fields=["promotion_id", "version"], name="promotion_version_once"),
            UniqueConstraint(
                fields=["promotion_id"], condition=Q(state__in=(LIVE, PAUSED)), name="promotion_live_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.promotion_id} v{self.version}"


class Tree(models.Model):
    """How promotions combine: the tree of groups that they name; the newest counts."""

    groups = models.JSONField()
    """As the promotion language writes its root."""
    author = models.CharField(max_length=80)
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"tree {self.pk}"


class PlanVersion(Version):
    """A plan whose folder is `plans/PLAN_ID`; its id is the hash of all that it says."""

    plan_id = models.CharField(max_length=64, unique=True)
    code = models.CharField(max_length=60)
    """What makes it different, such as most_profit."""
    name = models.CharField(max_length=200, default="", blank=True)
    currency = models.CharField(max_length=3)
    as_of = models.CharField(max_length=10)
    """ISO date: nothing of this day or later was known."""
    customers = models.PositiveIntegerField()
    """Who get at least one offer."""
    known = models.PositiveIntegerField(null=True)
    """Of how many of them the service knew anything when the plan was taken in last; null: that was not counted."""
    offers = models.PositiveIntegerField()
    budget_minor = models.BigIntegerField()
    figures = models.JSONField(default=dict)
    """What is expected of it, in minor units: net, low, high, spend_low, spend_high, p_loss, and its grade."""
    replaced = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="replaced_by")
    """The plan that was live before it; a rollback brings that one back."""

    class Meta:
        constraints = [
            *_second_person("plan"),
            UniqueConstraint(fields=["state"], condition=Q(state=LIVE), name="plan_live_once"),
        ]

    @property
    def warning(self) -> str:
        """What whoever approves it should know of its customers; empty: nothing."""
        if self.known is None or self.known >= self.customers:
            return ""
        if self.known == 0:
            return (
                f"none of its {self.customers:,} customers is known here, so decisions give them public offers only: "
                "let a job make the plan, from files that were taken in here"
            )
        return f"{self.customers - self.known:,} of its {self.customers:,} customers are not known here"

    def __str__(self) -> str:
        return f"{self.code} {self.plan_id[:8]}"
