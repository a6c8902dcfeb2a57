"""A person's rights: all that is kept of them, and forgetting it, with a receipt; how long data stays."""

from datetime import datetime
from typing import Annotated, Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import ConfigDict, Field, StringConstraints

from netlift.service.access.log import record
from netlift.service.api.frame import caller_of, needs
from netlift.service.api.pages import Page, page
from netlift.service.privacy import people, retention, rotation
from netlift.service.privacy.keys import newest
from netlift.service.privacy.models import Erasure
from netlift.service.privacy.pseudonyms import pseudonym
from netlift.service.privacy.receipts import Receipt, public_key, receipt_of

router = Router(tags=["people"])

Cursor = Annotated[str | None, Query(max_length=1_000)]
Limit = Annotated[int, Query(ge=1, le=500)]


class PersonIn(Schema):
    """Whom it is about; in the body, so that no address and no log of addresses names anybody."""

    model_config = ConfigDict(extra="forbid")

    customer_id: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"\S")]
    """The shop's own id of the customer."""


class PersonOut(Schema):
    """All that is kept of a person."""

    pseudonym: str
    exported_at: datetime
    fields: dict[str, str]
    """What names them, opened."""
    consent: list[dict[str, Any]]
    held_by: dict[str, Any]
    """What other parts of the service keep under the pseudonym."""
    erased_at: list[datetime]


class ErasureOut(Schema):
    """That a person was erased."""

    receipt_id: str
    pseudonym: str
    erased_at: datetime
    by: str
    counts: dict[str, int]
    """Rows that were erased or unlinked, by what held them."""
    signature: str
    signed_by: str
    """Ed25519 public key, in hexadecimal."""
    repeated: bool
    """Nothing was left to erase: this is the receipt of the time before."""


class KeptOut(Schema):
    """How long a kind of data is kept, and what the next clearing would delete."""

    kind: str
    days: int | None
    """Null: until it is erased."""
    rows: int
    """Older than that now."""


class KeptIn(Schema):
    """How long a kind of data is to be kept."""

    model_config = ConfigDict(extra="forbid")

    kind: Annotated[str, StringConstraints(min_length=1, max_length=60)]
    days: Annotated[int, Field(ge=1, le=retention.LONGEST_DAYS)] | None
    """Null: as the program proposes."""


class KeysOut(Schema):
    """The keys that wrap people's keys."""

    newest: str
    left: dict[str, int]
    """Secrets that older keys still wrap; the worker wraps them anew, a few hundred at a time."""


@router.post("/export", auth=needs("people:erase"), response=PersonOut)
def export(request: HttpRequest, body: PersonIn) -> dict[str, Any]:
    """All that is kept of a person, opened; the log notes that somebody asked."""
    record(caller_of(request).name, "person.exported", pseudonym(body.customer_id))
    return people.export(body.customer_id)


@router.post("/erase", auth=needs("people:erase"), response=ErasureOut)
def erase(request: HttpRequest, body: PersonIn) -> ErasureOut:
    """Forget a person for good; again, it has the same receipt, `repeated`."""
    by = caller_of(request).name
    with transaction.atomic():
        receipt = people.erase(body.customer_id, by)
        record(by, "person.erased", receipt.pseudonym, receipt=receipt.receipt_id, repeated=receipt.repeated)
    return _told(receipt)


@router.get("/erasures", auth=needs("people:erase"), response=Page[ErasureOut])
def erasures(request: HttpRequest, cursor: Cursor = None, limit: Limit = 100) -> Page[ErasureOut]:
    """Receipts of everybody who was erased, page by page."""
    rows, following = page(Erasure.objects.all(), "id", cursor, limit)
    return Page[ErasureOut](items=[_told(receipt_of(row)) for row in rows], next=following)


@router.get("/retention", auth=needs("people:erase"), response=list[KeptOut])
def kept(request: HttpRequest) -> list[KeptOut]:
    """How long each kind of data is kept, and how much of it is older; nothing is deleted by asking."""
    return [KeptOut(**due._asdict()) for due in retention.outlook()]


@router.post("/retention", auth=needs("people:erase"), response=list[KeptOut])
def keep(request: HttpRequest, body: KeptIn) -> list[KeptOut]:
    """Keep a kind of data for so many days from now on."""
    with transaction.atomic():
        retention.set_days(body.kind, body.days)
        record(caller_of(request).name, "retention.set", body.kind, days=body.days)
    return kept(request)


@router.get("/keys", auth=needs("people:erase"), response=KeysOut)
def keys(request: HttpRequest) -> KeysOut:
    """How far a rotation is."""
    return KeysOut(newest=newest(), left=rotation.left())


@router.post("/keys/rotate", auth=needs("people:erase"), response={202: KeysOut})
def rotate(request: HttpRequest) -> KeysOut:
    """Wrap people's keys with a new one from now on; what older ones wrap is wrapped anew by and by."""
    record(caller_of(request).name, "keys.rotated", settings.FOLDER.rotate())
    return keys(request)


@router.post("/keys/retire", auth=needs("people:erase"), response=KeysOut)
def retire(request: HttpRequest) -> KeysOut:
    """Take older keys away that wrap nothing any more, an hour after the rotation at the earliest."""
    for gone in rotation.retire():
        record(caller_of(request).name, "keys.retired", gone)
    return keys(request)


def _told(receipt: Receipt) -> ErasureOut:
    members = {name: getattr(receipt, name) for name in Receipt.__slots__}
    return ErasureOut(**members, signed_by=public_key())
