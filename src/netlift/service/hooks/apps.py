"""How Django finds this room."""

from django.apps import AppConfig


class HooksConfig(AppConfig):
    """The room `hooks`."""

    name = "netlift.service.hooks"
    label = "hooks"

    def ready(self) -> None:
        """Say how long news are kept, and whom they name."""
        from netlift.service.hooks import keeping
        from netlift.service.privacy.registry import holds_people
        from netlift.service.privacy.retention import keeps

        holds_people("news", keeping.held, keeping.unlink)
        keeps("news", keeping.NEWS_DAYS, keeping.count_news, keeping.clear_news)
        keeps("signatures", keeping.SEEN_DAYS, keeping.count_seen, keeping.clear_seen)
