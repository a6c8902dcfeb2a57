"""Callers for tests: an author, a second person, and one who only looks; and what the log says of them."""

from django.db.models import Max, QuerySet

from netlift.service.access.caller import Caller
from netlift.service.access.models import AuditEntry
from netlift.service.access.roles import ROLES


def caller(name: str, role: str = "admin") -> Caller:
    return Caller(f"user:{name}", role, ROLES[role])


ANN, BEN, CAS, EVE = caller("ann", "operator"), caller("ben", "approver"), caller("cas"), caller("eve", "viewer")


class Log:
    """The entries since it was made: what tests before have left stays in the log for ever."""

    def __init__(self) -> None:
        self.last = AuditEntry.objects.aggregate(last=Max("number"))["last"] or 0

    def __call__(self, **wanted: str) -> QuerySet[AuditEntry]:
        return AuditEntry.objects.filter(number__gt=self.last, **wanted).order_by("number")
