"""Is it alive, and is it ready?"""

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest
from ninja import Router, Schema

from netlift.service.catalog.live import live_plan
from netlift.service.core.refusals import Unavailable

router = Router(tags=["health"])

_current: set[str] = set()
"""Stores that have every migration of this version."""


class Health(Schema):
    """What is well."""

    status: str


class Ready(Health):
    """That it can serve, and whether there is a plan to decide by."""

    plan: bool


@router.get("/live", response=Health)
def live(request: HttpRequest) -> Health:
    """The process answers."""
    return Health(status="ok")


@router.get("/ready", response=Ready)
def ready(request: HttpRequest) -> Ready:
    """The store answers too, and is of this version; `plan` says whether one is live."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    if not _migrated():
        raise Unavailable("the store is of another version: start `netlift serve`, which brings it up to date")
    return Ready(status="ok", plan=live_plan() is not None)


def _migrated() -> bool:
    """Whether the store has every migration; one that was seen to have them is not asked again."""
    store = str(connection.settings_dict["NAME"])
    if store not in _current:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return False
        _current.add(store)
    return True
