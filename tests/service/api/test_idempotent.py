"""A request that is sent again is done once and answered alike."""

import pytest
from django.http import HttpRequest
from django.test import Client, override_settings
from django.urls import path
from ninja import NinjaAPI, Router, Schema

from netlift.service.access.forget import forget
from netlift.service.access.keys import make_key
from netlift.service.access.models import KeptAnswer, Tally
from netlift.service.api.frame import finished, needs
from netlift.service.api.idempotent import REPLAY, idempotent
from netlift.service.core.refusals import Conflict

router = Router()


class Made(Schema):
    number: int


class Wanted(Schema):
    number: int


@router.post("/make", auth=needs("decide"), response={201: Made})
@idempotent
def make(request: HttpRequest, wanted: Wanted) -> Made:
    Tally.objects.create(bucket="made", key=str(wanted.number), minute=Tally.objects.count(), count=1)
    if wanted.number < 0:
        raise Conflict("below zero")
    return Made(number=wanted.number)


@router.post("/must", auth=needs("decide"), response=Made)
@idempotent(required=True)
def must(request: HttpRequest) -> Made:
    return Made(number=1)


api = finished(NinjaAPI(urls_namespace="test_idempotent"), [("", router)])
urlpatterns = [path("t/", api.urls)]


@pytest.fixture
def ask(client: Client):  # type: ignore[no-untyped-def]
    with override_settings(ROOT_URLCONF=__name__):
        yield lambda to, body, token, **headers: client.post(
            f"/t/{to}", body, content_type="application/json", headers={"Authorization": f"Bearer {token}"} | headers
        )


def made() -> int:
    return Tally.objects.filter(bucket="made").count()


def test_it_is_done_once_and_answered_alike(ask) -> None:  # type: ignore[no-untyped-def]
    _, token = make_key("till", "operator")
    key = {"Idempotency-Key": "a"}
    first, again = (ask("make", {"number": 7}, token, **key) for _ in range(2))
    assert (first.status_code, first.json()) == (again.status_code, again.json()) == (201, {"number": 7})
    assert REPLAY not in first
    assert again[REPLAY] == "true"
    assert made() == 1
    assert ask("make", {"number": 7}, token).status_code == 201
    assert made() == 2


def test_a_key_belongs_to_one_request_of_one_caller(ask) -> None:  # type: ignore[no-untyped-def]
    (_, one), (_, two) = make_key("one", "operator"), make_key("two", "operator")
    key = {"Idempotency-Key": "a"}
    assert ask("make", {"number": 7}, one, **key).status_code == 201
    other = ask("make", {"number": 8}, one, **key)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    assert ask("make", {"number": 8}, two, **key).json() == {"number": 8}


def test_a_refusal_changes_nothing_and_keeps_no_key(ask) -> None:  # type: ignore[no-untyped-def]
    _, token = make_key("till", "operator")
    for _ in range(2):
        refused = ask("make", {"number": -1}, token, **{"Idempotency-Key": "a"})
        assert (refused.status_code, REPLAY in refused) == (409, False)
    assert (made(), KeptAnswer.objects.count()) == (0, 0)


@pytest.mark.parametrize("key", ["", "x" * 201, "a\tb"])
def test_a_key_that_is_none_is_refused(ask, key: str) -> None:  # type: ignore[no-untyped-def]
    _, token = make_key("till", "operator")
    assert ask("make", {"number": 1}, token, **{"Idempotency-Key": key}).status_code == 400
    assert ask("must", {}, token).status_code == 400
    assert ask("must", {}, token, **{"Idempotency-Key": "a"}).status_code == 200


def test_answers_are_forgotten_after_a_day(ask) -> None:  # type: ignore[no-untyped-def]
    from datetime import timedelta

    from django.utils import timezone

    _, token = make_key("till", "operator")
    ask("make", {"number": 1}, token, **{"Idempotency-Key": "a"})
    assert forget(timezone.now() + timedelta(hours=23)) == 0
    assert forget(timezone.now() + timedelta(hours=25)) == 1


def test_the_document_says_that_the_header_is_understood() -> None:
    paths = api.get_openapi_schema(path_prefix="")["paths"]
    found = {where: told["post"]["parameters"][-1]["required"] for where, told in paths.items()}
    assert found == {"/make": False, "/must": True}
