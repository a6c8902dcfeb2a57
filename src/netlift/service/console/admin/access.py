"""Access in the console: the log of what was done; people and keys have a page of their own."""

from typing import Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from netlift.service.access.models import AuditEntry
from netlift.service.console.admin.frame import Listed, RoomAdmin
from netlift.service.console.people import known

for _elsewhere in (User, Group, AccessAttempt, AccessFailureLog, AccessLog):
    if admin.site.is_registered(_elsewhere):
        admin.site.unregister(_elsewhere)  # people are made with a role and an entry in the log: pages/team.py


@admin.register(AuditEntry)
class AuditEntryAdmin(RoomAdmin):
    """Who did what, sealed entry by entry."""

    reads = "log:read"
    listed = Listed("system", 4, "history")
    list_display = ("number", "at", "who", "action", "subject")
    list_filter = ("action",)
    search_fields = ("subject", "action")
    ordering = ("-number",)
    fields = ("number", "at", "who", "action", "subject", "details", "previous", "digest")

    @display(description=_("who"))  # type: ignore[untyped-decorator]
    def who(self, entry: Any) -> str:
        """The name that people know them by."""
        return known([entry.by])[entry.by]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """All fields."""
        return list(self.fields)
