"""How Django finds this room."""

from django.apps import AppConfig
from django.contrib import admin
from django.utils.translation import gettext_lazy as _


class ConsoleConfig(AppConfig):
    """The room `console`."""

    name = "netlift.service.console"
    label = "console"

    def ready(self) -> None:
        """Give the rooms' models their words, and the admin its overview and further pages."""
        from netlift.service.console import pages
        from netlift.service.console.names import name_models

        name_models()
        admin.site.index_title = _("Overview")
        admin.site.index_template = "console/overview.html"
        admin.site.extra_urls = pages.urls  # type: ignore[attr-defined]
