"""What all resources share: who may ask, how a refusal looks, and how the files of this folder become one API."""

import importlib
import pkgutil
from collections.abc import Iterable
from functools import cached_property
from typing import Any

from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI, Router
from ninja.errors import HttpError, ValidationError
from ninja.operation import Operation
from ninja.parser import Parser
from ninja.security import HttpBearer

from netlift import __version__
from netlift.errors import NetliftError
from netlift.service.access.admission import admitted
from netlift.service.access.caller import Caller
from netlift.service.api.document import Document
from netlift.service.core.bodies import UnsupportedKind, parsed
from netlift.service.core.logs import say
from netlift.service.core.problems import answer, answer_to, of_status, problem
from netlift.service.core.refusals import Refused, Unavailable


class needs(HttpBearer):  # noqa: N801 - it reads as a word where it is used: auth=needs("decide")
    """Let in who holds a key with a scope: `@router.post("/decide", auth=needs("decide"))`."""

    def __init__(self, scope: str) -> None:
        super().__init__()
        self.scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> Caller:
        """The caller, who is then `caller_of(request)`."""
        caller = admitted(request, token)
        request.auth = caller  # type: ignore[attr-defined]  # known to the log of requests, even when refused
        caller.need(self.scope)
        return caller


def caller_of(request: HttpRequest) -> Caller:
    """Who is asking, on an endpoint that needs a scope."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    return caller


class Api(NinjaAPI):
    """ninja's API, whose document also tells of problems and scopes."""

    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: Any = None) -> Document:
        """The OpenAPI 3.1 document; it is the same for everybody, so it is made once."""
        prefix = path_prefix if path_prefix is not None else self.get_root_path(path_params or {})
        if prefix not in self._documents:
            self._documents[prefix] = Document(self, prefix)
        return self._documents[prefix]

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """File and function, such as `keys_make`."""
        return f"{operation.view_func.__module__.rpartition('.')[2]}_{operation.view_func.__name__}"

    @cached_property
    def _documents(self) -> dict[str, Document]:
        return {}


class _Bodies(Parser):
    def parse_body(self, request: HttpRequest) -> Any:
        if request.content_type != "application/json":
            raise UnsupportedKind("send JSON, with the header Content-Type: application/json")
        return parsed(request.body)


def assembled(folder: Iterable[str], package: str) -> NinjaAPI:
    """The API from every module of the folder that has a `router`; its name is its path, unless it says `PATH`."""
    modules = [importlib.import_module(f"{package}.{found.name}") for found in pkgutil.iter_modules(folder)]
    routers = [
        (getattr(module, "PATH", f"/{module.__name__.rpartition('.')[2]}"), module.router)
        for module in modules
        if hasattr(module, "router")
    ]
    return finished(Api(title="netlift", version=__version__, urls_namespace="api", docs_url=None), routers)


def finished(api: NinjaAPI, routers: Iterable[tuple[str, Router]]) -> NinjaAPI:
    """The API with its routers, each at its path, with bodies read carefully and refusals in one form."""
    for path, router in routers:
        api.add_router(path, router)
    api.parser = _Bodies()
    for kind, handler in (
        (Refused, lambda _, error: answer_to(error)),
        (NetliftError, _wrong),
        (ValidationError, _invalid),
        (HttpError, _unread),
        (Http404, _not_found),
        (DataError, _beyond),
        (OverflowError, _beyond),
        (OperationalError, _no_store),
        (InterfaceError, _no_store),
    ):
        api.add_exception_handler(kind, handler)  # type: ignore[arg-type]
    return api


def _unread(_: HttpRequest, error: Any) -> HttpResponse:
    """Give what ninja wrapped: why the body could not be read."""
    cause = error.__cause__
    return answer_to(cause) if isinstance(cause, Refused) else answer(of_status(error.status_code))


def _not_found(_: HttpRequest, __: Exception) -> HttpResponse:
    return answer(of_status(404))


def _wrong(_: HttpRequest, error: Exception) -> HttpResponse:
    return answer(problem(422, "not_processable", "It cannot be processed", str(error)))


def _invalid(_: HttpRequest, error: Any) -> HttpResponse:
    errors = [{"at": ".".join(str(part) for part in one["loc"]), "detail": one["msg"]} for one in error.errors]
    return answer(problem(422, "invalid", "Not what the schema asks for", errors[0]["detail"], errors=errors))


def _beyond(_: HttpRequest, error: Exception) -> HttpResponse:
    """A value that the store has no room for: an endpoint should have said so before."""
    say("value_beyond_store", error=error)
    return answer(problem(422, "out_of_range", "Not what the store can keep", "a value is too large or too long"))


def _no_store(_: HttpRequest, error: Exception) -> HttpResponse:
    say("store_unavailable", error=error)
    return answer_to(Unavailable("the store does not answer: try again", "store_unavailable", retry_after=1))
