"""The catalogue in the console: versions of promotions and plans; each opens a page of its own."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from netlift.service.catalog.models import PlanVersion, PromotionVersion
from netlift.service.console.admin.frame import Listed, RoomAdmin, Words, in_words
from netlift.service.console.who import caller


class _Versions(RoomAdmin):
    """What lists of versions share."""

    list_filter = (("state", Words),)
    ordering = ("-pk",)
    standing = in_words("state")


@admin.register(PromotionVersion)
class PromotionAdmin(_Versions):
    """Versions of promotions."""

    reads = "promotions:read"
    listed = Listed("plan", 3, "sell")
    list_display = ("name", "promotion_id", "version", "standing", "made_at", "published_at")
    search_fields = ("name", "promotion_id")

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Who writes promotions."""
        return "promotions:write" in caller(request).scopes

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Begins with the choice of a mechanism."""
        return HttpResponseRedirect(reverse("admin:console_mechanisms"))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The page of the version."""
        found = self.get_object(request, object_id)
        if found is None:
            return HttpResponseRedirect(reverse("admin:catalog_promotionversion_changelist"))
        return HttpResponseRedirect(reverse("admin:console_promotion", args=(found.pk,)))


@admin.register(PlanVersion)
class PlanAdmin(_Versions):
    """Plans."""

    reads = "plans:read"
    listed = Listed("plan", 2, "assignment")
    list_display = ("called", "standing", "as_of", "customers", "offers", "made_at", "published_at")
    search_fields = ("plan_id", "code", "name")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The page of the plan."""
        found = self.get_object(request, object_id)
        if found is None:
            return HttpResponseRedirect(reverse("admin:catalog_planversion_changelist"))
        return HttpResponseRedirect(reverse("admin:console_plan", args=(found.plan_id,)))

    @display(description=_("plan"), ordering="code")  # type: ignore[untyped-decorator]
    def called(self, plan: PlanVersion) -> str:
        """Its name, or what its kind is called."""
        from netlift.service.console.pages.plans import called

        return called(plan)
