"""The overview: what is live, what it costs, what it earned, and what waits for somebody."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from netlift.service.console import figures
from netlift.service.console.pages.audits import newest, page_of
from netlift.service.console.pages.frame import lang
from netlift.service.console.who import caller


def fill(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the first page shows; called by Unfold."""
    scopes = caller(request).scopes
    if "plans:read" not in scopes:
        return context
    now = timezone.now()
    found = newest()
    return context | {
        "tiles": figures.tiles(lang(), now), "waiting": figures.waiting(), "budgets": figures.budgets(now),
        "audit": page_of(found[0].job_id, lang()) if found is not None else None,
    }  # fmt: skip
