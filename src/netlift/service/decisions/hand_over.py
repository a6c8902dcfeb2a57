"""Exposures to the library: the first of each customer to each experiment, with what the experiments were about.

A file holds the exposures of a range of ids. It follows from them alone and replaces the one of its name, so it may be
written as often as needed: a process may end at any moment, and a person may be erased.
"""

from datetime import datetime, timedelta

from django.db.models import Max
from django.utils import timezone

from netlift.data.workspace import Workspace
from netlift.plan import exposures as experiments
from netlift.service.catalog.live import read_plan
from netlift.service.catalog.models import PlanVersion
from netlift.service.decisions.exposures import settled
from netlift.service.decisions.models import Exposure, ExposureFile
from netlift.service.events import workspace as library

SIZE = 50_000
"""Ids of a file."""
EVERY = timedelta(hours=1)
"""How often the last file is written again while exposures come in."""
_NEVER = -1


def hand_over(*, every: timedelta = EVERY, now: datetime | None = None) -> int:
    """Write what is due into the workspace; how many files were written.

    Args:
        every: how long the last file stays as it is.
        now: the moment.

    Raises:
        DataError: the library refuses rows; their file stays due.
    """
    now = now or timezone.now()
    due = _due(every, now)
    if due:
        place = library.opened()
        for file in due:
            _write(place, file, now)
    return len(due)


def leave_out(customer: str) -> int:
    """Delete the exposures of a person, and let their files be written again; how many."""
    mine = Exposure.objects.filter(customer=customer)
    numbers = {pk // SIZE for pk in mine.values_list("pk", flat=True)}
    ExposureFile.objects.filter(number__in=numbers).update(rows=_NEVER)
    return mine.delete()[0]


def _due(every: timedelta, now: datetime) -> list[ExposureFile]:
    """Files that are missing rows, or have too many."""
    newest = settled(now).aggregate(newest=Max("pk"))["newest"]
    last = ExposureFile.objects.order_by("-number").first()
    stale = list(ExposureFile.objects.filter(rows=_NEVER).order_by("number"))
    if newest is None or (last is not None and last.written_at > now - every):
        return stale
    start = 0 if last is None else last.number
    found = {one.number: one for one in stale}
    for number in range(start, newest // SIZE + 1):
        file, _ = ExposureFile.objects.get_or_create(number=number, defaults={"rows": _NEVER, "written_at": now})
        if file.rows != _rows(number, now):
            found[number] = file
    return [found[number] for number in sorted(found)]


def _rows(number: int, now: datetime) -> int:
    return settled(now).filter(pk__gte=number * SIZE, pk__lt=(number + 1) * SIZE).count()


def _write(place: Workspace, file: ExposureFile, now: datetime) -> None:
    low, high = file.number * SIZE, (file.number + 1) * SIZE
    count = _rows(file.number, now)
    found = [
        {
            "promotion_id": row.promotion_id, "customer_id": row.customer, "arm": row.arm,
            "exposed_at": row.exposed_at, "propensity": row.propensity, "channel": row.channel,
        }
        for row in settled(now, first=True).filter(pk__gte=low, pk__lt=high).order_by("pk").iterator()
    ]  # fmt: skip
    for plan in sorted({str(one["promotion_id"]).rpartition("@")[2].partition("+")[0] for one in found}):
        _describe(place, plan, now)
    library.put(place, "exposures", f"service-exposures-{file.number:05d}", found, now + timedelta(minutes=1))
    ExposureFile.objects.filter(pk=file.pk, rows=file.rows).update(rows=count, written_at=now)


def _describe(place: Workspace, begins: str, now: datetime) -> None:
    """Tell the workspace what a plan's experiments were about, once."""
    name = f"service-plan-{begins}"
    if place.batch_file("promotions", name).exists():
        return
    known = PlanVersion.objects.filter(plan_id__startswith=begins).values_list("plan_id", flat=True).first()
    if known is None:
        return  # its exposures count all the same, without its name
    plan = read_plan(known)
    goods = experiments.goods(plan).to_pylist()
    if goods:
        library.put(place, "promotion_products", f"{name}-goods", goods, now)
    library.put(place, "promotions", name, experiments.promotions(plan).to_pylist(), now)
