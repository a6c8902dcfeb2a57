"""How Django finds this room."""

from django.apps import AppConfig


class ShopConfig(AppConfig):
    """The room `shop`."""

    name = "netlift.service.shop"
    label = "shop"

    def ready(self) -> None:
        """Let exports, erasures and retention reach this room."""
        from netlift.service.privacy.registry import holds_people
        from netlift.service.privacy.retention import keeps
        from netlift.service.shop.customers import forget, held
        from netlift.service.shop.stock import KEPT_DAYS, clear_moves, old_moves

        holds_people("shop", held, forget)
        keeps("stock movements", KEPT_DAYS, old_moves, clear_moves)
