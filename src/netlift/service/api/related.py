"""Goods that belong to a product: with it, instead of it, like it."""

from typing import Annotated, Any, Literal, get_args

from django.http import HttpRequest
from ninja import Path, Query, Router, Schema
from pydantic import Field

from netlift.service.api.baskets import Language, Name, Sent
from netlift.service.api.frame import needs
from netlift.service.decisions import shelf_serve
from netlift.service.runs.shelf.files import KINDS

router = Router(tags=["recommendation"])

Product = Annotated[str, Path(max_length=100)]
"""It may hold slashes, as article numbers do."""
KindName = Literal["goes_with", "instead", "similar"]


class RelatedIn(Sent):
    """What is asked for."""

    n: Annotated[int, Field(ge=1, le=50, strict=True)] = 10
    """Of each kind."""
    kinds: Annotated[list[KindName], Field(min_length=1, max_length=3)] = Field(
        default_factory=lambda: list(get_args(KindName))
    )
    exclude: Annotated[list[Name], Field(max_length=500)] = Field(default_factory=list)
    """Products that are left out, such as those in the cart."""
    language: Language = "en"


class TieOut(Schema):
    """A product that belongs to another."""

    product_id: str
    score: float
    """0 to 1, the closest first: pointwise mutual information of baskets, cosine of their company, cosine of words."""
    reasons: list[str]
    why: list[str]


class RelatedOut(Schema):
    """What belongs to a product; a list is short where there is no more."""

    product_id: str
    model: str
    made_at: str
    goes_with: list[TieOut]
    """Bought together with it more often than chance would have it."""
    instead: list[TieOut]
    """Hardly ever bought with it, but in the same company."""
    similar: list[TieOut]
    """Described in like words."""


@router.get("/{path:product_id}", auth=needs("decide"), response=RelatedOut)
def related(
    request: HttpRequest,
    product_id: Product,
    kind: KindName | None = None,
    n: Annotated[int, Query(ge=1, le=50)] = 10,
    language: Language = "en",
) -> dict[str, Any]:
    """Goods that belong to a product, in stock: with it, instead of it, like it."""
    return shelf_serve.related(product_id, KINDS if kind is None else (kind,), n, (), language)


@router.post("/{path:product_id}", auth=needs("decide"), response=RelatedOut)
def related_without(request: HttpRequest, product_id: Product, data: RelatedIn) -> dict[str, Any]:
    """The same, without some products."""
    return shelf_serve.related(product_id, data.kinds, data.n, data.exclude, data.language)
