"""How Django finds this room."""

from django.apps import AppConfig


class DecisionsConfig(AppConfig):
    """The room `decisions`."""

    name = "netlift.service.decisions"
    label = "decisions"
