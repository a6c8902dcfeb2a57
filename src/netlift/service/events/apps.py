"""How Django finds this room."""

from django.apps import AppConfig


class EventsConfig(AppConfig):
    """The room `events`."""

    name = "netlift.service.events"
    label = "events"
