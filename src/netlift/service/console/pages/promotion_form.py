"""A promotion is written: its mechanism is chosen, its form filled in beside a priced sample cart, a draft kept."""

import re
from typing import Any
from zoneinfo import available_timezones

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from netlift.errors import NetliftError
from netlift.money import CURRENCIES
from netlift.promotions.mechanism import MECHANISMS, Mechanism
from netlift.service.catalog.models import PromotionVersion
from netlift.service.console.forms import studio
from netlift.service.console.forms.fill import WHOLE, posted
from netlift.service.console.forms.studio import Sheet
from netlift.service.console.pages.frame import lang, page, refused, show
from netlift.service.console.who import caller
from netlift.service.core.refusals import Refused

LAYERS = {
    "item": gettext_lazy("Prices of goods"), "shop": gettext_lazy("Baskets"),
    "shop_coupon": gettext_lazy("Coupons of a shop"), "platform": gettext_lazy("Across shops"),
    "platform_coupon": gettext_lazy("Coupons of the platform"), "red_packet": gettext_lazy("Red packets"),
    "points": gettext_lazy("Points"), "extras": gettext_lazy("Beside the price"),
}  # fmt: skip
"""Where in a marketplace's price a mechanism belongs, as headings."""


@page("console_mechanisms", "promotions/new/", "promotions:write", gettext_lazy("New promotion"))
def choose(request: HttpRequest) -> HttpResponse:
    """All mechanisms to choose from."""
    found = [MECHANISMS[kind] for kind in MECHANISMS]
    layers = [(title, [_card(of) for of in found if of.layer == layer]) for layer, title in LAYERS.items()]
    return show(request, "mechanisms", _("New promotion"), {"layers": [pair for pair in layers if pair[1]]})


@page("console_promotion_form", "promotions/new/<slug:kind>/", "promotions:write", gettext_lazy("New promotion"))
def write(request: HttpRequest, kind: str) -> HttpResponse:
    """The form of a mechanism, empty, as an earlier version was, or as it was posted."""
    try:
        if request.method != "POST":
            return _page(request, studio.begun(kind, lang(), _earlier(request)))
        sheet = studio.read(kind, posted(request.POST), lang())
        if not sheet.promotions:
            return _page(request, sheet, 422)
        made = studio.keep(sheet, caller(request))
    except Refused as refusal:
        if refusal.status == 404:
            raise Http404 from None
        messages.error(request, refused(refusal))
        return _page(request, sheet, refusal.status)
    except NetliftError as error:
        return _page(request, studio.objected(sheet, error), 422)
    messages.success(request, _("Version %(version)s is kept as a draft.") % {"version": made.version})
    return HttpResponseRedirect(reverse("admin:console_promotion", args=(made.pk,)))


@page("console_preview", "promotions/preview/<slug:kind>/", "promotions:write", gettext_lazy("Preview"))
def look(request: HttpRequest, kind: str) -> HttpResponse:
    """The sample cart under the form as it stands, for the page to show beside it."""
    if kind not in MECHANISMS:
        raise Http404
    stand_in = dict.fromkeys((f"{studio.TERMS}.id", f"{studio.TERMS}.name"), "preview")
    typed = {name: text for name, text in posted(request.POST).items() if text.strip() or name not in stand_in}
    sheet = studio.read(kind, stand_in | typed, lang())
    content: dict[str, Any] = {"open": len(sheet.typed.errors), "whole": sheet.typed.errors.get(WHOLE)}
    if sheet.promotions:
        try:
            content["preview"] = studio.previewed(sheet)
        except NetliftError as error:
            content["whole"] = str(error)
    return render(request, "console/preview.html", content)


def _card(of: type[Mechanism]) -> dict[str, str]:
    title, text = (of.title.zh, of.text.zh) if lang() == "zh-CN" else (of.title.en, of.text.en)
    return {"kind": of.kind, "title": title, "text": text}


def _earlier(request: HttpRequest) -> Any:
    """The sheet that the address asks to begin with: `?from=NUMBER`, of a row of versions."""
    number = request.GET.get("from", "")
    found = PromotionVersion.objects.filter(pk=int(number)).first() if re.fullmatch(r"[0-9]{1,18}", number) else None
    return studio.earlier(found.promotion_id, found.version) if found is not None else None


def _page(request: HttpRequest, sheet: Sheet, status: int = 200) -> HttpResponse:
    card = _card(studio.mechanism(sheet.kind))
    errors = sheet.typed.errors
    content = {
        "card": card, "parts": sheet.drawn, "wrong": len(errors), "whole": errors.get(WHOLE, ""),
        "zones": sorted(available_timezones()), "groups": studio.lanes(), "currencies": sorted(CURRENCIES),
        "sheet": sheet,
    }  # fmt: skip
    return show(request, "promotion_form", card["title"], content, status)
