"""What the rooms' models and their columns are called in the console, in a language of the reader.

The names are laid over the models when the console starts; migrations do not see them.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django.apps import apps
from django.utils.translation import gettext_lazy as _

from netlift.service.console.columns import COLUMNS

MODELS: Mapping[str, tuple[Any, Any]] = MappingProxyType({
    "access.ApiKey": (_("API key"), _("API keys")),
})  # fmt: skip
"""One and many of each model."""
ROOMS: Mapping[str, Any] = MappingProxyType({
    "access": _("Access"), "ledger": _("Ledger"), "privacy": _("Privacy"), "shop": _("Shop"), "events": _("Events"),
    "hooks": _("Webhooks"), "runs": _("Jobs"), "catalog": _("Catalogue"), "decisions": _("Decisions"),
    "integrations": _("Integrations"), "console": _("Console"), "auth": _("Sign-in"), "axes": _("Refused sign-ins"),
})  # fmt: skip


def name_models() -> None:
    """Lay the names over the models that are there."""
    for label, title in ROOMS.items():
        if apps.is_installed(f"netlift.service.{label}"):
            apps.get_app_config(label).verbose_name = title
    for config in apps.get_app_configs():
        if not config.name.startswith("netlift.service."):
            continue
        for model in config.get_models():
            one, many = MODELS.get(model._meta.label, (None, None))
            if one is not None:
                model._meta.verbose_name, model._meta.verbose_name_plural = one, many
            for column in model._meta.get_fields():
                if column.name in COLUMNS and hasattr(column, "verbose_name"):
                    column.verbose_name = COLUMNS[column.name]
