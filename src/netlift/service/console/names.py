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
    "access.AuditEntry": (_("entry of the log"), _("what was done")),
    "catalog.PromotionVersion": (_("promotion"), _("promotions")),
    "catalog.PlanVersion": (_("plan"), _("plans")),
    "decisions.Redemption": (_("redemption"), _("redemptions")),
    "decisions.Exposure": (_("exposure"), _("exposures")),
    "events.Event": (_("event"), _("events")),
    "events.Batch": (_("file of events"), _("files of events")),
    "hooks.Subscription": (_("webhook"), _("webhooks")),
    "hooks.Delivery": (_("delivery"), _("deliveries")),
    "ledger.Account": (_("account"), _("accounts")),
    "ledger.Reservation": (_("reservation"), _("reservations")),
    "ledger.Batch": (_("batch of codes"), _("batches of codes")),
    "privacy.Consent": (_("consent"), _("consents")),
    "privacy.Erasure": (_("erasure"), _("erasures")),
    "privacy.Retention": (_("how long data are kept"), _("how long data are kept")),
    "shop.Product": (_("product"), _("products")),
    "shop.StockLevel": (_("stock"), _("stock")),
    "shop.Price": (_("price"), _("prices through time")),
    "shop.Customer": (_("customer"), _("customers")),
})  # fmt: skip
"""One and many of each model that the console lists."""
ROOMS: Mapping[str, Any] = MappingProxyType({
    "access": _("Access"), "ledger": _("Ledger"), "privacy": _("Privacy"), "shop": _("Shop"), "events": _("Events"),
    "hooks": _("Webhooks"), "runs": _("Jobs"), "catalog": _("Catalogue"), "decisions": _("Decisions"),
    "integrations": _("Integrations"), "console": _("Console"),
})  # fmt: skip


def name_models() -> None:
    """Lay the names over the models that are there."""
    for label, title in ROOMS.items():
        if apps.is_installed(f"netlift.service.{label}"):
            apps.get_app_config(label).verbose_name = title
    for label, (one, many) in MODELS.items():
        model = apps.get_model(label)
        model._meta.verbose_name, model._meta.verbose_name_plural = one, many
        for column in model._meta.get_fields():
            if column.name in COLUMNS and hasattr(column, "verbose_name"):
                column.verbose_name = COLUMNS[column.name]
