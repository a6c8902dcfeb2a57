"""How Django finds this room."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """The room `console`."""

    name = "netlift.service.console"
    label = "console"
