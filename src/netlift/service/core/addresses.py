"""Where a request comes from, as far as that can be known."""

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str:
    """The address of who asks: the peer's, or behind a proxy the last that the proxy wrote down.

    Earlier entries of `X-Forwarded-For` are what the client claims, and are not believed.
    """
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "") if settings.BEHIND_PROXY else ""
    return str(forwarded.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR") or "unknown")
