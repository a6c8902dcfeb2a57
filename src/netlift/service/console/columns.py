"""Columns of the rooms' tables in words; one word for one name, wherever it stands."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext_lazy as _

COLUMNS: Mapping[str, Any] = MappingProxyType({
    "id": _("number"),
    "name": _("name"),
    "role": _("role"),
    "scopes": _("scopes"),
    "key_id": _("key"),
    "made_at": _("made at"),
    "used_at": _("last used at"),
    "expires_at": _("expires at"),
    "revoked_at": _("revoked at"),
    "digest": _("hash"),
})  # fmt: skip
"""Name of a column: what it is called."""
