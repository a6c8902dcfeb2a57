"""Figures for Prometheus; it sends a key of its own, as any other program."""

from django.http import HttpRequest, HttpResponse
from ninja import Router

from netlift.service.api.frame import needs
from netlift.service.core import metrics

router = Router(tags=["health"])

_SHOWN = {"responses": {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}}


@router.get("", auth=needs("metrics:read"), openapi_extra=_SHOWN)
def figures(request: HttpRequest) -> HttpResponse:
    """Requests and their times, over all worker processes, in Prometheus' text format."""
    return HttpResponse(metrics.page(), metrics.KIND)
