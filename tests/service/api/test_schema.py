"""Requests made from the document, right and wrong ones: every answer is one that the document tells of."""

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as bounds
from hypothesis.errors import Unsatisfiable
from schemathesis import SerializationContext
from schemathesis.checks import CHECKS
from schemathesis.generation import GenerationMode

from netlift.service.access.keys import make_key
from netlift.service.wsgi import application

EXAMPLES = int(os.environ.get("NETLIFT_EXAMPLES", "2"))
"""Of each endpoint and kind of request; more in a run of its own, such as NETLIFT_EXAMPLES=100."""
WANTED = ("status_code_conformance", "content_type_conformance", "response_schema_conformance")


@schemathesis.serializer("application/x-ndjson")
def _lines(context: SerializationContext, value: Any) -> bytes:
    """What the document calls a text of lines."""
    return value.encode("utf-8", "replace") if isinstance(value, str) else json.dumps(value).encode()


@pytest.fixture
def one_connection(store: str) -> Iterator[None]:
    """A request leaves the connection open on which the test's transaction is."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.slow
@pytest.mark.usefixtures("one_connection")
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_no_request_brings_the_service_out_of_step(mode: GenerationMode) -> None:
    _, token = make_key("everything", "admin")
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)
    wrong = []
    for found in schema.get_all_operations():
        operation = found.ok()

        @bounds(
            max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: schemathesis.Case) -> None:
            with transaction.atomic():
                answer = case.call(headers={"Authorization": f"Bearer {token}"})
                transaction.set_rollback(True)
            assert answer.status_code != 500
            case.validate_response(answer, checks=[CHECKS.get_one(name) for name in WANTED])

        try:
            ask()
        except Unsatisfiable:
            continue  # an endpoint that is asked for nothing cannot be asked wrongly
        except BaseException as error:  # all endpoints are tried before the test tells which failed
            if isinstance(error, KeyboardInterrupt):
                raise
            wrong.append(f"{operation.label}: {error}"[:2_000])
    assert not wrong, "\n\n".join(wrong)
    assert settings.DEBUG is False
