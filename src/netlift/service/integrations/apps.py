"""How Django finds this room."""

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    """The room `integrations`."""

    name = "netlift.service.integrations"
    label = "integrations"
