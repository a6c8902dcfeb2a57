"""How Django finds this room."""

from django.apps import AppConfig


class RunsConfig(AppConfig):
    """The room `runs`."""

    name = "netlift.service.runs"
    label = "runs"
