"""What customers allow, for which purpose, since when."""

from datetime import datetime
from typing import Annotated, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema
from pydantic import AwareDatetime, ConfigDict, StringConstraints

from netlift.service.api.frame import needs
from netlift.service.api.lines import Taken, body_of_lines, read_lines, taken
from netlift.service.api.people import PersonIn
from netlift.service.privacy import consent
from netlift.service.privacy.pseudonyms import pseudonym

router = Router(tags=["consent"])

PurposeName = Literal["personalisation", "marketing", "measurement"]


class ConsentIn(PersonIn):
    """A change of mind."""

    model_config = ConfigDict(extra="forbid")

    purpose: PurposeName
    granted: bool
    at: AwareDatetime | None = None
    """When it was said; one that arrives late does not undo a later one. Null: now."""
    source: Annotated[str, StringConstraints(max_length=100)] = ""
    """Where it was said, such as checkout; nothing personal."""


class ChangeOut(Schema):
    """A change of mind that was noted."""

    purpose: str
    granted: bool
    at: datetime
    source: str


class ConsentOut(Schema):
    """What a customer allows now, and how it came to that."""

    allowed: list[str]
    history: list[ChangeOut]


@router.post("", auth=needs("shop:write"), response=ConsentOut)
def change(request: HttpRequest, body: ConsentIn) -> ConsentOut:
    """Note a change; the next decision honours it. Said again, it changes nothing."""
    consent.set_consents([(body.customer_id, _change(body))])
    return _told(body.customer_id)


@router.post("/bulk", auth=needs("shop:write"), response=Taken, openapi_extra=body_of_lines(ConsentIn))
def changes(request: HttpRequest) -> Taken:
    """Note changes, one JSON object per line."""
    read = read_lines(request, ConsentIn)
    consent.set_consents((one.customer_id, _change(one)) for one in read.items)
    return taken(read)


@router.post("/read", auth=needs("shop:write"), response=ConsentOut)
def read(request: HttpRequest, body: PersonIn) -> ConsentOut:
    """What a customer allows now, and every change so far."""
    return _told(body.customer_id)


def _change(one: ConsentIn) -> consent.Change:
    return consent.Change(one.purpose, one.granted, one.at or timezone.now(), one.source)


def _told(customer_id: str) -> ConsentOut:
    who = pseudonym(customer_id)
    said = [ChangeOut(**change._asdict()) for change in consent.history(who)]
    return ConsentOut(allowed=sorted(consent.allowed(who)), history=said)
