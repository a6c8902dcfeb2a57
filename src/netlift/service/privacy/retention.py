"""Retention: each kind of data goes when it is old enough; a dry run tells how much that is."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Q
from django.utils import timezone

from netlift.errors import ConfigError
from netlift.service.core.refusals import NotFound, Refused
from netlift.service.privacy.journal import missing
from netlift.service.privacy.models import Retention
from netlift.service.privacy.people import erase_again
from netlift.service.privacy.rotation import go_on

EVERY = timedelta(hours=1)
"""How often each kind is cleared."""
LONGEST_DAYS = 36_500


class Kind(NamedTuple):
    """A kind of data and how it is cleared."""

    days: int | None
    """What its room proposes; None: kept until it is erased."""
    count: Callable[[datetime], int]
    """Rows older than a moment."""
    clear: Callable[[datetime, int], int]
    """Deletes up to so many of them in short transactions; how many it did."""


class Due(NamedTuple):
    """What the next clearing of a kind would delete."""

    kind: str
    days: int | None
    """How long it is kept; None: until it is erased."""
    rows: int


_KINDS: dict[str, Kind] = {}


def keeps(name: str, days: int | None, count: Callable[[datetime], int], clear: Callable[[datetime, int], int]) -> None:
    """Register a kind of data, in its room's `AppConfig.ready()`; twice the same is once.

    Args:
        name: such as `events`.
        days: how long it is kept where the shop says nothing else; None: until it is erased.
        count: from a moment to the number of rows older than it.
        clear: from a moment and a number to how many of those rows it deleted, at most that number.

    Raises:
        ConfigError: another kind has this name.
    """
    kind = Kind(days, count, clear)
    if _KINDS.setdefault(name, kind) != kind:
        raise ConfigError(f"two rooms keep data under the name {name!r}: name one of them differently")


def set_days(name: str, days: int | None) -> None:
    """Keep a kind this long from now on; None: as its room proposes.

    Raises:
        NotFound: there is no such kind.
        Refused: less than a day, or more than a century.
    """
    if name not in _KINDS:
        raise NotFound(f"there is no kind of data {name[:60]!r}; known: {', '.join(sorted(_KINDS))}")
    if days is not None and not 1 <= days <= LONGEST_DAYS:
        raise Refused(f"{days} days: between 1 and {LONGEST_DAYS} are possible", "bad_days")
    Retention.objects.update_or_create(kind=name, defaults={"days": days, "cleared_at": None})


def outlook(*, now: datetime | None = None) -> tuple[Due, ...]:
    """What the next clearing would delete of each kind; nothing is deleted."""
    now = now or timezone.now()
    return tuple(
        Due(name, days, 0 if days is None else kind.count(now - timedelta(days=days)))
        for (name, kind), days in zip(sorted(_KINDS.items()), _days(), strict=True)
    )


def sweep(now: datetime | None = None, most: int = 1_000) -> int:
    """Delete what is too old, up to `most` rows of each kind whose turn it is; how many it did.

    Call it often: each kind is cleared once an hour, by whoever comes first, and at once again where more was left.
    It also goes on with a rotation of keys, and erases again whom a store from a backup remembers.
    """
    now = now or timezone.now()
    go_on()
    done = _forget_again(now)
    for (name, kind), days in zip(sorted(_KINDS.items()), _days(), strict=True):
        if days is None or not _claimed(name, now):
            continue
        cleared = kind.clear(now - timedelta(days=days), most)
        if cleared >= most:
            Retention.objects.filter(kind=name).update(cleared_at=None)
        done += cleared
    return done


def _forget_again(now: datetime) -> int:
    """Erase again whom a store from a backup remembers."""
    if not _claimed("erasures", now):
        return 0
    return sum(erase_again(receipt, now=now) for receipt in missing())


def _claimed(name: str, now: datetime) -> bool:
    """Whether the turn of a kind is ours."""
    Retention.objects.get_or_create(kind=name)
    due = Q(cleared_at__isnull=True) | Q(cleared_at__lte=now - EVERY)
    return bool(Retention.objects.filter(due, kind=name).update(cleared_at=now))


def _days() -> list[int | None]:
    """How long each kind is kept, by name."""
    said = dict(Retention.objects.filter(days__isnull=False).values_list("kind", "days"))
    return [said.get(name, kind.days) for name, kind in sorted(_KINDS.items())]
