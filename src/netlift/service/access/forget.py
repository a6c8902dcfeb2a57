"""What access keeps for a while only: answers for a day, tries to sign in for two."""

from datetime import datetime, timedelta

from axes.models import AccessAttempt
from django.utils import timezone

from netlift.service.access.models import KeptAnswer

ANSWERS = timedelta(hours=24)
ATTEMPTS = timedelta(days=2)


def forget(now: datetime | None = None) -> int:
    """Drop what is older; how many rows that were."""
    now = now or timezone.now()
    answers = KeptAnswer.objects.filter(at__lt=now - ANSWERS).delete()[0]
    return int(answers + AccessAttempt.objects.filter(attempt_time__lt=now - ATTEMPTS).delete()[0])
