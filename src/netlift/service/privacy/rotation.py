"""Rotation: what older keys of the folder wrap is wrapped anew by the newest, a batch at a time."""

import logging
from datetime import UTC, datetime, timedelta
from itertools import takewhile

from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from netlift.errors import DataError
from netlift.service.core.logs import say
from netlift.service.core.refusals import Conflict
from netlift.service.privacy.keys import newest, older, unwrap, wrap
from netlift.service.privacy.models import Wrapped

_SETTLED = timedelta(hours=1)


def go_on(rounds: int = 25) -> int:
    """Some thousand secrets further, in short transactions; how many were wrapped anew."""
    return sum(takewhile(bool, (rewrap() for _ in range(rounds))))


def rewrap(most: int = 200) -> int:
    """Wrap anew up to `most` secrets that an older key wraps; how many were.

    Stop it whenever you like: what is done stays done, and the next call goes on with the rest.
    """
    done = 0
    for model in _models():
        done += _rewrap(model, most - done)
    return done


def left() -> dict[str, int]:
    """How many secrets each older key still wraps; a key that is not in it may be taken out of the folder."""
    found: dict[str, int] = {}
    for model in _models():
        for seal in model._default_manager.exclude(seal=newest()).values_list("seal", flat=True):
            found[seal] = found.get(seal, 0) + 1
    return dict(sorted(found.items()))


def retire(*, now: datetime | None = None) -> tuple[str, ...]:
    """Take older keys out of the folder that wrap nothing any more; their ids.

    Raises:
        Conflict: the last rotation was less than an hour ago, so somebody may still be writing with an older key.
    """
    rotated = datetime.fromtimestamp((settings.FOLDER.root / "secrets.json").stat().st_mtime, UTC)
    if older() and (now or timezone.now()) - rotated < _SETTLED:
        raise Conflict(
            "keys were changed less than an hour ago: wait until nobody writes with an older one", "too_early"
        )
    gone: tuple[str, ...] = settings.FOLDER.retire(left())
    return gone


def _rewrap(model: type[Wrapped], most: int) -> int:
    rows, seals, done = model._default_manager, older(), 0
    if not seals:
        return 0
    with transaction.atomic():
        for row in rows.filter(seal__in=seals).order_by("pk")[:most]:
            try:
                seal, wrapped = wrap(unwrap(row), row.bound)
            except DataError:
                say("secret_unreadable", logging.ERROR, row=f"{model._meta.label} {row.pk}")
                continue
            # a row that was erased or wrapped anew meanwhile is left alone
            done += rows.filter(pk=row.pk, seal=row.seal).update(seal=seal, wrapped=wrapped)
    return done


def _models() -> list[type[Wrapped]]:
    found = [model for model in apps.get_models() if issubclass(model, Wrapped)]
    return sorted(found, key=lambda model: model._meta.label)
