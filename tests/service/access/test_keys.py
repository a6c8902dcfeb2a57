"""API keys: who is recognised, and who is not."""

from datetime import timedelta

import pytest
from django.utils import timezone

from netlift.service.access.caller import Caller
from netlift.service.access.keys import make_key, recognised
from netlift.service.access.models import ApiKey
from netlift.service.access.roles import SCOPES
from netlift.service.core.refusals import Forbidden, Refused, Unauthenticated

pytestmark = pytest.mark.usefixtures("store")


def test_a_key_is_recognised_by_its_secret_alone() -> None:
    key, token = make_key("till", "operator")
    caller = recognised(token)
    assert caller.name == f"key:{key.key_id}"
    caller.need("redeem")
    with pytest.raises(Forbidden, match="plans:approve"):
        caller.need("plans:approve")
    assert token.split(".")[1] not in str(ApiKey.objects.values().get())
    for wrong in ("", "x", key.key_id, f"{key.key_id}.", f"{key.key_id}.wrong", f"key_none.{token.split('.')[1]}"):
        with pytest.raises(Unauthenticated):
            recognised(wrong)


def test_scopes_narrow_a_role_and_never_widen_it() -> None:
    _, token = make_key("quotes only", "operator", frozenset({"decide"}))
    assert recognised(token).scopes == {"decide"}
    with pytest.raises(Refused, match="plans:approve"):
        make_key("too much", "operator", frozenset({"plans:approve"}))
    with pytest.raises(Refused, match="no role 'king'"):
        make_key("nobody", "king")


def test_an_ended_key_is_refused() -> None:
    key, token = make_key("till", "operator", expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(Unauthenticated, match="ended"):
        recognised(token)
    ApiKey.objects.filter(pk=key.pk).update(expires_at=None, revoked_at=timezone.now())
    with pytest.raises(Unauthenticated, match="ended"):
        recognised(token)


def test_its_last_use_is_noted_once_a_minute() -> None:
    key, token = make_key("till", "operator")
    recognised(token)
    first = ApiKey.objects.get(pk=key.pk).used_at
    assert first is not None
    recognised(token)
    assert ApiKey.objects.get(pk=key.pk).used_at == first
    ApiKey.objects.filter(pk=key.pk).update(used_at=first - timedelta(minutes=2))
    recognised(token)
    assert ApiKey.objects.get(pk=key.pk).used_at >= first


def test_a_key_that_ends_later_is_recognised_until_then() -> None:
    _, token = make_key("till", "operator", expires_at=timezone.now() + timedelta(seconds=30))
    assert recognised(token).role == "operator"


def test_behind_a_key_stands_who_made_it() -> None:
    ann = Caller("user:7", "admin", SCOPES)
    _, first = make_key("first", "admin", by=ann)
    assert recognised(first).behind == "user:7"
    _, second = make_key("second", "viewer", by=recognised(first))
    assert recognised(second).behind == "user:7"
    _, shell = make_key("third", "viewer")
    assert recognised(shell).behind == "shell"
    assert ann.behind == "user:7"
