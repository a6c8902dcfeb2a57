"""What other rooms read of the shop."""

from collections.abc import Iterable, Mapping

from django.db.models import Sum

from netlift.service.shop.models import Product, StockLevel


def products(names: Iterable[str]) -> Mapping[str, Product]:
    """Products by id; those that are not known are absent."""
    return {one.product_id: one for one in Product.objects.filter(product_id__in=set(names))}


def units(names: Iterable[str]) -> Mapping[str, int]:
    """Units over all places by product; those that were never counted are absent."""
    rows = StockLevel.objects.filter(product_id__in=set(names)).values("product_id").annotate(sum=Sum("units"))
    return {row["product_id"]: row["sum"] for row in rows}
