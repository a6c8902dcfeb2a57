"""What stands below fields whose titles do not say enough, by the name under which they are posted."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext_lazy as _

_UNLIMITED = _("Empty: without limit.")
HELP: Mapping[str, Any] = MappingProxyType({
    "terms.id": _("Letters, digits, - and _; later versions keep it."),
    "terms.currency": _("Of all amounts here, such as EUR or CNY."),
    "terms.start": _("In the time zone below; empty: at once."),
    "terms.end": _("Excluded; empty: without end."),
    "terms.codes": _("Empty: nobody needs a code. Several are separated by commas."),
    "terms.segments": _("Empty: everybody. Several are separated by commas."),
    "terms.total": _UNLIMITED,
    "terms.per_customer": _UNLIMITED,
    "terms.budget": _UNLIMITED,
    "terms.group": _("Those of one lane compete; empty: the tree itself."),
    "ask.start": _("The day counts; empty: the day after the last data."),
    "ask.margin": _("Of the list price; empty: as the workspace says."),
    "ask.uses": _UNLIMITED,
    "ask.per_customer": _UNLIMITED,
    "ask.expires_at": _("In the time zone of the console; empty: never."),
})  # fmt: skip
"""Name of a field: its help."""
