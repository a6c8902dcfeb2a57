"""What all pages share: an address, the scope that opens it, a place in the sidebar, and how a refusal is shown."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from netlift.errors import NetliftError
from netlift.report.words import language
from netlift.service.console.admin.frame import Listed
from netlift.service.console.who import caller
from netlift.service.core.refusals import Refused

View = Callable[..., HttpResponseBase]


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the console."""

    name: str
    route: str
    """Below /admin/."""
    scope: str
    """Needed to open it; empty: everybody who can sign in."""
    title: Any
    view: View
    listed: Listed | None

    def pattern(self) -> URLPattern:
        """Its address."""
        return path(self.route, admin.site.admin_view(self._guarded()), name=self.name)

    def _guarded(self) -> View:
        @wraps(self.view)
        def view(request: HttpRequest, **found: str) -> HttpResponseBase:
            if self.scope and self.scope not in caller(request).scopes:
                raise PermissionDenied
            return self.view(request, **found)

        return view


PAGES: list[Page] = []
"""All pages, filled when their modules are imported."""


def page(name: str, route: str, scope: str, title: Any, listed: Listed | None = None) -> Callable[[View], View]:
    """Make a function a page of the console: `@page("console_plans", "plans/", "plans:read", _("Plans"))`."""

    def register(view: View) -> View:
        PAGES.append(Page(name, route, scope, title, view, listed))
        return view

    return register


def show(
    request: HttpRequest, template: str, title: Any, content: Mapping[str, Any], status: int = 200
) -> HttpResponse:
    """A page in the frame of the admin."""
    context = admin.site.each_context(request) | {"title": title} | dict(content)
    request.current_app = admin.site.name
    return TemplateResponse(request, f"console/{template}.html", context, status=status)


def typed(request: HttpRequest, name: str, most: int = 200) -> str:
    """What was posted under a name: trimmed, not longer than that, without the character that no store keeps."""
    return request.POST.get(name, "").replace("\0", "").strip()[:most]


def attempt(request: HttpRequest, what: Callable[[], object], done: Any, back: str) -> HttpResponse:
    """Do something that a room may refuse, say what became of it, and go back."""
    try:
        what()
    except Refused as refusal:
        messages.error(request, refused(refusal))
    except NetliftError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
    return HttpResponseRedirect(back)


def refused(refusal: Refused) -> str:
    """A refusal for people: its kind in their language, then its details."""
    return f"{_(refusal.title)}: {refusal.detail}"


def lang() -> str:
    """The language of the reports that belongs to the language of the page."""
    return language(get_language() or "en")
