"""How Django finds this room."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """The room `ledger`."""

    name = "netlift.service.ledger"
    label = "ledger"
