"""What customers may want next: which recommender is served, since when, and what was measured when it was chosen."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from netlift.service.console.admin.frame import Listed
from netlift.service.console.pages.frame import page, show
from netlift.service.console.who import caller
from netlift.service.core.refusals import Unavailable
from netlift.service.decisions.shelf_serve import served
from netlift.service.runs.kinds import kinds

FIGURES = ("ndcg", "recall", "precision", "map", "coverage")


@page("console_lists", "lists/", "audits:read", gettext_lazy("Recommended goods"), Listed("plan", 6, "recommend"))
def lists(request: HttpRequest) -> HttpResponse:
    """What is served, with the table of figures."""
    told: dict[str, Any] | None = None
    try:
        told = served()
    except Unavailable as refusal:
        if refusal.code != "no_lists":
            messages.error(request, _("What was learned is damaged: learn again."))
    measured = told["evaluation"] if told else {}
    tried = [_row(one, measured["chosen"]) for one in measured.get("models", ())]
    content: dict[str, Any] = {
        "shelf": told, "tried": tried, "may_learn": kinds()["recommend"].SCOPE in caller(request).scopes,
    }  # fmt: skip
    for name in ("made_at", "until"):
        content[name] = datetime.fromisoformat(told[name]) if told and told[name] else None
    return show(request, "lists", _("Recommended goods"), content)


def _row(one: dict[str, Any], chosen: str) -> dict[str, Any]:
    figures = [one["validation_ndcg"], *(one["test"].get(name) for name in FIGURES)]
    written = ["–" if figure is None else f"{figure:.3f}" for figure in figures]
    return {"kind": one["kind"], "chosen": one["kind"] == chosen, "figures": written, "why": one["why"] or ""}
