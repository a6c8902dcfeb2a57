"""What lists keep of a person: told to whoever may ask, and erased, on the shelf that is served too."""

from typing import Any

from django.utils import timezone

from netlift.errors import DataError
from netlift.service.decisions.shelf import folder, ready
from netlift.service.decisions.shelf_models import ShownList
from netlift.service.runs.shelf import files


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
    return count + files.forget(folder(), customer, timezone.now())


def _ready(customer: str) -> list[str]:
    try:
        return ready(customer)
    except DataError:
        return []  # nobody is served from it either
