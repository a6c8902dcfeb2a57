"""Tries to sign in, counted by address: who tries one password on many names is told to wait.

Many passwords on one name are locked out by django-axes, which counts by name and address together.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from netlift.service.access.throttle import allow
from netlift.service.core.addresses import address_of
from netlift.service.core.refusals import Throttled

PER_MINUTE = 20


def logins(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """The middleware."""

    def passed(request: HttpRequest) -> HttpResponseBase:
        if request.method == "POST" and request.path == settings.LOGIN_URL:
            try:
                allow("login", address_of(request), PER_MINUTE)
            except Throttled as refused:
                wait = {"Retry-After": str(refused.more["retry_after"])}
                return HttpResponse(refused.detail, "text/plain; charset=utf-8", 429, headers=wait)
        return get_response(request)

    return passed
