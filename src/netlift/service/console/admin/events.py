"""Events in the console: what came in, and the files in which it went to the library."""

from django.contrib import admin

from netlift.service.console.admin.frame import Listed, RoomAdmin
from netlift.service.events.models import Batch, Event


@admin.register(Event)
class EventAdmin(RoomAdmin):
    """What happened in the shop."""

    reads = "shop:read"
    listed = Listed("data", 4, "bolt")
    list_display = ("event", "source", "at", "order", "taken_at", "batch")
    list_filter = ("event", "source")
    search_fields = ("event_id", "order")
    ordering = ("-pk",)


@admin.register(Batch)
class BatchAdmin(RoomAdmin):
    """Files for the library."""

    reads = "shop:read"
    listed = Listed("data", 5, "upload_file")
    list_display = ("number", "rows", "made_at", "handed_at")
    ordering = ("-number",)
