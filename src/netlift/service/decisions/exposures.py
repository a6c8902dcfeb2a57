"""The log of who was shown what, and who would have been: the experiments that a plan's audit reads."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from netlift.plan.exposures import Exposure as Row
from netlift.service.decisions.keep import Request
from netlift.service.decisions.models import Exposure

SETTLED = timedelta(seconds=5)
"""How old a row is before it is listed: by then every transaction that could still add an earlier one has ended."""


def log(asked: Request, rows: Sequence[Row], now: datetime) -> None:
    """Log what a request exposed; a second time changes nothing."""
    if rows:
        Exposure.objects.bulk_create(
            [
                Exposure(
                    asked=asked.name, promotion_id=row.promotion_id, customer=row.customer_id, arm=row.arm,
                    exposed_at=row.exposed_at, propensity=row.propensity, channel=row.channel, logged_at=now,
                )
                for row in rows
            ],
            ignore_conflicts=True,
        )  # fmt: skip


def settled(now: datetime | None = None, *, first: bool = False) -> QuerySet[Exposure]:
    """Rows that a cursor over their ids may read.

    Args:
        now: the moment.
        first: only the first exposure of each customer to each experiment, as an audit counts them.
    """
    found = Exposure.objects.filter(logged_at__lte=(now or timezone.now()) - SETTLED)
    if not first:
        return found
    earlier = Exposure.objects.filter(
        promotion_id=OuterRef("promotion_id"), customer=OuterRef("customer"), pk__lt=OuterRef("pk")
    )
    return found.filter(~Exists(earlier))
