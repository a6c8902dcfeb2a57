"""Webhooks in the console: who listens, and how far the telling came."""

from django.contrib import admin

from netlift.service.console.admin.frame import Listed, RoomAdmin, in_words
from netlift.service.hooks.models import Delivery, Subscription


@admin.register(Subscription)
class SubscriptionAdmin(RoomAdmin):
    """Addresses that listen; their secrets are sealed and shown nowhere."""

    reads = "hooks:write"
    listed = Listed("system", 5, "webhook")
    list_display = ("subscription_id", "url", "made_at", "ended_at", "why")
    search_fields = ("subscription_id", "url")
    ordering = ("-pk",)
    fields = ("subscription_id", "url", "kinds", "made_by", "made_at", "ended_at", "why")


@admin.register(Delivery)
class DeliveryAdmin(RoomAdmin):
    """Tries to tell."""

    reads = "hooks:write"
    listed = Listed("system", 6, "outgoing_mail")
    list_display = ("subject", "standing", "tries", "status", "fault", "next_at", "ended_at")
    list_filter = ("state",)
    standing = in_words("state")
    search_fields = ("subject",)
    ordering = ("-pk",)
    fields = ("subject", "state", "tries", "status", "fault", "next_at", "ended_at")
