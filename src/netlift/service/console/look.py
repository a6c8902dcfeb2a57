"""How the console looks: name, colours, icon and sidebar, as Unfold asks for them."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

_HERE = "netlift.service.console"
_BLUE = ("#eef7fc", "#d7ecf8", "#b3dbf2", "#7fc3e8", "#42a5da", "#1788c4", "#0072b2", "#005c90", "#064d77", "#0b4063",
         "#082942")  # fmt: skip
"""The blue of a gain in reports, from the lightest to the darkest."""
_STEPS = ("50", "100", "200", "300", "400", "500", "600", "700", "800", "900", "950")


def _file(name: str) -> Callable[[HttpRequest], str]:
    """Address of a static file, when a page asks for it."""
    return lambda _request: static(name)


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "netlift",
    "SITE_HEADER": "netlift",
    "SITE_SUBHEADER": _("what promotions really earn"),
    "SITE_SYMBOL": "trending_up",
    "SITE_URL": None,
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": _file("console/favicon.svg")},
    ],
    "SHOW_LANGUAGES": True,
    "SHOW_BACK_BUTTON": True,
    "BORDER_RADIUS": "8px",
    "COLORS": {"primary": dict(zip(_STEPS, _BLUE, strict=True))},
    "STYLES": [_file("console/console.css")],
    "SCRIPTS": [_file("console/console.js")],
    "DASHBOARD_CALLBACK": f"{_HERE}.pages.overview.fill",
    "SIDEBAR": {"show_search": False, "show_all_applications": False, "navigation": f"{_HERE}.sidebar.sidebar"},
}
"""Django setting of the same name."""
GROUPS: Mapping[str, Any] = MappingProxyType({
    "": "",
    "proof": _("Did it pay?"),
    "plan": _("Plan"),
    "run": _("Run"),
    "data": _("Data"),
    "people": _("People"),
    "system": _("System"),
})  # fmt: skip
"""Headings of the sidebar, in the order of a day's work."""
