"""The sidebar: pages and lists under the words of the line, and only those that the person may open."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from netlift.service.catalog.models import PlanVersion, PromotionVersion
from netlift.service.catalog.states import SUBMITTED
from netlift.service.console.admin.frame import RoomAdmin
from netlift.service.console.look import GROUPS
from netlift.service.console.pages.frame import PAGES
from netlift.service.console.who import caller


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Groups with their links, as Unfold draws them."""
    found: dict[str, list[tuple[int, dict[str, Any]]]] = {group: [] for group in GROUPS}
    scopes = caller(request).scopes
    home = _item(_("Overview"), "space_dashboard", reverse("admin:index"), request)
    found[""].append((0, home | {"badge": _waiting(scopes), "badge_variant": "warning"}))
    for page in PAGES:
        if page.listed is not None and (not page.scope or page.scope in scopes):
            link = reverse(f"admin:{page.name}")
            found[page.listed.group].append((page.listed.place, _item(page.title, page.listed.icon, link, request)))
    for model, room in admin.site._registry.items():
        if isinstance(room, RoomAdmin) and room.listed is not None and room.has_view_permission(request):
            link = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
            title = model._meta.verbose_name_plural
            found[room.listed.group].append((room.listed.place, _item(title, room.listed.icon, link, request)))
    return [
        {
            "title": title,
            "separator": bool(title),
            "items": [pair[1] for pair in sorted(found[group], key=_place)],
        }
        for group, title in GROUPS.items()
        if found[group]
    ]


def _waiting(scopes: frozenset[str]) -> int:
    """How much waits for an approval that the person may give."""
    kinds = (("plans:approve", PlanVersion), ("promotions:approve", PromotionVersion))
    return sum(model.objects.filter(state=SUBMITTED).count() for scope, model in kinds if scope in scopes)


def _item(title: Any, icon: str, link: str, request: HttpRequest) -> dict[str, Any]:
    text = str(title)
    home = link == reverse("admin:index")
    active = request.path == link or (not home and request.path.startswith(link))
    return {"title": text[:1].upper() + text[1:], "icon": icon, "link": link, "active": active}


def _place(pair: tuple[int, dict[str, Any]]) -> tuple[int, str]:
    return pair[0], pair[1]["link"]
