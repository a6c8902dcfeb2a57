"""How Django finds this room."""

from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    """The room `privacy`."""

    name = "netlift.service.privacy"
    label = "privacy"
