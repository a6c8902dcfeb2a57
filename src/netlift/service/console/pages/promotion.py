"""One version of a promotion: what it gives, what the lint says, where it stands, and its next steps."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy

from netlift.errors import NetliftError
from netlift.promotions import form
from netlift.service.catalog import promotions as catalogue
from netlift.service.catalog.live import live_tree, promotion_of
from netlift.service.catalog.models import PromotionVersion
from netlift.service.console.columns import said
from netlift.service.console.forms import basket as baskets
from netlift.service.console.forms import studio
from netlift.service.console.forms.basket import Basket
from netlift.service.console.forms.kinds import LARGEST
from netlift.service.console.forms.preview import Preview, preview
from netlift.service.console.models import FilledForm
from netlift.service.console.pages.frame import lang, page, show
from netlift.service.console.pages.steps import COLOURS, steps, take
from netlift.service.console.people import signature
from netlift.service.console.who import caller

SCOPES: Mapping[str, str] = MappingProxyType({
    "submit": "promotions:write", "approve": "promotions:approve", "reject": "promotions:approve",
    "publish": "promotions:write", "pause": "promotions:write", "end": "promotions:write",
})  # fmt: skip
"""What each step needs, as the catalogue's functions say."""


@page("console_promotion", "promotions/<int:pk>/", "promotions:read", gettext_lazy("Promotion"))
def promotion(request: HttpRequest, pk: int) -> HttpResponse:
    """The version, and the step that was posted; its id may hold what no address can, so the row's number names it."""
    found = PromotionVersion.objects.filter(pk=pk).first() if pk < LARGEST else None
    if found is None:
        raise Http404
    by = caller(request)
    if request.method == "POST":
        does = {step: getattr(catalogue, step) for step in SCOPES}
        return take(request, does, (found.promotion_id, found.version), by)
    open_, why = steps(found, by, SCOPES)
    sheet = studio.earlier(found.promotion_id, found.version)
    others = PromotionVersion.objects.filter(promotion_id=found.promotion_id).exclude(pk=pk).order_by("-version")
    content = {
        "found": found, "state": said(found.state), "colour": COLOURS.get(found.state, ""), "steps": open_,
        "why_not": why, "sheet": sheet, "mechanism": _title(sheet), "preview": _priced(found, sheet),
        "findings": [(one["severity"], one["zh_CN" if lang() == "zh-CN" else "en"]) for one in found.findings],
        "definition": json.dumps(found.definition, ensure_ascii=False, indent=2), "history": signature(found),
        "others": [(other, said(other.state)) for other in others[:20]],
        "may_write": "promotions:write" in by.scopes,
    }  # fmt: skip
    return show(request, "promotion", found.name or found.promotion_id, content)


def _title(sheet: FilledForm | None) -> Any:
    if sheet is None:
        return ""
    title = studio.mechanism(sheet.kind).title
    return title.zh if lang() == "zh-CN" else title.en


def _priced(found: PromotionVersion, sheet: FilledForm | None) -> Preview | None:
    """The sample cart that it was written with, priced as the version stands; None where there is none."""
    if sheet is None:
        return None
    example = studio.mechanism(sheet.kind).examples[0]
    one = promotion_of(found.definition)
    try:
        cart = baskets.cart(form.read(Basket, sheet.basket), sheet.terms["currency"], example)
        facts = baskets.facts(example, sheet.kind, one)
        return preview(cart, facts, (one,), live_tree(), "zh_CN" if lang() == "zh-CN" else "en")
    except NetliftError:  # the tree has changed since
        return None
