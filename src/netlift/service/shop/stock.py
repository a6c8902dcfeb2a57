"""Units in stock: counted anew, or moved up and down; each movement counts once, however often it is told."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.utils import timezone

from netlift.service.core.refusals import Conflict, NotFound, Refused
from netlift.service.shop.models import StockLevel, StockMove
from netlift.service.shop.portions import portions

KEPT_DAYS = 90
"""For so long a movement that is told again is recognised, unless the shop keeps them longer."""
_COUNTED = (
    "INSERT INTO shop_stocklevel (product_id, place, units, counted_at, changed_at) VALUES {rows}"
    " ON CONFLICT (product_id, place) DO UPDATE SET units = excluded.units, counted_at = excluded.counted_at,"
    " changed_at = excluded.changed_at WHERE shop_stocklevel.counted_at < excluded.counted_at RETURNING 1"
)

Where = tuple[str, str]
"""Product and place."""
Why = tuple[int, Refused]
"""Place of what was refused, and why."""


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
    newest: dict[Where, Count] = {}
    for one in sorted(counts, key=lambda one: one.at):
        newest[one.product_id, one.place] = one
    ordered = [newest[where] for where in sorted(newest)]  # two writers take their locks in the same order
    changed = 0
    for _, rows in portions(ordered):
        adapt = connection.ops.adapt_datetimefield_value
        values = [value for one in rows for value in (one.product_id, one.place, one.units, adapt(one.at), adapt(now))]
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_COUNTED.format(rows=", ".join(["(%s, %s, %s, %s, %s)"] * len(rows))), values)
            changed += len(cursor.fetchall())
    return changed


def move(movements: Sequence[Movement], *, now: datetime | None = None) -> list[Why]:
    """Keep movements; one that is refused leaves the others.

    One that was told before changes nothing; one from before the last count is in that count already, and is only
    remembered. Levels may fall below 0: what was sold was sold.

    Args:
        movements: in any order.
        now: the moment; default: this one.

    Returns:
        the places of those that were refused, with why.
    """
    now = now or timezone.now()
    refused: list[Why] = []
    for start, rows in portions(movements):
        try:
            found = _moved(rows, now)
        except IntegrityError:  # another writer told one of the keys meanwhile: now it is seen
            found = _moved(rows, now)
        refused += [(start + place, error) for place, error in found]
    return refused


def old_moves(before: datetime) -> int:
    """Movements that were told before a moment."""
    return StockMove.objects.filter(told_at__lt=before).count()


def clear_moves(before: datetime, most: int) -> int:
    """Drop the memory of such movements, at most so many; how many it was."""
    chosen = StockMove.objects.filter(told_at__lt=before).order_by("told_at").values_list("pk", flat=True)
    return StockMove.objects.filter(pk__in=list(chosen[:most])).delete()[0]


def _moved(movements: Sequence[Movement], now: datetime) -> list[Why]:
    """One portion: the levels are locked, so that no count comes between the look and the movement."""
    with transaction.atomic():
        counted_at = _locked({(one.product_id, one.place) for one in movements})
        rows = [
            StockMove(
                key=one.key, product_id=one.product_id, place=one.place, delta=one.delta, at=one.at, told_at=now,
                counted=counted_at[one.product_id, one.place] <= one.at,
            )
            for one in movements
            if (one.product_id, one.place) in counted_at
        ]  # fmt: skip
        kept = _kept(rows)
        sums: Counter[Where] = Counter()
        fresh = [kept[key] for key in sorted(kept) if kept[key]._state.adding]
        for row in fresh:
            if row.counted:
                sums[row.product_id, row.place] += row.delta
        StockMove.objects.bulk_create(fresh)
        for (product, place), delta in sorted(sums.items()):
            level = StockLevel.objects.filter(product_id=product, place=place)
            level.update(units=F("units") + delta, changed_at=now)
    return list(_refused(movements, kept))


def _locked(wanted: set[Where]) -> dict[Where, datetime]:
    """When each was counted last; nobody else counts or moves them until the transaction ends."""
    rows = StockLevel.objects.select_for_update().filter(product_id__in={product for product, _ in wanted})
    found = rows.order_by("product_id", "place").values_list("product_id", "place", "counted_at")
    return {(product, place): at for product, place, at in found if (product, place) in wanted}


def _kept(rows: Sequence[StockMove]) -> dict[str, StockMove]:
    """By key the movement that counts: the one that was told before, or the first of these."""
    told = {row.key: row for row in StockMove.objects.filter(key__in={row.key for row in rows})}
    for row in rows:
        told.setdefault(row.key, row)
    return told


def _refused(movements: Sequence[Movement], kept: dict[str, StockMove]) -> Iterator[Why]:
    for place, one in enumerate(movements):
        row = kept.get(one.key)
        if row is None:
            detail = "the units of this product were never counted here: tell a count first"
            yield place, NotFound(detail, "never_counted")
        elif (row.product_id, row.place, row.delta, row.at) != (one.product_id, one.place, one.delta, one.at):
            yield place, Conflict("this key was used for another movement: take a new key", "key_reused")
