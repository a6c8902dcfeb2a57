"""Prices through time, and the lowest of the days before a reduction."""

from datetime import datetime
from typing import Annotated

from django.http import HttpRequest
from ninja import Path, Query, Router, Schema
from pydantic import AwareDatetime, ConfigDict, Field, StringConstraints

from netlift.service.api.frame import needs
from netlift.service.api.lines import Taken, body_of_lines, read_lines, taken
from netlift.service.api.pages import Page, page
from netlift.service.core.refusals import NotFound
from netlift.service.shop.models import Price
from netlift.service.shop.prices import Asked, keep_prices, lowest_price

router = Router(tags=["prices"])

Id = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Cursor = Annotated[str | None, Query(max_length=1_000)]
Limit = Annotated[int, Query(ge=1, le=500)]
Outlet = Annotated[str, Query(max_length=60)]


class PriceIn(Schema):
    """From a moment on, everybody was asked this much, visible reductions included."""

    model_config = ConfigDict(extra="forbid")

    product_id: Id
    price_minor: Annotated[int, Field(ge=0, le=10**15, strict=True)]
    currency: Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")]
    at: AwareDatetime
    outlet: Annotated[str, StringConstraints(max_length=60)] = ""


class PriceOut(Schema):
    """A price as it is kept."""

    product_id: str
    price_minor: int
    currency: str
    at: datetime
    outlet: str


class LowestOut(Schema):
    """The lowest price of some days before a moment."""

    product_id: str
    price_minor: int
    currency: str
    since: datetime
    known_from: datetime
    covered: bool
    days: int
    before: datetime


@router.post("/bulk", auth=needs("shop:write"), response=Taken, openapi_extra=body_of_lines(PriceIn))
def keep(request: HttpRequest) -> Taken:
    """Keep up to 5,000 prices; what was asked at a moment does not change."""
    read = read_lines(request, PriceIn)
    return taken(read, keep_prices([Asked(**one.model_dump()) for one in read.items]))


@router.get("/{product_id}", auth=needs("shop:read"), response=Page[PriceOut])
def prices(
    request: HttpRequest,
    product_id: Annotated[str, Path(max_length=100)],
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[PriceOut]:
    """Prices of a product in the order in which they were told."""
    items, following = page(Price.objects.filter(product_id=product_id), "id", cursor, limit)
    return Page[PriceOut](items=[PriceOut.from_orm(one) for one in items], next=following)


@router.get("/{product_id}/lowest", auth=needs("shop:read"), response=LowestOut)
def lowest(
    request: HttpRequest,
    product_id: Annotated[str, Path(max_length=100)],
    before: AwareDatetime,
    days: Annotated[int, Query(ge=1, le=366)] = 30,
    outlet: Outlet = "",
) -> LowestOut:
    """The lowest price of the days before a reduction begins: 30 in Europe, 7 in China where no other base is told."""
    found = lowest_price(product_id, days, before, outlet=outlet)
    if found is None:
        raise NotFound(f"no price of {product_id} is known before that moment")
    return LowestOut(product_id=product_id, days=days, before=before, **found._asdict())
