"""Products: what the shop sells."""

from datetime import datetime
from typing import Annotated

from django.http import HttpRequest
from ninja import Path, Query, Router, Schema
from pydantic import ConfigDict, Field, StringConstraints

from netlift.service.api.frame import needs
from netlift.service.api.lines import Taken, body_of_lines, read_lines, taken
from netlift.service.api.pages import Page, page
from netlift.service.core.refusals import NotFound
from netlift.service.shop.models import Product
from netlift.service.shop.products import Told, keep_products

router = Router(tags=["products"])

Money = Annotated[int, Field(ge=0, le=10**15, strict=True)]
"""Minor units."""
Code = Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")]
Name = Annotated[str, StringConstraints(max_length=200)]
Id = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Value = (
    Annotated[str, StringConstraints(max_length=300)]
    | Annotated[bool, Field(strict=True)]
    | Annotated[int, Field(ge=-(10**15), le=10**15, strict=True)]
)
Cursor = Annotated[str | None, Query(max_length=1_000)]
Limit = Annotated[int, Query(ge=1, le=500)]


class ProductIn(Schema):
    """A product, as the shop sells it."""

    model_config = ConfigDict(extra="forbid")

    product_id: Id
    currency: Code
    list_price_minor: Money
    name: Annotated[str, StringConstraints(max_length=300)] = ""
    category: Name = ""
    brand: Name = ""
    seller: Annotated[str, StringConstraints(max_length=100)] = ""
    cost_minor: Money | None = None
    floor_minor: Money = 0
    attributes: dict[Annotated[str, StringConstraints(max_length=60)], Value] = Field(
        default_factory=dict, max_length=50
    )
    active: bool = True


class ProductOut(ProductIn):
    """A product as it is kept."""

    changed_at: datetime


@router.post("/bulk", auth=needs("shop:write"), response=Taken, openapi_extra=body_of_lines(ProductIn))
def keep(request: HttpRequest) -> Taken:
    """Keep up to 5,000 products, one JSON object per line; a product that is known is replaced."""
    read = read_lines(request, ProductIn)
    keep_products([Told(**{name: getattr(one, name) for name in ProductIn.model_fields}) for one in read.items])
    return taken(read)


@router.get("", auth=needs("shop:read"), response=Page[ProductOut])
def products(request: HttpRequest, cursor: Cursor = None, limit: Limit = 100) -> Page[ProductOut]:
    """Products, page by page."""
    items, following = page(Product.objects.all(), "product_id", cursor, limit)
    return Page[ProductOut](items=[ProductOut.from_orm(one) for one in items], next=following)


@router.get("/{product_id}", auth=needs("shop:read"), response=ProductOut)
def product(request: HttpRequest, product_id: Annotated[str, Path(max_length=100)]) -> Product:
    """One product."""
    found = Product.objects.filter(product_id=product_id).first()
    if found is None:
        raise NotFound(f"there is no product {product_id}")
    return found
