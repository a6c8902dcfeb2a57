"""What lists keep of a person: told to whoever may ask, and erased, on the shelf that is served too."""

from typing import Any

from django.conf import settings
from django.utils import timezone

from netlift.errors import DataError
from netlift.service.decisions.shelf import folder, ready
from netlift.service.decisions.shelf_models import ShownList
from netlift.service.privacy.people import erased
from netlift.service.runs.shelf import files

_AT_ONCE = 500
_looked_through: set[str] = set()
"""Digest of the lists in which this process has looked for the erased."""


def held(customer: str) -> dict[str, Any]:
    """Lists that a person was shown, and the one that is ready for them."""
    rows = ShownList.objects.filter(customer=customer).order_by("pk")
    return {
        "shown": [{"at": row.at.isoformat(), "placement": row.placement, "items": row.items} for row in rows],
        "ready": _ready(customer),
    }


def forget(customer: str) -> int:
    """Delete both; how many lists. What the workspace has of those that were shown goes with the next hand-over."""
    if not customer:
        return 0
    count = ShownList.objects.filter(customer=customer).delete()[0]
    if not settings.FOLDER.workspace.is_dir():
        return count  # nothing was taken in that could be learned from
    return count + files.forget(folder(), customer, timezone.now())


def leave_out() -> int:
    """Take out who was erased and has allowed nothing since, whatever brought them back; how many lists.

    Tables from a backup may have held them when the lists were made, and a list may have been shown at the very moment
    of the erasure. Lists that were looked through are not again.
    """
    where, gone = folder(), sorted(erased())
    parts = (gone[at : at + _AT_ONCE] for at in range(0, len(gone), _AT_ONCE))
    shown = sum(ShownList.objects.filter(customer__in=part).delete()[0] for part in parts)
    if files.stamp(where) is None:
        return shown
    try:
        head = files.read_head(where)
        if head.digest in _looked_through:
            return shown
        back = files.listed(where, head, gone)
    except DataError:
        return shown
    for customer in back:
        files.forget(where, customer, timezone.now())
    _looked_through.clear()
    _looked_through.add(files.read_head(where).digest if back else head.digest)
    return shown + len(back)


def _ready(customer: str) -> list[str]:
    try:
        return ready(customer)
    except DataError:
        return []  # nobody is served from it either
