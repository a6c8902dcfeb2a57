"""The log of who was shown what, and who would have been: the experiments that a plan's audit reads."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from netlift.plan.exposures import Exposure as Row
from netlift.service.decisions.keep import Request
from netlift.service.decisions.models import Exposure

SETTLED = timedelta(seconds=5)
"""How old a row is before it is listed: by then every transaction that could still add an earlier one has ended."""


_LOG = (
    f"INSERT INTO {Exposure._meta.db_table}"
    " (asked, promotion_id, customer, arm, exposed_at, propensity, channel, logged_at) VALUES "
)


def log(asked: Request, rows: Sequence[Row], now: datetime) -> None:
    """Log what a request exposed; a second time changes nothing."""
    moment = connection.ops.adapt_datetimefield_value
    values = [
        value
        for row in rows
        for value in (
            asked.name, row.promotion_id, row.customer_id, row.arm, moment(row.exposed_at), row.propensity,
            row.channel, moment(now),
        )
    ]  # fmt: skip
    if values:
        places = ", ".join(["(%s, %s, %s, %s, %s, %s, %s, %s)"] * len(rows))
        with connection.cursor() as cursor:
            cursor.execute(f"{_LOG}{places} ON CONFLICT (asked, promotion_id) DO NOTHING", values)


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
