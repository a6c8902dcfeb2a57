"""The outermost layer: every request gets an id, a check, a time, a line in the log, and safe headers."""

import re
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from netlift.service.core import bodies, metrics
from netlift.service.core.ids import new_id
from netlift.service.core.logs import REQUEST, say
from netlift.service.core.problems import KIND, answer, answer_to, of_status
from netlift.service.core.refusals import Refused

API = "/api/"
HEADER = "X-Request-Id"
_GIVEN = re.compile(r"[A-Za-z0-9._-]{8,64}")
_KEPT_HEADERS = ("Allow", "Retry-After", "WWW-Authenticate")
_API_POLICY = "default-src 'none'; frame-ancestors 'none'"
_PAGE_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data: blob:; font-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self';"
    " frame-ancestors 'none'"
)
"""Pages load nothing from elsewhere; the admin's own scripts stand in its pages and evaluate expressions."""
_QUIET = re.compile(r"/api/v1/health/|/static/")


def arrivals(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """The middleware."""

    def arrived(request: HttpRequest) -> HttpResponseBase:
        begun = time.perf_counter()
        given = request.headers.get(HEADER, "")
        name = given if _GIVEN.fullmatch(given) else new_id("req")
        mark = REQUEST.set(name)
        try:
            response = _dressed(request, _answered(request, get_response))
            response[HEADER] = name
            _tell(request, response, time.perf_counter() - begun)
        finally:
            REQUEST.reset(mark)
        return response

    return arrived


def _answered(request: HttpRequest, get_response: Callable[[HttpRequest], HttpResponseBase]) -> HttpResponseBase:
    try:
        bodies.check(request)
    except Refused as refused:
        return answer_to(refused)
    return get_response(request)


def _dressed(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """The response with the headers that it lacks; under /api, every error is a problem."""
    if not request.path.startswith(API):
        response.headers.setdefault("Content-Security-Policy", _PAGE_POLICY)
        return response
    if response.status_code >= 400 and response.get("Content-Type") != KIND:
        response = _as_problem(response)
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("Content-Security-Policy", _API_POLICY)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    return response


def _as_problem(response: HttpResponseBase) -> HttpResponse:
    found = answer(of_status(response.status_code))
    for header in _KEPT_HEADERS:
        if header in response:
            found[header] = response[header]
    return found


def _tell(request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
    match = request.resolver_match
    route = match.route if match else "static" if request.path.startswith("/static/") else "unmatched"
    metrics.answered(request.method or "", route, response.status_code, seconds)
    if not _QUIET.match(request.path):
        by = getattr(getattr(request, "auth", None), "name", None)
        ms = round(seconds * 1000, 1)
        say("request", method=request.method or "", route=route, status=response.status_code, ms=ms, by=by)
