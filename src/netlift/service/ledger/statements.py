"""Which statements reserve and settle on the store at hand."""

from types import ModuleType

from django.db import connection

from netlift.service.ledger import portable, postgres


def statements() -> ModuleType:
    """The module with `reserve` and `settle` for this store."""
    return postgres if connection.vendor == "postgresql" else portable
