"""Is it alive, and is it ready?"""

from django.db import connection
from django.http import HttpRequest
from ninja import Router, Schema

router = Router(tags=["health"])


class Health(Schema):
    """What is well."""

    status: str


@router.get("/live", response=Health)
def live(request: HttpRequest) -> Health:
    """The process answers."""
    return Health(status="ok")


@router.get("/ready", response=Health)
def ready(request: HttpRequest) -> Health:
    """The store answers too."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return Health(status="ok")
