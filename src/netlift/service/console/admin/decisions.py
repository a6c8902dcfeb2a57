"""Decisions in the console: orders that used a promotion, what came back, and who was reached."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from netlift.service.console.admin.frame import Listed, RoomAdmin, in_words
from netlift.service.console.columns import counted
from netlift.service.decisions.models import Exposure, Redemption


@admin.register(Redemption)
class RedemptionAdmin(RoomAdmin):
    """Orders with promotions."""

    reads = "ledger:read"
    listed = Listed("run", 6, "redeem")
    list_display = ("redemption_id", "standing", "order", "payable", "at", "settled_at")
    list_filter = ("status", "currency")
    standing = in_words("status")
    search_fields = ("redemption_id", "order", "reservation_id")
    ordering = ("-pk",)
    fields = ("redemption_id", "status", "order", "customer", "payable", "plan_id", "reservation_id", "held", "asked",
              "at", "expires_at", "settled_at")  # fmt: skip

    @display(description=_("to pay"))  # type: ignore[untyped-decorator]
    def payable(self, one: Redemption) -> str:
        """In decimals, with its currency."""
        return counted(one.payable_minor, one.currency)


@admin.register(Exposure)
class ExposureAdmin(RoomAdmin):
    """Who was reached by which offer, or would have been."""

    reads = "exposures:read"
    listed = Listed("proof", 3, "visibility")
    list_display = ("promotion_id", "arm", "customer", "propensity", "channel", "exposed_at")
    list_filter = ("arm",)
    search_fields = ("promotion_id", "customer")
    ordering = ("-pk",)
