"""The overview: what is live, what it costs, what it earned, and what waits for somebody."""

from typing import Any

from django.http import HttpRequest


def fill(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the first page shows; called by Unfold."""
    return context
