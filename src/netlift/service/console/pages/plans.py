"""Plans: side by side to choose from, and one by one with its way to live."""

from collections.abc import Mapping
from types import MappingProxyType

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from netlift.report.words import words
from netlift.service.catalog import plans as catalogue
from netlift.service.catalog.models import PlanVersion
from netlift.service.catalog.states import ENDED, LIVE
from netlift.service.console.admin.frame import Listed
from netlift.service.console.columns import said
from netlift.service.console.compared import MOST, compared
from netlift.service.console.pages.frame import attempt, lang, page, refused, show
from netlift.service.console.pages.steps import COLOURS, steps, take
from netlift.service.console.people import signature
from netlift.service.console.who import caller
from netlift.service.core.refusals import Refused

SCOPES: Mapping[str, str] = MappingProxyType({
    "submit": "plans:make", "approve": "plans:approve", "reject": "plans:approve", "publish": "plans:publish",
    "pause": "plans:write", "end": "plans:write",
})  # fmt: skip
"""What each step needs, as the catalogue's functions say."""


@page("console_plans", "plans/", "plans:read", gettext_lazy("Compare plans"), Listed("plan", 1, "compare"))
def compare(request: HttpRequest) -> HttpResponse:
    """Plans side by side: those that were asked for, else the newest that belong together."""
    listed = PlanVersion.objects.exclude(state=ENDED).order_by("-as_of", "-pk")
    found = _asked(request.GET.getlist("plan")) or _together(list(listed[: 4 * MOST]))[::-1]
    content: dict[str, object] = {"found": [(one, said(one.state), COLOURS.get(one.state, "")) for one in found]}
    if found:
        try:
            content["compared"] = compared(tuple(one.plan_id for one in found), lang())
        except Refused as refusal:
            messages.error(request, refused(refusal))
    chosen = {one.plan_id for one in found}
    content["others"] = [(one, called(one), said(one.state), one.plan_id in chosen) for one in listed[:40]]
    return show(request, "plans", _("Compare plans"), content)


@page("console_plan", "plans/<slug:plan_id>/", "plans:read", gettext_lazy("Plan"))
def plan(request: HttpRequest, plan_id: str) -> HttpResponse:
    """One plan, and the step that was posted."""
    found = PlanVersion.objects.filter(plan_id=plan_id).first()
    if found is None:
        raise Http404
    by = caller(request)
    if request.method == "POST" and request.POST.get("step") == "rollback":
        return attempt(request, lambda: catalogue.rollback(by), _("The plan before it is live again."),
                       reverse("admin:console_plans"))  # fmt: skip
    if request.method == "POST":
        return take(request, {step: getattr(catalogue, step) for step in SCOPES}, (plan_id,), by)
    open_, why = steps(found, by, SCOPES)
    content = {
        "found": found, "state": said(found.state), "colour": COLOURS.get(found.state, ""), "steps": open_,
        "why_not": why, "history": signature(found),
        "unknown": 0 if found.known is None else found.customers - found.known,
        "may_go_back": found.state == LIVE and found.replaced_id is not None and "plans:publish" in by.scopes,
    }  # fmt: skip
    try:
        drawn = compared((plan_id,), lang()).page
        content |= {"page": drawn, "card": drawn.cards[0]}
    except Refused as refusal:
        messages.error(request, refused(refusal))
    return show(request, "plan", called(found), content)


def called(found: PlanVersion) -> str:
    """A plan's own name, else what its kind is called, with the first digits of its id."""
    return found.name or f"{words(lang()).label('plan', found.code)} {found.plan_id[:8]}"


def _asked(plan_ids: list[str]) -> list[PlanVersion]:
    """The plans of the address that there are, in one currency, at most as many as fit."""
    plan_ids = [one for one in plan_ids if one.isalnum()][: 4 * MOST]
    by_id = {one.plan_id: one for one in PlanVersion.objects.filter(plan_id__in=plan_ids)}
    return _together([by_id[one] for one in dict.fromkeys(plan_ids) if one in by_id], same_day=False)


def _together(plans: list[PlanVersion], *, same_day: bool = True) -> list[PlanVersion]:
    """Plans that may stand beside the first: of its currency, and made for the same day."""
    if not plans:
        return []
    first = plans[0]
    fit = [one for one in plans if one.currency == first.currency and (not same_day or one.as_of == first.as_of)]
    return fit[:MOST]
