"""Products as the shop tells them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from django.utils import timezone

from netlift.service.shop.models import Product
from netlift.service.shop.portions import portions


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of a product; money in minor units."""

    product_id: str
    currency: str
    list_price_minor: int
    name: str = ""
    category: str = ""
    brand: str = ""
    seller: str = ""
    cost_minor: int | None = None
    floor_minor: int = 0
    attributes: Mapping[str, str | int | bool] = field(default_factory=lambda: MappingProxyType({}))
    active: bool = True


def keep_products(products: Sequence[Told], *, now: datetime | None = None) -> int:
    """Keep products as they are told now; of the same product told twice the last counts. How many there were."""
    now = now or timezone.now()
    last = {one.product_id: one for one in products}
    rows = [
        Product(**_columns(last[name]), made_at=now, changed_at=now) for name in sorted(last)
    ]  # sorted: two writers take their locks in the same order
    changed = [name for name in Told.__dataclass_fields__ if name != "product_id"]
    for _, some in portions(rows):
        Product.objects.bulk_create(
            some, update_conflicts=True, unique_fields=["product_id"], update_fields=[*changed, "changed_at"]
        )
    return len(rows)


def _columns(told: Told) -> dict[str, object]:
    return {name: getattr(told, name) for name in Told.__dataclass_fields__} | {"attributes": dict(told.attributes)}
