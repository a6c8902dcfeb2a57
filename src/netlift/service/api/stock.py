"""Units in stock: counts, and movements that count once."""

from datetime import datetime
from typing import Annotated

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import AwareDatetime, ConfigDict, Field, StringConstraints

from netlift.service.api.frame import needs
from netlift.service.api.lines import Taken, body_of_lines, read_lines, taken
from netlift.service.api.pages import Page, page
from netlift.service.shop.models import StockLevel
from netlift.service.shop.stock import Count, Movement, count, move

router = Router(tags=["stock"])

Id = Annotated[str, StringConstraints(min_length=1, max_length=100)]
PlaceName = Annotated[str, StringConstraints(max_length=60)]
Units = Annotated[int, Field(ge=-(10**12), le=10**12, strict=True)]
Cursor = Annotated[str | None, Query(max_length=1_000)]
Limit = Annotated[int, Query(ge=1, le=500)]


class CountIn(Schema):
    """At a moment, so many units were there."""

    model_config = ConfigDict(extra="forbid")

    product_id: Id
    units: Units
    at: AwareDatetime
    place: PlaceName = ""


class MovementIn(Schema):
    """At a moment, so many units more (or less) were there."""

    model_config = ConfigDict(extra="forbid")

    key: Id
    """The shop's own name of the movement; the same one twice counts once."""
    product_id: Id
    delta: Units
    at: AwareDatetime
    place: PlaceName = ""


class LevelOut(Schema):
    """Units of a product at a place."""

    product_id: str
    place: str
    units: int
    counted_at: datetime
    changed_at: datetime


@router.get("", auth=needs("shop:read"), response=Page[LevelOut])
def levels(
    request: HttpRequest,
    product_id: Annotated[str | None, Query(max_length=100)] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[LevelOut]:
    """Levels, page by page."""
    rows = StockLevel.objects.all() if product_id is None else StockLevel.objects.filter(product_id=product_id)
    items, following = page(rows, "id", cursor, limit)
    return Page[LevelOut](items=[LevelOut.from_orm(one) for one in items], next=following)


@router.post("/counts/bulk", auth=needs("shop:write"), response=Taken, openapi_extra=body_of_lines(CountIn))
def keep_counts(request: HttpRequest) -> Taken:
    """Keep up to 5,000 counts; one that is older than the last of its product and place changes nothing."""
    read = read_lines(request, CountIn)
    count([Count(**one.model_dump()) for one in read.items])
    return taken(read)


@router.post("/movements/bulk", auth=needs("shop:write"), response=Taken, openapi_extra=body_of_lines(MovementIn))
def keep_movements(request: HttpRequest) -> Taken:
    """Keep up to 1,000 movements; one that was told before changes nothing."""
    read = read_lines(request, MovementIn, 1_000)
    return taken(read, move([Movement(**one.model_dump()) for one in read.items]))
