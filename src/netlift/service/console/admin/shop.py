"""What the shop tells, in the console: products, stock, prices through time, customers by pseudonym."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from netlift.service.console.admin.frame import Listed, RoomAdmin
from netlift.service.console.columns import counted
from netlift.service.shop.models import Customer, Price, Product, StockLevel


@admin.register(Product)
class ProductAdmin(RoomAdmin):
    """Goods with their prices."""

    reads = "shop:read"
    listed = Listed("data", 1, "inventory_2")
    list_display = ("product_id", "name", "category", "brand", "asked", "active", "changed_at")
    list_filter = ("active", "currency")
    search_fields = ("product_id", "name", "category", "brand")
    ordering = ("product_id",)

    @display(description=_("list price"))  # type: ignore[untyped-decorator]
    def asked(self, product: Product) -> str:
        """In decimals, with its currency."""
        return counted(product.list_price_minor, product.currency)


@admin.register(StockLevel)
class StockAdmin(RoomAdmin):
    """Units in stock."""

    reads = "shop:read"
    listed = Listed("data", 2, "warehouse")
    list_display = ("product_id", "place", "units", "counted_at", "changed_at")
    search_fields = ("product_id",)
    ordering = ("product_id", "place")


@admin.register(Price)
class PriceAdmin(RoomAdmin):
    """Prices through time."""

    reads = "shop:read"
    listed = Listed("data", 3, "price_change")
    list_display = ("product_id", "outlet", "asked", "at")
    search_fields = ("product_id",)
    ordering = ("-at", "-pk")

    @display(description=_("price"))  # type: ignore[untyped-decorator]
    def asked(self, price: Any) -> str:
        """In decimals, with its currency."""
        return counted(price.price_minor, price.currency)


@admin.register(Customer)
class CustomerAdmin(RoomAdmin):
    """Customers without anything that names them."""

    reads = "shop:read"
    listed = Listed("people", 1, "person")
    list_display = ("pseudonym", "level", "since", "changed_at")
    list_filter = ("level",)
    search_fields = ("pseudonym",)
    ordering = ("-pk",)
