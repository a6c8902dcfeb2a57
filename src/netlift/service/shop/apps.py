"""How Django finds this room."""

from django.apps import AppConfig


class ShopConfig(AppConfig):
    """The room `shop`."""

    name = "netlift.service.shop"
    label = "shop"
