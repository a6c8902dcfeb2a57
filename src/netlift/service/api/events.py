"""Behaviour and sales in: one event, or a stream of them; each is kept once, and durable when the answer says so."""

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import AwareDatetime, Field, StringConstraints, model_validator

from netlift.service.api.baskets import Sent
from netlift.service.api.event_lines import read
from netlift.service.api.frame import needs
from netlift.service.api.lines import KIND, LineError
from netlift.service.core.bodies import UnsupportedKind
from netlift.service.core.refusals import Conflict
from netlift.service.events.intake import Happened, fault, take
from netlift.service.events.orders import ABOUT_ORDERS, BOUGHT

router = Router(tags=["events"])

Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Text = Annotated[str, StringConstraints(max_length=200)]
Money = Annotated[int, Field(ge=0, le=10**13, strict=True)]
Number = Annotated[float, Field(ge=0, le=10**9)]
_APART = frozenset({"source", "event_id", "event", "at", "customer_id", "order_id"})


class GoodsIn(Sent):
    """Goods of a purchase or a refund; money in minor units of the event's currency."""

    product_id: Name
    quantity: Annotated[float, Field(gt=0, le=10**6)]
    list_minor: Money = 0
    """Quantity times list price, before any discount."""
    discount_minor: Money = 0
    """All discounts, the line's share of the order's included."""
    funded_minor: Money = 0
    """Of them, what a supplier pays back."""
    cost_minor: Money | None = None
    refunded_minor: Money = 0
    """Of a refund: money given back for these goods."""


class EventIn(Sent):
    """Something that happened; the names are those of the library's table of events."""

    source: Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9_.-]+$")]
    """The system that gives the event its id."""
    event_id: Name
    event: Annotated[str, StringConstraints(max_length=40, pattern="^[a-z][a-z0-9_]*$")]
    """view, click, search, cart, uncart, checkout, purchase, refund, cancel, promo_view, promo_click, ..."""
    at: AwareDatetime
    customer_id: Text | None = None
    """The shop's own id of the customer; a pseudonym is kept."""
    session_id: Text | None = None
    product_id: Text | None = None
    order_id: Annotated[str, StringConstraints(max_length=100)] | None = None
    promotion_id: Text | None = None
    quantity: Number | None = None
    value_minor: Money | None = None
    """Of a purchase what the customer was asked to pay, of a refund what was given back."""
    currency: Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")] | None = None
    channel: Text | None = None
    region: Text | None = None
    code: Text | None = None
    shipping_minor: Money | None = None
    tax_minor: Money | None = None
    lines: Annotated[list[GoodsIn], Field(max_length=500)] | None = None

    @model_validator(mode="after")
    def _whole(self) -> "EventIn":
        if self.value_minor is not None and self.currency is None:
            raise ValueError("value_minor needs a currency")
        if self.event in ABOUT_ORDERS and not self.order_id:
            raise ValueError(f"{self.event} needs an order_id")
        if self.event == BOUGHT and (self.currency is None or (self.value_minor is None and not self.lines)):
            raise ValueError("a purchase needs a currency, and value_minor or lines")
        if any(line.discount_minor > line.list_minor for line in self.lines or ()):
            raise ValueError("lines: a discount is above its list value")
        if why := fault(self.happened()):
            raise ValueError(why)
        return self

    def happened(self) -> Happened:
        """As it is kept."""
        told: dict[str, Any] = self.model_dump(exclude=set(_APART), exclude_none=True, exclude_defaults=True)
        return Happened(
            self.source, self.event_id, self.event, self.at, self.customer_id or "", self.order_id or "", told
        )


class EventOut(Schema):
    """What became of an event."""

    repeated: bool
    """It was here before; nothing has changed."""


class BulkOut(Schema):
    """What became of a stream; accepted + repeated + refused is the number of its lines."""

    accepted: int
    """New, and durable."""
    repeated: int
    """Here before."""
    refused: int
    errors: list[LineError]
    """Of the first 100 lines that were refused; the others are kept all the same."""


@router.post("", auth=needs("events:write"), response={201: EventOut, 200: EventOut})
def one(request: HttpRequest, data: EventIn) -> Status[EventOut]:
    """Keep one event; sent again, it changes nothing."""
    taken = take([data.happened()])
    if taken.differing:
        raise Conflict(
            "this source has sent this event_id with other content: what happened does not change", "event_differs"
        )
    return Status(201, EventOut(repeated=False)) if taken.accepted else Status(200, EventOut(repeated=True))


_BULK = {
    "requestBody": {
        "required": True,
        "content": {KIND: {"schema": {"type": "string", "description": "One event per line, as in POST /events."}}},
    }
}


@router.post("/bulk", auth=needs("events:write"), response=BulkOut, openapi_extra=_BULK)
def bulk(request: HttpRequest) -> BulkOut:
    """Keep a stream of events, one JSON object per line, 500 at a time; sent again, it changes nothing."""
    if request.content_type != KIND:
        raise UnsupportedKind(f"send one JSON object per line, with the header Content-Type: {KIND}")
    return BulkOut(**read(request, EventIn)._asdict())
