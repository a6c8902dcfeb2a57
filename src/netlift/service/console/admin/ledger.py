"""The ledger in the console: accounts with their entries, reservations, batches of codes."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from netlift.service.console.admin.frame import Listed, RoomAdmin, Words, in_words
from netlift.service.console.who import caller
from netlift.service.ledger.models import Account, Batch, Reservation


@admin.register(Account)
class AccountAdmin(RoomAdmin):
    """What was granted, is held and is spent."""

    reads = "ledger:read"
    listed = Listed("run", 2, "account_balance")
    list_display = ("ref", "what", "granted", "in_use", "gone", "opened_at")
    list_filter = (("kind", Words), "unit")
    what = in_words("kind")
    search_fields = ("ref",)
    ordering = ("-pk",)

    @display(description=_("granted"))  # type: ignore[untyped-decorator]
    def granted(self, account: Account) -> str:
        """Its credit, in decimals where it is money."""
        from netlift.service.console.pages.ledger import shown

        return str(_("not limited")) if account.credit is None else shown(account.credit, account)

    @display(description=_("held"))  # type: ignore[untyped-decorator]
    def in_use(self, account: Account) -> str:
        """Held by open orders."""
        from netlift.service.console.pages.ledger import shown

        return shown(account.held, account)

    @display(description=_("spent"))  # type: ignore[untyped-decorator]
    def gone(self, account: Account) -> str:
        """Spent for good."""
        from netlift.service.console.pages.ledger import shown

        return shown(account.spent, account)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The account with its entries."""
        from netlift.service.console.pages.frame import show
        from netlift.service.console.pages.ledger import account_page

        found = self.get_object(request, object_id)
        if found is None or not self.has_view_permission(request, found):
            raise Http404
        return show(request, "account", str(found), account_page(found))


@admin.register(Reservation)
class ReservationAdmin(RoomAdmin):
    """What orders hold."""

    reads = "ledger:read"
    listed = Listed("run", 3, "bookmark")
    list_display = ("name", "standing", "order", "made_at", "expires_at", "settled_at")
    list_filter = (("status", Words),)
    standing = in_words("status")
    search_fields = ("name", "order")
    ordering = ("-made_at",)


@admin.register(Batch)
class BatchAdmin(RoomAdmin):
    """Codes that were made together; the codes themselves are kept as hashes."""

    reads = "ledger:read"
    listed = Listed("run", 4, "confirmation_number")
    list_display = ("name", "promotion_id", "count", "made", "uses", "per_customer", "expires_at", "ended_at")
    search_fields = ("name", "promotion_id")
    ordering = ("-pk",)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Who writes codes."""
        return "codes:write" in caller(request).scopes

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """The form of the page."""
        return HttpResponseRedirect(reverse("admin:console_codes"))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The page of the batch."""
        found = self.get_object(request, object_id)
        if found is None:
            raise Http404
        return HttpResponseRedirect(reverse("admin:console_batch", args=(found.pk,)))
