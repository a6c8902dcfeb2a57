"""What access keeps for a while only: answers for a day, tries to sign in for two, sessions until they end."""

from datetime import datetime, timedelta

from axes.models import AccessAttempt
from django.contrib.sessions.models import Session
from django.utils import timezone

from netlift.service.access.models import KeptAnswer

ANSWERS = timedelta(hours=24)
ATTEMPTS = timedelta(days=2)


def forget(now: datetime | None = None) -> int:
    """Drop what is older; how many rows that were."""
    now = now or timezone.now()
    over = (
        KeptAnswer.objects.filter(at__lt=now - ANSWERS),
        AccessAttempt.objects.filter(attempt_time__lt=now - ATTEMPTS),
        Session.objects.filter(expire_date__lt=now),
    )
    return sum(rows.delete()[0] for rows in over)
