"""Access in the console: keys, people and their roles, and the log of what was done."""

from django.contrib import admin

from netlift.service.access.models import ApiKey
from netlift.service.console.admin.frame import Listed, RoomAdmin


@admin.register(ApiKey)
class ApiKeyAdmin(RoomAdmin):
    """Keys of programs."""

    reads = "keys:write"
    listed = Listed("system", 2, "key")
    list_display = ("name", "key_id", "role", "made_at", "used_at", "expires_at", "revoked_at")
    list_filter = ("role",)
    search_fields = ("name", "key_id")
    fields = ("name", "key_id", "role", "scopes", "made_at", "used_at", "expires_at", "revoked_at")
