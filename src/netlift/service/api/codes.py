"""Codes: batches and words, their texts for whoever may hand them out, and looking one up without being guessed at."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import Annotated

from django.db import transaction
from django.http import HttpRequest, StreamingHttpResponse
from ninja import Path, Query, Router, Schema, Status
from pydantic import AwareDatetime, ConfigDict, Field, StringConstraints

from netlift.service.access import throttle
from netlift.service.access.log import record
from netlift.service.api.frame import caller_of, needs
from netlift.service.api.pages import Page, page
from netlift.service.api.reservations import Name, named
from netlift.service.core.refusals import NotFound
from netlift.service.ledger import codes as ledger
from netlift.service.ledger.models import Batch
from netlift.service.privacy.pseudonyms import pseudonym

router = Router(tags=["codes"])

MOST_AT_ONCE = 1_000_000
"""Codes of one request."""
WRONG_BY_CUSTOMER, WRONG_BY_CALLER = 20, 120
"""Wrong codes that may be tried in a minute: for one customer, and by one caller for customers it does not name."""
_BUCKET = "wrong code"

Cursor = Annotated[str | None, Query(max_length=1_000)]
Limit = Annotated[int, Query(ge=1, le=500)]
Row = Annotated[int, Path(ge=1, le=2**63 - 1)]
Uses = Annotated[int, Field(ge=1, le=2**31 - 1, strict=True)] | None
Typed = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class _Rules(Schema):
    model_config = ConfigDict(extra="forbid")

    promotion_id: Name
    uses: Uses = 1
    """Of each code; null: not limited."""
    per_customer: Uses = 1
    """Uses of the batch by one customer; null: not limited."""
    expires_at: AwareDatetime | None = None


class BatchIn(_Rules):
    """Random codes to be made; the name is the key of this deed."""

    name: Name
    count: Annotated[int, Field(ge=1, le=MOST_AT_ONCE, strict=True)]
    length: Annotated[int, Field(ge=6, le=32, strict=True)] = 12
    prefix: Annotated[str, StringConstraints(max_length=12)] = ""


class WordIn(_Rules):
    """One code that people chose."""

    word: Annotated[str, StringConstraints(min_length=3, max_length=60)]
    uses: Uses = None


class BatchOut(Schema):
    """A batch."""

    id: int
    name: str
    promotion_id: str
    word: str
    prefix: str
    length: int
    count: int
    made: int
    uses: int | None
    per_customer: int | None
    expires_at: datetime | None
    ended_at: datetime | None
    made_at: datetime


class FindIn(Schema):
    """A code as it was typed."""

    model_config = ConfigDict(extra="forbid")

    code: Typed
    customer_id: Annotated[str, StringConstraints(max_length=100)] = ""


class ClaimIn(Schema):
    """A customer takes a code."""

    model_config = ConfigDict(extra="forbid")

    request_id: Name
    code: Typed
    customer_id: Name


class FoundCodeOut(Schema):
    """A code that exists."""

    ref: str
    """Of its account of uses."""
    batch_id: int
    batch: str
    promotion_id: str
    uses: int | None
    per_customer: int | None
    expires_at: datetime | None
    ended_at: datetime | None
    claimed: bool
    """A customer took it."""


@router.get("/batches", auth=needs("ledger:read"), response=Page[BatchOut])
def batches(request: HttpRequest, cursor: Cursor = None, limit: Limit = 100) -> Page[BatchOut]:
    """Batches, page by page."""
    found, after = page(Batch.objects.all(), "id", cursor, limit)
    return Page(items=[BatchOut.from_orm(one) for one in found], next=after)


@router.post("/batches", auth=needs("codes:write"), response={201: BatchOut})
def make(request: HttpRequest, data: BatchIn) -> Status[Batch]:
    """Make random codes; sent again, it goes on where it stopped. A million take up to a minute."""
    batch = ledger.make_batch(**data.dict())
    record(caller_of(request).name, "codes.made", f"batch:{batch.pk}", count=batch.count)
    return Status(201, batch)


@router.post("/words", auth=needs("codes:write"), response={201: BatchOut})
def make_word(request: HttpRequest, data: WordIn) -> Status[Batch]:
    """Make one code that everybody may know."""
    with transaction.atomic():
        batch = ledger.make_word(**data.dict())
        record(caller_of(request).name, "codes.made", f"batch:{batch.pk}", count=1)
    return Status(201, batch)


@router.get("/batches/{batch_id}", auth=needs("ledger:read"), response=BatchOut)
def read(request: HttpRequest, batch_id: Row) -> Batch:
    """One batch."""
    return _batch(batch_id)


@router.get("/batches/{batch_id}/codes", auth=needs("codes:write"), response={200: str})
def export(request: HttpRequest, batch_id: Row) -> StreamingHttpResponse:
    """The codes of a batch, one per line, for whoever hands them out; it is written down who fetched them."""
    batch = _batch(batch_id)
    record(caller_of(request).name, "codes.exported", f"batch:{batch.pk}", count=batch.made)
    return StreamingHttpResponse(_lines(batch), content_type="text/csv; charset=utf-8")


@router.post("/batches/{batch_id}/end", auth=needs("codes:write"), response=BatchOut)
def end(request: HttpRequest, batch_id: Row) -> Batch:
    """Refuse the codes of a batch from now on."""
    batch = _batch(batch_id)
    with transaction.atomic():
        if batch.ended_at is None:
            record(caller_of(request).name, "codes.ended", f"batch:{batch.pk}")
        return ledger.end(batch.name)


@router.post("/find", auth=needs("redeem"), response=FoundCodeOut)
def find(request: HttpRequest, data: FindIn) -> FoundCodeOut:
    """The code that was typed; wrong ones are counted, and too many refused for a minute."""
    with _counted(request, data.customer_id):
        return _told(ledger.find(data.code))


@router.post("/claim", auth=needs("redeem"), response=FoundCodeOut)
def claim(request: HttpRequest, data: ClaimIn) -> FoundCodeOut:
    """Let a customer take a code, to be used later; of one use, it is then theirs alone."""
    with _counted(request, data.customer_id):
        return _told(ledger.claim(named(request, data.request_id), data.code, pseudonym(data.customer_id)))


@contextmanager
def _counted(request: HttpRequest, customer_id: str) -> Iterator[None]:
    """Count wrong codes, by customer or else by caller."""
    named_one = customer_id.strip()
    who = pseudonym(customer_id) if named_one else caller_of(request).name
    most = WRONG_BY_CUSTOMER if named_one else WRONG_BY_CALLER
    if throttle.tried(_BUCKET, who) >= most:
        raise throttle.throttled()
    try:
        yield
    except NotFound:
        throttle.allow(_BUCKET, who, most)
        raise


def _batch(batch_id: int) -> Batch:
    found = Batch.objects.filter(pk=batch_id).first()
    if found is None:
        raise NotFound("there is no such batch")
    return found


def _lines(batch: Batch) -> Iterator[str]:
    codes = ledger.export(batch)
    while some := list(islice(codes, 5_000)):
        yield "\n".join(some) + "\n"


def _told(code: ledger.Code) -> FoundCodeOut:
    return FoundCodeOut(
        ref=code.digest, batch_id=code.batch_id, batch=code.batch, promotion_id=code.promotion_id, uses=code.uses,
        per_customer=code.per_customer, expires_at=code.expires_at, ended_at=code.ended_at, claimed=bool(code.bearer),
    )  # fmt: skip
