"""Holding amounts of accounts for an order, for programs that price by themselves: reserve, commit, release, refund."""

from datetime import datetime, timedelta
from typing import Annotated, Literal

from django.http import HttpRequest
from ninja import Path, Router, Schema, Status
from pydantic import ConfigDict, Field, StringConstraints

from netlift.service.api.frame import caller_of, needs
from netlift.service.ledger import reservations as ledger
from netlift.service.ledger.holds import MOST, MOST_HOLDS, REF_LENGTH, UNIT_LENGTH, Hold, Receipt
from netlift.service.ledger.models import Reservation
from netlift.service.ledger.selectors import reservation
from netlift.service.privacy.pseudonyms import pseudonym

router = Router(tags=["reservations"])

Id = Annotated[str, Path(max_length=40)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Text = Annotated[str, StringConstraints(max_length=100)]
Kind = Literal[
    "code_uses", "customer_uses", "points", "gift_card", "coupon", "wallet", "promotion_uses", "budget"
]  # fmt: skip
Ref = Annotated[str, StringConstraints(min_length=1, max_length=REF_LENGTH)]
Unit = Annotated[str, StringConstraints(max_length=UNIT_LENGTH)]
Amount = Annotated[int, Field(ge=1, le=MOST, strict=True)]


class HoldIn(Schema):
    """So much of one account: uses, points, or minor units of money."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    ref: Ref
    amount: Amount
    limit: Annotated[int, Field(ge=0, le=MOST, strict=True)] | None = None
    """What the account may hold and have spent at most, this included; for uses and budgets."""
    unit: Unit = ""
    """Currency of money."""


class ReserveIn(Schema):
    """What is to be held, whole or not at all."""

    model_config = ConfigDict(extra="forbid")

    request_id: Name
    """The caller's own name of this deed: sent again, it has the same answer and holds nothing more."""
    holds: Annotated[list[HoldIn], Field(min_length=1, max_length=MOST_HOLDS)]
    ttl_seconds: Annotated[int, Field(ge=1, le=30 * 86_400, strict=True)] = 900
    customer_id: Text = ""
    order: Text = ""


class SettleIn(Schema):
    """The end of a reservation."""

    model_config = ConfigDict(extra="forbid")

    request_id: Name
    order: Text = ""


class GiveBackIn(Schema):
    """What is given back of what was spent; without holds, all that is left of it."""

    model_config = ConfigDict(extra="forbid")

    request_id: Name
    holds: Annotated[list[HoldIn], Field(min_length=1, max_length=MOST_HOLDS)] | None = None


class HoldOut(Schema):
    """An amount of one account."""

    kind: str
    ref: str
    unit: str
    amount: int


class HoldReceiptOut(Schema):
    """What a deed came to."""

    reservation_id: str
    status: Literal["reserved", "committed", "released", "expired", "refunded"]
    expires_at: datetime
    holds: list[HoldOut]
    """What it moved."""
    replayed: bool
    """The answer of then: the same request had been here before."""


class HeldOut(HoldOut):
    """An amount of a reservation, and what of it was given back."""

    returned: int


class ReservationOut(Schema):
    """A reservation as it stands."""

    reservation_id: str
    status: str
    order: str
    made_at: datetime
    expires_at: datetime
    settled_at: datetime | None
    holds: list[HeldOut]


@router.post("", auth=needs("redeem"), response={201: HoldReceiptOut})
def reserve(request: HttpRequest, data: ReserveIn) -> Status[Receipt]:
    """Hold all of it until it is committed, released, or its time is over."""
    customer = pseudonym(data.customer_id) if data.customer_id.strip() else ""
    ttl = timedelta(seconds=data.ttl_seconds)
    key = named(request, data.request_id)
    return Status(201, ledger.reserve(key, holds(data.holds), ttl=ttl, customer=customer, order=data.order))


@router.get("/{reservation_id}", auth=needs("ledger:read"), response=ReservationOut)
def read(request: HttpRequest, reservation_id: Id) -> ReservationOut:
    """A reservation as it stands."""
    return _told(reservation(reservation_id))


@router.post("/{reservation_id}/commit", auth=needs("redeem"), response=HoldReceiptOut)
def commit(request: HttpRequest, reservation_id: Id, data: SettleIn) -> Receipt:
    """Spend what it holds; refused from the moment on at which it expires."""
    return ledger.commit(named(request, data.request_id), reservation_id, order=data.order)


@router.post("/{reservation_id}/release", auth=needs("redeem"), response=HoldReceiptOut)
def release(request: HttpRequest, reservation_id: Id, data: SettleIn) -> Receipt:
    """Give back what it holds."""
    return ledger.release(named(request, data.request_id), reservation_id, order=data.order)


@router.post("/{reservation_id}/refund", auth=needs("redeem"), response=HoldReceiptOut)
def refund(request: HttpRequest, reservation_id: Id, data: GiveBackIn) -> Receipt:
    """Give back what was spent, whole or in part."""
    wanted = None if data.holds is None else holds(data.holds)
    return ledger.reverse(named(request, data.request_id), reservation_id, wanted)


def named(request: HttpRequest, request_id: str) -> str:
    """The ledger's key of a caller's request: every caller has names of their own."""
    return f"{caller_of(request).name}:{request_id}"


def holds(sent: list[HoldIn]) -> list[Hold]:
    """What was sent, as the ledger knows it."""
    return [Hold(**one.dict()) for one in sent]


def _told(row: Reservation) -> ReservationOut:
    held = row.held.select_related("account").order_by("id")
    return ReservationOut(
        reservation_id=row.name, status=row.status, order=row.order, made_at=row.made_at, expires_at=row.expires_at,
        settled_at=row.settled_at,
        holds=[
            HeldOut(kind=one.account.kind, ref=one.account.ref, unit=one.account.unit, amount=one.amount,
                    returned=one.returned)
            for one in held
        ],
    )  # fmt: skip
