"""What all lists share: scopes decide what is seen, and nothing is changed but through the rooms' own functions."""

from typing import Any, ClassVar, NamedTuple

from django.db.models import Model
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from netlift.service.console.who import caller


class Listed(NamedTuple):
    """Where in the sidebar something stands."""

    group: str
    """Key of `look.GROUPS`."""
    place: int
    icon: str
    """Name of a Material symbol, which Unfold ships."""


class RoomAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold has no types
    """A list and a page of one model, to read only; a subclass says which scope reads it.

    The room's tables are its own: a change is made by a function of the room, from a page of the console.
    """

    reads: ClassVar[str]
    listed: ClassVar[Listed | None] = None
    list_per_page = 50
    show_full_result_count = False
    actions = None
    list_disable_select_all = True
    compressed_fields = True
    list_fullwidth = True

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Who has the scope."""
        return self.reads in caller(request).scopes

    def has_module_permission(self, request: HttpRequest) -> bool:
        """As a single thing."""
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody here."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody here."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        """All fields of the page."""
        return [name for name in self.get_fields(request, obj) if name]
