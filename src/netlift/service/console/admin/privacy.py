"""Privacy in the console: what customers allow, and receipts of erasures; sealed fields are on the customer's page."""

from django.contrib import admin

from netlift.service.console.admin.frame import Listed, RoomAdmin, in_words
from netlift.service.privacy.models import Consent, Erasure, Retention


@admin.register(Consent)
class ConsentAdmin(RoomAdmin):
    """Changes of what customers allow."""

    reads = "people:erase"
    listed = Listed("people", 3, "how_to_reg")
    list_display = ("pseudonym", "what", "granted", "at", "source")
    list_filter = ("purpose", "granted")
    what = in_words("purpose")
    search_fields = ("pseudonym",)
    ordering = ("-pk",)


@admin.register(Erasure)
class ErasureAdmin(RoomAdmin):
    """Receipts."""

    reads = "people:erase"
    listed = Listed("people", 4, "receipt_long")
    list_display = ("receipt_id", "pseudonym", "erased_at")
    search_fields = ("receipt_id", "pseudonym")
    ordering = ("-pk",)


@admin.register(Retention)
class RetentionAdmin(RoomAdmin):
    """How long data are kept."""

    reads = "people:erase"
    listed = Listed("people", 5, "auto_delete")
    list_display = ("kind", "days", "cleared_at")
    ordering = ("kind",)
