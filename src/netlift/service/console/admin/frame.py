"""What all lists share: scopes decide what is seen, and nothing is changed but through the rooms' own functions."""

from collections.abc import Callable, Iterator
from typing import Any, ClassVar, NamedTuple

from django.contrib.admin import ChoicesFieldListFilter
from django.contrib.admin.views.main import ChangeList
from django.db.models import Model
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.decorators import display

from netlift.service.console.columns import COLOURS, COLUMNS, said
from netlift.service.console.who import caller


class Listed(NamedTuple):
    """Where in the sidebar something stands."""

    group: str
    """Key of `look.GROUPS`."""
    place: int
    icon: str
    """Name of a Material symbol, which Unfold ships."""


class Words(ChoicesFieldListFilter):
    """A filter on one of several words, each as people call it."""

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """The same choices with other texts."""
        for one in super().choices(changelist):
            yield {**one, "display": said(str(one["display"]))}


def in_words(column: str) -> Callable[[Any, Any], tuple[str, str]]:
    """A column of a list that shows the word of the store as people call it, in a colour of its own."""

    @display(description=COLUMNS[column], label=dict(COLOURS), ordering=column)  # type: ignore[untyped-decorator]
    def shown(self: Any, row: Any) -> tuple[str, str]:
        word = str(getattr(row, column))
        return word, said(word)

    found: Callable[[Any, Any], tuple[str, str]] = shown
    return found


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
