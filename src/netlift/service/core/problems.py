"""How a refusal looks on the wire: RFC 9457's problem details."""

import json
from typing import Any

from django.http import HttpResponse

from netlift.service.core.refusals import Refused

KIND = "application/problem+json"
TITLES = {
    400: ("bad_request", "The request is wrong"),
    401: ("unauthenticated", "Who is asking?"),
    403: ("forbidden", "Not allowed"),
    404: ("not_found", "Not found"),
    405: ("method_not_allowed", "Not with this method"),
    409: ("conflict", "In conflict with what is there"),
    410: ("expired", "Its time is over"),
    411: ("length_required", "How long is it?"),
    413: ("too_large", "Too large"),
    415: ("unsupported_kind", "Not this kind of content"),
    422: ("invalid", "Not what the schema asks for"),
    429: ("throttled", "Too many requests"),
    500: ("internal", "A fault of ours"),
    503: ("unavailable", "Not available now"),
}
"""Code and title of each status that the service answers with."""
_DETAILS = {
    404: "there is nothing at this address: see /api/v1/openapi.json",
    405: "this address does not answer to this method: see /api/v1/openapi.json",
    500: "something went wrong here, not with you: tell the request id to who runs this service",
}


def problem(status: int, code: str, title: str, detail: str, **more: Any) -> dict[str, Any]:
    """RFC 9457's members, and those of one refusal.

    >>> problem(404, "not_found", "Not found", "no plan p")["type"]
    'urn:netlift:problem:not_found'
    """
    told = {"type": f"urn:netlift:problem:{code}", "title": title, "status": status, "detail": detail, "code": code}
    return more | told


def answer(told: dict[str, Any]) -> HttpResponse:
    """A problem as a response, with the headers that its status asks for."""
    response = HttpResponse(json.dumps(told, ensure_ascii=False, default=str), KIND, told["status"])
    if told["status"] == 401:
        response["WWW-Authenticate"] = 'Bearer realm="netlift"'
    if "retry_after" in told:
        response["Retry-After"] = str(told["retry_after"])
    return response


def answer_to(error: Refused) -> HttpResponse:
    """A refusal as a response."""
    return answer(problem(error.status, error.code, error.title, error.detail, **error.more))


def of_status(status: int) -> dict[str, Any]:
    """The problem of a bare status."""
    code, title = TITLES.get(status, (f"status_{status}", "It was refused"))
    return problem(status, code, title, _DETAILS.get(status, "the request was refused before it was read further"))
