"""Customers: what is known of them, without what names them."""

from datetime import date, datetime
from typing import Annotated

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import ConfigDict, Field, StringConstraints

from netlift.service.api.frame import needs
from netlift.service.api.lines import Taken, body_of_lines, read_lines, taken
from netlift.service.api.pages import Page, page
from netlift.service.shop.customers import Told, keep_customers
from netlift.service.shop.models import Customer

router = Router(tags=["customers"])

MOST = 500
"""Lines at once: each may seal fields with a key of its own."""
Cursor = Annotated[str | None, Query(max_length=1_000)]
Limit = Annotated[int, Query(ge=1, le=500)]


class CustomerIn(Schema):
    """A customer, as the shop knows them."""

    model_config = ConfigDict(extra="forbid")

    customer_id: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    segments: list[Annotated[str, StringConstraints(min_length=1, max_length=60)]] = Field(
        default_factory=list, max_length=50
    )
    level: Annotated[str, StringConstraints(max_length=60)] = ""
    since: date | None = None
    personal: dict[
        Annotated[str, StringConstraints(pattern="^[a-z][a-z0-9_]{0,59}$")],
        Annotated[str, StringConstraints(max_length=4_000)],
    ] = Field(default_factory=dict, max_length=50)
    """What names them, such as email; it is sealed, and never answered here."""


class CustomerOut(Schema):
    """A customer by pseudonym."""

    pseudonym: str
    segments: list[str]
    level: str
    since: date | None
    changed_at: datetime


@router.get("", auth=needs("shop:read"), response=Page[CustomerOut])
def customers(request: HttpRequest, cursor: Cursor = None, limit: Limit = 100) -> Page[CustomerOut]:
    """Customers, page by page."""
    items, following = page(Customer.objects.all(), "id", cursor, limit)
    return Page[CustomerOut](items=[CustomerOut.from_orm(one) for one in items], next=following)


@router.post("/bulk", auth=needs("shop:write"), response=Taken, openapi_extra=body_of_lines(CustomerIn))
def keep(request: HttpRequest) -> Taken:
    """Keep up to 500 customers, one JSON object per line; a customer who is known is replaced."""
    read = read_lines(request, CustomerIn, MOST)
    told = [Told(one.customer_id, tuple(one.segments), one.level, one.since, one.personal) for one in read.items]
    return taken(read, keep_customers(told))
