"""`@idempotent`: a request that is sent again with the same key is done once and answered alike.

The key, what is done and the answer are one transaction: a crash leaves all of them or none, and of two requests that
come at the same time one waits for the other. A request that is refused changes nothing and keeps no key.
"""

import inspect
from collections.abc import Callable
from functools import wraps
from hashlib import sha256
from typing import Any, ParamSpec, TypeVar, overload

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.request import RawPostDataException
from django.utils import timezone
from ninja.operation import Operation
from ninja.utils import contribute_operation_callback

from netlift.service.access.models import KeptAnswer
from netlift.service.core.refusals import Conflict, Refused

P = ParamSpec("P")
R = TypeVar("R")

HEADER = "Idempotency-Key"
REPLAY = "Idempotent-Replay"
_LONGEST = 200


@overload
def idempotent(view: Callable[P, R], /) -> Callable[P, R]: ...
@overload
def idempotent(*, required: bool = ...) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def idempotent(view: Any = None, /, *, required: bool = False) -> Any:
    """Keep the answer to a request that carries an `Idempotency-Key`, under the router's decorator.

    Not for answers that hold a secret: they are kept for a day. Not for endpoints that count tries: what a refused one
    counted would be undone with it. What the endpoint writes outside the store is not undone when it fails.

    Args:
        view: the endpoint; it needs a scope, because keys belong to callers.
        required: refuse a request without a key.
    """
    if view is None:
        return lambda given: _idempotent(given, required)
    return _idempotent(view, required)


def _idempotent(view: Callable[..., Any], required: bool) -> Callable[..., Any]:
    @wraps(view)
    def once(request: HttpRequest, *args: Any, **named: Any) -> Any:
        key = _key(request, required)
        if key is None:
            return view(request, *args, **named)
        return _once(request, key, lambda: view(request, *args, **named), _answer_of(named))

    once.__signature__ = inspect.signature(view)  # type: ignore[attr-defined]
    contribute_operation_callback(once, _with_operation)
    contribute_operation_callback(once, lambda operation: _declare(operation, required))
    return once


def _once(request: HttpRequest, key: str, act: Callable[[], Any], given: HttpResponse | None) -> HttpResponse:
    caller, asked = request.auth.name, _fingerprint(request)  # type: ignore[attr-defined]
    with transaction.atomic():
        fresh = KeptAnswer(caller=caller, key=key, request=asked, status=0, kind="", body=b"", at=timezone.now())
        # where another request holds this key, the store lets this statement wait until that one is done
        KeptAnswer.objects.bulk_create([fresh], ignore_conflicts=True)
        kept = KeptAnswer.objects.select_for_update().get(caller=caller, key=key)
        if kept.status:
            return _again(kept, asked)
        operation: Operation = request.netlift_operation  # type: ignore[attr-defined]
        given = given if given is not None else operation.api.create_temporal_response(request)
        answer: Any = operation._result_to_response(request, act(), given)
        if answer.status_code >= 400:
            transaction.set_rollback(True)
        else:
            kept.status, kept.kind, kept.body = answer.status_code, answer["Content-Type"], answer.content
            kept.save(update_fields=["status", "kind", "body"])
    return answer


def _again(kept: KeptAnswer, asked: str) -> HttpResponse:
    if kept.request != asked:
        raise Conflict(
            f"this {HEADER} was used for another request: take a new key for what is new", "idempotency_key_reused"
        )
    return HttpResponse(bytes(kept.body), status=kept.status, content_type=kept.kind, headers={REPLAY: "true"})


def _key(request: HttpRequest, required: bool) -> str | None:
    key = request.headers.get(HEADER)
    if key is None and not required:
        return None
    if not key or len(key) > _LONGEST or not key.isprintable():
        raise Refused(f"send an {HEADER} of 1 to {_LONGEST} printable characters", "idempotency_key")
    return key


def _fingerprint(request: HttpRequest) -> str:
    told = sha256(f"{request.method} {request.get_full_path()}\n".encode())
    try:
        told.update(request.body)
    except RawPostDataException:  # a form's body is gone once it has been taken apart
        for name, values in sorted(request.POST.lists()):
            told.update(f"{name}={values}\n".encode())
        for name, files in sorted(request.FILES.lists()):
            for file in files:
                told.update(f"{name}={file.name} {file.size}\n".encode())
                for chunk in file.chunks():
                    told.update(chunk)
                file.seek(0)
    return told.hexdigest()


def _answer_of(named: dict[str, Any]) -> HttpResponse | None:
    """The response on which an endpoint sets headers, if it asks for one."""
    return next((value for value in named.values() if isinstance(value, HttpResponse)), None)


def _with_operation(operation: Operation) -> None:
    """Let the request know which operation runs it; ninja renders answers there."""
    if not hasattr(operation, "_run_decorators"):
        operation._run_decorators = []  # type: ignore[attr-defined]
    operation.run = _knowing(operation.run)  # type: ignore[method-assign]
    operation._run_decorators.append(_knowing)  # type: ignore[attr-defined]


def _knowing(run: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(run)
    def known(request: HttpRequest, **named: Any) -> Any:
        request.netlift_operation = run.__self__  # type: ignore[attr-defined]
        return run(request, **named)

    known.__self__ = run.__self__  # type: ignore[attr-defined]
    return known


def _declare(operation: Operation, required: bool) -> None:
    """Say in the OpenAPI document that the header is understood."""
    told = {
        "name": HEADER, "in": "header", "required": required, "schema": {"type": "string", "maxLength": _LONGEST},
        "description": "The same key with the same request is done once and answered alike, for 24 hours.",
    }  # fmt: skip
    operation.openapi_extra = {**(operation.openapi_extra or {})}
    operation.openapi_extra["parameters"] = [*operation.openapi_extra.get("parameters", []), told]
