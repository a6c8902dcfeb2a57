"""Requests made from the document, right and wrong ones: every answer is one that the document tells of."""

import pytest
import schemathesis
from django.conf import settings
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as bounds
from schemathesis.checks import CHECKS
from schemathesis.generation import GenerationMode

from netlift.service.access.keys import make_key
from netlift.service.wsgi import application

EXAMPLES = 12
"""Of each endpoint and kind of request."""
WANTED = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance")


@pytest.mark.slow
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_no_request_brings_the_service_out_of_step(store: str, mode: GenerationMode) -> None:
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
            answer = case.call(headers={"Authorization": f"Bearer {token}"})
            case.validate_response(answer, checks=[CHECKS.get_one(name) for name in WANTED])

        try:
            ask()
        except BaseException as error:  # all endpoints are tried before the test tells which failed
            if isinstance(error, KeyboardInterrupt):
                raise
            wrong.append(f"{operation.label}: {error}"[:2_000])
    assert not wrong, "\n\n".join(wrong)
    assert settings.DEBUG is False
