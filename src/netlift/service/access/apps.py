"""How Django finds this room."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """The room `access`."""

    name = "netlift.service.access"
    label = "access"
