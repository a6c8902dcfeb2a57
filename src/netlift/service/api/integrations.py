"""Files of other systems in and out, and events by signed webhooks."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from ninja import File, Form, Path, Query, Router, Schema, Status, UploadedFile
from pydantic import AwareDatetime, ConfigDict, Field, StringConstraints, ValidationError

from netlift.service.access.log import record
from netlift.service.access.throttle import allow, throttled, tried
from netlift.service.api.events import EventIn
from netlift.service.api.frame import caller_of, needs
from netlift.service.api.pages import Page, page
from netlift.service.core.addresses import address_of
from netlift.service.core.bodies import parsed
from netlift.service.core.refusals import Refused, TooLarge, Unauthenticated
from netlift.service.events.intake import Happened
from netlift.service.hooks.signatures import HEADER
from netlift.service.integrations import code_files, incoming, shopify
from netlift.service.integrations.exported import packed_export
from netlift.service.integrations.models import Sender
from netlift.service.runs import inbox, queue

router = Router(tags=["integrations"])

WRONG_PER_MINUTE = 30
"""Wrong signatures that one address may send in a minute before it is told to wait."""
Cursor = Annotated[str | None, Query(max_length=1_000)]
Limit = Annotated[int, Query(ge=1, le=500)]
Currency = Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")]
Uses = Annotated[int, Field(ge=1, le=10**9)]
Upload = Annotated[UploadedFile, File()]


class DraftedOut(Schema):
    """A discount that is a draft now."""

    name: str
    promotion_id: str
    version: int
    unchanged: bool
    """Its newest version says the same already."""


class LeftOut(Schema):
    """A discount that was not taken."""

    name: str
    why: str


class DiscountsOut(Schema):
    """What came of a file of discounts."""

    drafted: list[DraftedOut]
    refused: list[LeftOut]


class CodesIn(Schema):
    """What the codes of a file open."""

    model_config = ConfigDict(extra="forbid")

    promotion_id: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    uses: Uses | None = 1
    """Of each code; empty: not limited."""
    per_customer: Uses | None = 1
    expires_at: AwareDatetime | None = None


class CodeLeft(Schema):
    """A code that was not taken."""

    line: int
    """Its place among the codes, from 1."""
    why: str


class CodesOut(Schema):
    """What came of a file of codes."""

    kept: int
    refused: list[CodeLeft]


class JobStarted(Schema):
    """The job that takes a file in."""

    job_id: str


class SenderIn(Schema):
    """A system that will send signed events."""

    model_config = ConfigDict(extra="forbid")

    source: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,60}$")]
    """Under which its events are kept."""


class SenderOut(Schema):
    """A sender, without its secret."""

    sender_id: str
    source: str
    made_by: str
    made_at: datetime
    ended_at: datetime | None


class SenderMade(SenderOut):
    """A new sender, with the secret that cannot be read again."""

    secret: str


class ReceivedOut(Schema):
    """What became of signed events."""

    accepted: int
    repeated: int


@router.post("/shopify/discounts", auth=needs("promotions:write"), response=DiscountsOut)
def discounts(request: HttpRequest, file: Upload, currency: Annotated[Currency, Form()]) -> DiscountsOut:
    """Draft the discounts of a Shopify export (CSV, up to 500); what the file does not tell is refused, with why."""
    found = shopify.import_discounts(_text(file), currency, caller_of(request))
    return DiscountsOut(
        drafted=[DraftedOut(**one._asdict()) for one in found.drafted],
        refused=[LeftOut(**one._asdict()) for one in found.refused],
    )


@router.post("/shopify/orders", auth=needs("shop:write"), response={202: JobStarted})
def orders(request: HttpRequest, file: Upload) -> Status[JobStarted]:
    """Take a Shopify export of orders into the workspace, by a job that keeps or refuses every row with its reason."""
    sent = inbox.receive(file.name or "", file.chunks())
    job = queue.enqueue("ingest", {"names": [sent.name], "kind": "shopify_orders"}, caller_of(request).name)
    return Status(202, JobStarted(job_id=job.job_id))


@router.post("/codes", auth=needs("codes:write"), response=CodesOut)
def codes(request: HttpRequest, file: Upload, terms: Annotated[CodesIn, Form()]) -> CodesOut:
    """Let codes that were given out elsewhere (CSV, up to 2,000) open a promotion here."""
    found = code_files.import_codes(
        _text(file), terms.promotion_id, uses=terms.uses, per_customer=terms.per_customer, expires_at=terms.expires_at
    )
    record(caller_of(request).name, "codes.imported", terms.promotion_id, kept=found.kept)
    return CodesOut(kept=found.kept, refused=[CodeLeft(**one._asdict()) for one in found.refused])


@router.get("/shopify/plans/{plan_id}", auth=needs("codes:write"), response={200: Any})
def plan(
    request: HttpRequest, plan_id: Annotated[str, Path(pattern="^[0-9a-f]{64}$")], one_code: bool = False
) -> HttpResponse:
    """A plan as Shopify discounts and codes, in a zip file; its `export.json` tells what Shopify cannot say."""
    packed = packed_export(plan_id, "shopify", one_code=one_code)
    record(caller_of(request).name, "plan.exported", plan_id, format="shopify")
    return HttpResponse(packed, content_type="application/zip")


@router.get("/senders", auth=needs("hooks:write"), response=Page[SenderOut])
def senders(request: HttpRequest, cursor: Cursor = None, limit: Limit = 100) -> Page[SenderOut]:
    """Who may send signed events, also those that have ended."""
    rows, following = page(Sender.objects.all(), "id", cursor, limit)
    return Page[SenderOut](items=[SenderOut.from_orm(row) for row in rows], next=following)


@router.post("/senders", auth=needs("hooks:write"), response={201: SenderMade})
def make(request: HttpRequest, body: SenderIn) -> Status[SenderMade]:
    """Let a system send signed events; the secret is told this once."""
    by = caller_of(request).name
    with transaction.atomic():
        row, secret = incoming.make_sender(body.source, by)
        record(by, "sender.made", row.sender_id, source=row.source)
    return Status(201, SenderMade(secret=secret, **SenderOut.from_orm(row).dict()))


@router.post("/senders/{sender_id}/end", auth=needs("hooks:write"), response=SenderOut)
def end(request: HttpRequest, sender_id: Annotated[str, Path(max_length=40)]) -> Sender:
    """Take nothing more from it."""
    with transaction.atomic():
        row = incoming.end_sender(sender_id)
        record(caller_of(request).name, "sender.ended", sender_id)
    return row


_SIGNED = {
    "parameters": [{"name": HEADER, "in": "header", "required": True, "schema": {"type": "string", "maxLength": 400}}],
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"oneOf": [{"type": "object"}, {"type": "array", "maxItems": 500}]}}
        },
    },
}


@router.post("/incoming/{sender_id}", response=ReceivedOut, openapi_extra=_SIGNED)
def receive(request: HttpRequest, sender_id: Annotated[str, Path(max_length=40)]) -> ReceivedOut:
    """One event or a list of them, as in POST /events without `source`, signed by a sender: all are kept, or none."""
    address = address_of(request)
    if tried("wrong_signature", address) >= WRONG_PER_MINUTE:
        raise throttled()
    try:
        taken = incoming.receive(sender_id, request.headers.get(HEADER, ""), request.body, _events)
    except Unauthenticated:
        allow("wrong_signature", address, WRONG_PER_MINUTE)
        raise
    return ReceivedOut(accepted=taken.accepted, repeated=taken.repeated)


def _events(source: str, body: bytes) -> Sequence[Happened]:
    """The events of a body that was signed for a source."""
    told = parsed(body)
    items = told if isinstance(told, list) else [told]
    try:
        return [EventIn.model_validate({**_object(one), "source": source}).happened() for one in items]
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        at = ".".join(str(part) for part in first["loc"])
        raise Refused(f"{at}: {first['msg']}" if at else first["msg"], "invalid") from None


def _object(one: object) -> dict[str, Any]:
    if not isinstance(one, dict) or "source" in one:
        raise Refused("send one event, or a list of them, without `source`, which is the sender's", "invalid")
    return one


def _text(file: UploadedFile) -> bytes:
    if (file.size or 0) > settings.MOST_BYTES:
        raise TooLarge(
            f"the file is longer than {settings.MOST_BYTES} bytes: send it in parts", most=settings.MOST_BYTES
        )
    return file.read()
