"""How Django finds this room."""

from django.apps import AppConfig


class EventsConfig(AppConfig):
    """The room `events`."""

    name = "netlift.service.events"
    label = "events"

    def ready(self) -> None:
        """Let exports, erasures and retention reach this room."""
        from netlift.service.events.people import clear, forget, held, old
        from netlift.service.privacy.registry import holds_people
        from netlift.service.privacy.retention import keeps

        holds_people("events", held, forget)
        keeps("behaviour", None, old, clear)
