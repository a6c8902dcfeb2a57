"""How Django finds this room."""

from django.apps import AppConfig


class HooksConfig(AppConfig):
    """The room `hooks`."""

    name = "netlift.service.hooks"
    label = "hooks"
