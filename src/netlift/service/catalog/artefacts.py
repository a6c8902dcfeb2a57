"""The folders of plans: copied whole or not at all, on disk before anything points to them, checked by their hash."""

import os
import shutil
import threading
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from netlift.plan.artefact import HEAD, ROWS, Plan, plan_id, read
from netlift.service.catalog.live import plan_folder, read_plan
from netlift.service.core.refusals import Unavailable

LEFT = timedelta(hours=6)
_PIECE = 1 << 20


def keep(source: Path) -> tuple[str, Plan]:
    """Copy a plan into the catalogue's folder under its id; one that is there and whole is left as it is.

    The files are written beside, synced to the disk, renamed, and the folder above is synced too: after this, neither
    a killed process nor a power cut leaves half a plan under its id.

    Raises:
        DataError: the source is no plan, or was altered.
    """
    plan = read(source)
    identity = plan_id(plan)
    folder = plan_folder(identity)
    if not _whole(identity):
        _copy(source, folder)
        read_plan(identity)  # what was copied is what was read
    _sync(folder.parent)
    return identity, plan


def _whole(identity: str) -> bool:
    if not plan_folder(identity).is_dir():
        return False
    try:
        read_plan(identity)
    except Unavailable:
        return False
    return True


def _copy(source: Path, folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = folder.with_name(f".{folder.name}.{os.getpid()}-{threading.get_ident()}.part")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir()
    try:
        for name in (HEAD, ROWS):
            with (source / name).open("rb") as one, (beside / name).open("xb") as other:
                shutil.copyfileobj(one, other, _PIECE)
                other.flush()
                os.fsync(other.fileno())
        _sync(beside)
        if folder.exists() and not _whole(folder.name):  # what is whole is never moved
            damaged = beside.with_name(f"{beside.name}.damaged")
            folder.rename(damaged)
            shutil.rmtree(damaged)
        try:
            beside.rename(folder)
        except OSError:  # another process was first; what it left is checked by the caller
            if not folder.is_dir():
                raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _sync(folder: Path) -> None:
    """Make names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def tidy(now: datetime | None = None) -> int:
    """Remove what killed processes left half-written among the plans; how many folders it was.

    Nothing is copied or unpacked for as long as `LEFT`: what is older has nobody any more.
    """
    folder: Path = settings.FOLDER.plans
    before = ((now or timezone.now()) - LEFT).timestamp()
    left = [one for pattern in (".*.part*", ".upload-*") for one in folder.glob(pattern) if _changed(one) < before]
    for one in left:
        shutil.rmtree(one, ignore_errors=True)
    return len(left)


def _changed(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except OSError:  # it has just been renamed or removed
        return float("inf")
