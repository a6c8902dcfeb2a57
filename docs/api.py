"""The reference page of the API, from its OpenAPI document."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from typing import Any

from docs.build import _table

INTRODUCTION = (
    "`netlift serve` answers under `/api/v1`; `/api/v1/openapi.json` is the same in full, with every schema, as an "
    "OpenAPI 3.1 document. Send `Authorization: Bearer TOKEN` and JSON. [How to serve](../howto/serve.md)."
)
PROBLEMS = (
    "Every refusal is `application/problem+json` (RFC 9457): `code` is stable and for programs, `detail` a sentence "
    "for people; further members say more, such as `retry_after` in seconds or `errors` with the place of each. A "
    "refusal changes nothing."
)
LISTS = (
    "Lists come in pages: `items`, and `next`, the cursor to ask for the page that follows (`?cursor=`), null on the "
    "last. `?limit=` is 1 to 500."
)
AGAIN = (
    "An endpoint marked *again* takes an `Idempotency-Key`: the same key with the same body is done once and answered "
    "alike, with `Idempotent-Replay: true`, for 24 hours; with another body it is refused. Endpoints that take a "
    "`request_id` in their body have that meaning built in, for good."
)
BOUNDS = (
    "Bodies have at most 10 MiB (64 MiB as a form with files), are not packed, tell their length, and are at most 32 "
    "levels deep. A key has its requests per minute; beyond them, and after too many wrong tokens or codes, the answer "
    "is 429 with `Retry-After`."
)


def parts() -> Iterator[str]:
    """The parts of the page in order."""
    document = _document()
    yield from ("# API", INTRODUCTION, PROBLEMS, LISTS, AGAIN, BOUNDS)
    by_tag: dict[str, list[tuple[str, ...]]] = {}
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            by_tag.setdefault(told["tags"][0], []).append(_row(method.upper(), path, told))
    for tag in sorted(by_tag):
        yield f"## {tag}"
        yield _table(("endpoint", "scope", "", "what it does"), by_tag[tag])


def _row(method: str, path: str, told: Mapping[str, Any]) -> tuple[str, ...]:
    scopes = ", ".join(f"`{scope}`" for one in told.get("security", ()) for names in one.values() for scope in names)
    again = any(one["name"] == "Idempotency-Key" for one in told["parameters"])
    text = told.get("description", "").partition("\n\n")[0].replace("\n", " ")
    return f"`{method} {path.removeprefix('/api/v1')}`", scopes or "none", "again" if again else "", text


def _document() -> Mapping[str, Any]:
    """The document of a service in a folder of no use."""
    import django
    from django.apps import apps

    if not apps.ready:
        os.environ.setdefault("NETLIFT_FOLDER", tempfile.mkdtemp(prefix="netlift-docs-"))
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "netlift.service.settings")
        django.setup()
    from netlift.service.api import api

    return api.get_openapi_schema(path_prefix="/api/v1/")
