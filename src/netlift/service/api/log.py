"""The audit log, to read and to verify."""

from datetime import datetime

from django.http import HttpRequest
from ninja import Router, Schema

from netlift.service.access.log import verify
from netlift.service.access.models import AuditEntry
from netlift.service.api.frame import needs
from netlift.service.api.pages import Page, page

router = Router(tags=["log"])


class Entry(Schema):
    """One thing that somebody did."""

    number: int
    at: datetime
    by: str
    action: str
    subject: str
    details: dict[str, str | int | bool | None]
    digest: str


class Chain(Schema):
    """What a walk along the whole log found."""

    length: int
    last: str
    broken: int | None


@router.get("", auth=needs("log:read"), response=Page[Entry])
def entries(
    request: HttpRequest, cursor: str | None = None, limit: int = 100, action: str = "", subject: str = ""
) -> Page[Entry]:
    """Entries in the order in which they were made, all or those of one action or one subject."""
    wanted = {name: value for name, value in (("action", action), ("subject", subject)) if value}
    rows, following = page(AuditEntry.objects.filter(**wanted), "number", cursor, limit)
    return Page[Entry](items=[Entry.from_orm(row) for row in rows], next=following)


@router.get("/verify", auth=needs("log:read"), response=Chain)
def chain(request: HttpRequest) -> Chain:
    """Whether every entry follows from the one before; keep `length` and `last` elsewhere to notice a cut tail."""
    return Chain(**verify()._asdict())
