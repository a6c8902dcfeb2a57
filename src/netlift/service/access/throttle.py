"""Counting tries in the store, so that all workers count together."""

import hmac
import time
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone

from netlift.service.access.models import Tally
from netlift.service.core.refusals import Throttled

_KEPT = timedelta(minutes=5)
_MOST_HELD = 10_000
_NONE = -1
_held: dict[str, tuple[int, int]] = {}
"""What this process holds of each key's tries: of which minute, and how many; `_NONE`: the minute's are used up."""
_COUNT = (
    "INSERT INTO access_tally (bucket, key, minute, count) VALUES (%s, %s, %s, %s)"
    " ON CONFLICT (bucket, key, minute) DO UPDATE SET count = access_tally.count + excluded.count RETURNING count"
)


def allow(bucket: str, key: str, per_minute: int, *, now: datetime | None = None) -> None:
    """Count a try; refuse it when this minute's are used up.

    Call it outside a transaction that the try itself may roll back, or the try is not counted.

    Args:
        bucket: what is tried, such as `code`.
        key: whose tries are counted together, such as an address; kept as a keyed hash only.
        per_minute: how many of them a minute of the clock allows.
        now: the moment of the try.

    Raises:
        Throttled: with `retry_after` in seconds.
    """
    if tally(bucket, key, 1, now=now) > per_minute:
        raise throttled(now)


def tally(bucket: str, key: str, tries: int, *, now: datetime | None = None) -> int:
    """Count tries in one statement; how many of this minute are counted now, these included."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [bucket, _hidden(bucket, key), int(_seconds(now) // 60), tries])
        return int(cursor.fetchone()[0])


def tried(bucket: str, key: str, *, now: datetime | None = None) -> int:
    """How many tries of this minute are counted."""
    found = Tally.objects.filter(bucket=bucket, key=_hidden(bucket, key), minute=int(_seconds(now) // 60))
    return found.values_list("count", flat=True).first() or 0


def pace(key: str, per_minute: int, *, now: datetime | None = None) -> None:
    """Count a try where there are very many: each process takes a hundredth of the minute's tries at a time.

    So the store is asked once per hundredth, and never more tries pass than `per_minute`; the last few hundredths may
    be refused early where several processes hold a part.

    Raises:
        Throttled: with `retry_after` in seconds.
    """
    minute = int(_seconds(now) // 60)
    held, left = _held.get(key, (0, 0))
    if held != minute:
        left = 0
        if len(_held) > _MOST_HELD:
            _held.clear()
    if left == 0:
        step = max(1, per_minute // 100)
        left = step - max(0, tally("pace", key, step, now=now) - per_minute) or _NONE
    _held[key] = minute, left - 1 if left > 0 else _NONE
    if left < 0:
        raise throttled(now)


def throttled(now: datetime | None = None) -> Throttled:
    """The refusal, with the seconds until the next minute."""
    wait = 60 - int(_seconds(now) % 60)
    return Throttled(f"too many tries in this minute: wait {wait} seconds", retry_after=wait)


def forget(now: datetime | None = None) -> int:
    """Drop what no minute asks for any more; how many tallies those were."""
    before = int(((now or timezone.now()) - _KEPT).timestamp() // 60)
    return Tally.objects.filter(minute__lt=before).delete()[0]


def _seconds(now: datetime | None) -> float:
    return now.timestamp() if now else time.time()


def _hidden(bucket: str, key: str) -> str:
    return hmac.digest(settings.SECRET_KEY.encode(), f"{bucket}\0{key}".encode(), "sha256").hex()
