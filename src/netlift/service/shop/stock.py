"""Units in stock: counted anew, or moved up and down; each movement counts once, however often it is told."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from netlift.service.core.refusals import Conflict, NotFound, Refused
from netlift.service.shop.models import StockLevel, StockMove

KEPT_DAYS = 90
"""For so long a movement that is told again is recognised, unless the shop keeps them longer."""


class Count(NamedTuple):
    """At a moment, so many units were there."""

    product_id: str
    units: int
    at: datetime
    place: str = ""


class Movement(NamedTuple):
    """From a moment on, so many units more or less."""

    key: str
    """The shop's own name of the movement, such as an order's line."""
    product_id: str
    delta: int
    at: datetime
    place: str = ""


def count(counts: Sequence[Count], *, now: datetime | None = None) -> int:
    """Keep counts, each unless a later one of the same product and place is kept; how many changed something."""
    now = now or timezone.now()
    changed = 0
    newest: dict[tuple[str, str], Count] = {}
    for one in sorted(counts, key=lambda one: one.at):
        newest[one.product_id, one.place] = one
    ordered = [newest[key] for key in sorted(newest)]  # two writers take their locks in the same order
    with transaction.atomic():
        before = _known(ordered)
        fresh = [one for one in ordered if (one.product_id, one.place) not in before]
        StockLevel.objects.bulk_create(
            [
                StockLevel(
                    product_id=one.product_id, place=one.place, units=one.units, counted_at=one.at, changed_at=now
                )
                for one in fresh
            ],
            ignore_conflicts=True, batch_size=500,
        )  # fmt: skip
        for one in ordered:
            rows = StockLevel.objects.filter(product_id=one.product_id, place=one.place, counted_at__lt=one.at)
            changed += rows.update(units=one.units, counted_at=one.at, changed_at=now)
    return changed + len(fresh)


def move(movements: Sequence[Movement], *, now: datetime | None = None) -> list[tuple[int, Refused]]:
    """Keep movements, each on its own: one that is refused leaves the others.

    One that was told before changes nothing; one from before the last count is in that count already, and is only
    remembered. Levels may fall below 0: what was sold was sold.

    Args:
        movements: in any order.
        now: the moment; default: this one.

    Returns:
        the places of those that were refused, with why.
    """
    now = now or timezone.now()
    refused: list[tuple[int, Refused]] = []
    with transaction.atomic():
        for place in sorted(range(len(movements)), key=lambda at: movements[at][1:]):
            try:
                with transaction.atomic():
                    _move(movements[place], now)
            except Refused as error:
                refused.append((place, error))
    return sorted(refused, key=lambda one: one[0])


def _move(one: Movement, now: datetime) -> None:
    told = {"product_id": one.product_id, "place": one.place, "delta": one.delta, "at": one.at}
    kept, fresh = StockMove.objects.get_or_create(key=one.key, defaults=told | {"counted": True, "told_at": now})
    if not fresh:
        if any(getattr(kept, name) != value for name, value in told.items()):
            raise Conflict("this key was used for another movement: take a new key", "key_reused")
        return
    level = StockLevel.objects.filter(product_id=one.product_id, place=one.place)
    if level.filter(counted_at__lte=one.at).update(units=F("units") + one.delta, changed_at=now):
        return
    if not level.exists():
        raise NotFound("the units of this product were never counted here: tell a count first", "never_counted")
    StockMove.objects.filter(pk=kept.pk).update(counted=False)


def old_moves(before: datetime) -> int:
    """Movements that were told before a moment."""
    return StockMove.objects.filter(told_at__lt=before).count()


def clear_moves(before: datetime, most: int) -> int:
    """Drop the memory of such movements, at most so many; how many it was."""
    chosen = StockMove.objects.filter(told_at__lt=before).order_by("told_at").values_list("pk", flat=True)
    return StockMove.objects.filter(pk__in=list(chosen[:most])).delete()[0]


def _known(counts: Sequence[Count]) -> set[tuple[str, str]]:
    names = {one.product_id for one in counts}
    return set(StockLevel.objects.filter(product_id__in=names).values_list("product_id", "place"))
