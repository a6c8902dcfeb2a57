"""How Django finds this room."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """The room `catalog`."""

    name = "netlift.service.catalog"
    label = "catalog"
