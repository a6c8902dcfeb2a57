"""What all resources share: who may ask, how a refusal looks, and how the files of this folder become one API."""

import importlib
import pkgutil
from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI, Router
from ninja.errors import ValidationError
from ninja.security import HttpBearer

from netlift import __version__
from netlift.errors import NetliftError
from netlift.service.access.caller import Caller
from netlift.service.access.keys import recognised
from netlift.service.core.refusals import Refused

PROBLEM = "application/problem+json"


class needs(HttpBearer):  # noqa: N801 - it reads as a word where it is used: auth=needs("decide")
    """Let in who holds a key with a scope: `@router.post("/decide", auth=needs("decide"))`."""

    def __init__(self, scope: str) -> None:
        super().__init__()
        self.scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> Caller:
        """The caller, who is then `caller_of(request)`."""
        caller = recognised(token)
        caller.need(self.scope)
        return caller


def caller_of(request: HttpRequest) -> Caller:
    """Who is asking, on an endpoint that needs a scope."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    return caller


def assembled(folder: Iterable[str], package: str) -> NinjaAPI:
    """The API from every module of the folder that has a `router`; its name is its path, unless it says `PATH`."""
    modules = [importlib.import_module(f"{package}.{found.name}") for found in pkgutil.iter_modules(folder)]
    routers = [
        (getattr(module, "PATH", f"/{module.__name__.rpartition('.')[2]}"), module.router)
        for module in modules
        if hasattr(module, "router")
    ]
    return finished(NinjaAPI(title="netlift", version=__version__, urls_namespace="api"), routers)


def finished(api: NinjaAPI, routers: Iterable[tuple[str, Router]]) -> NinjaAPI:
    """The API with its routers, each at its path, and with refusals in one form."""
    for path, router in routers:
        api.add_router(path, router)
    api.add_exception_handler(Refused, lambda request, error: _refused(api, request, error))
    api.add_exception_handler(NetliftError, lambda request, error: _wrong(api, request, error))
    api.add_exception_handler(ValidationError, lambda request, error: _invalid(api, request, error))
    return api


def problem(status: int, code: str, title: str, detail: str, **more: Any) -> dict[str, Any]:
    """RFC 9457's members, and those of one refusal."""
    return {
        "type": f"urn:netlift:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
    } | more


def _answer(api: NinjaAPI, request: HttpRequest, told: dict[str, Any]) -> HttpResponse:
    response = api.create_response(request, told, status=told["status"])
    response["Content-Type"] = PROBLEM
    return response


def _refused(api: NinjaAPI, request: HttpRequest, error: Any) -> HttpResponse:
    response = _answer(api, request, problem(error.status, error.code, error.title, error.detail, **error.more))
    if "retry_after" in error.more:
        response["Retry-After"] = str(error.more["retry_after"])
    return response


def _wrong(api: NinjaAPI, request: HttpRequest, error: Any) -> HttpResponse:
    return _answer(api, request, problem(422, "not_processable", "It cannot be processed", str(error)))


def _invalid(api: NinjaAPI, request: HttpRequest, error: Any) -> HttpResponse:
    errors = [{"at": ".".join(str(part) for part in one["loc"]), "detail": one["msg"]} for one in error.errors]
    return _answer(
        api, request, problem(422, "invalid", "Not what the schema asks for", errors[0]["detail"], errors=errors)
    )
