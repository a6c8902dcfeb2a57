"""API keys: listed, made, ended."""

from datetime import datetime
from typing import Annotated, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema
from pydantic import AwareDatetime, ConfigDict, Field, StringConstraints

from netlift.service.access.keys import make_key, revoke_key
from netlift.service.access.models import ApiKey
from netlift.service.api.frame import caller_of, needs
from netlift.service.api.pages import Page, page
from netlift.service.core.refusals import Refused

router = Router(tags=["keys"])

Scope = Annotated[str, StringConstraints(max_length=40)]


class KeyWanted(Schema):
    """What a new key is to be."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=200, description="What people call it.")
    role: Literal["viewer", "analyst", "operator", "approver", "admin"] = Field(description="Bounds what it may do.")
    scopes: list[Scope] | None = Field(None, max_length=50, description="Narrows the role; null: all of the role's.")
    expires_at: AwareDatetime | None = Field(None, description="From then on it is refused; null: never.")


class KeyTold(Schema):
    """A key, without its secret."""

    key_id: str
    name: str
    role: str
    scopes: list[str] | None
    made_at: datetime
    used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None


class KeyMade(KeyTold):
    """A new key, with the token that cannot be read again."""

    token: str


@router.get("", auth=needs("keys:write"), response=Page[KeyTold])
def keys(request: HttpRequest, cursor: str | None = None, limit: int = 100) -> Page[KeyTold]:
    """All keys, in the order in which they were made."""
    rows, following = page(ApiKey.objects.all(), "key_id", cursor, limit)
    return Page[KeyTold](items=[KeyTold.from_orm(row) for row in rows], next=following)


@router.post("", auth=needs("keys:write"), response={201: KeyMade})
def make(request: HttpRequest, wanted: KeyWanted) -> KeyMade:
    """Make a key that may do no more than its maker; its token is told this once."""
    if wanted.expires_at is not None and wanted.expires_at <= timezone.now():
        raise Refused("expires_at is over already", "already_over")
    scopes = frozenset(wanted.scopes) if wanted.scopes is not None else None
    key, token = make_key(wanted.name, wanted.role, scopes, wanted.expires_at, by=caller_of(request))
    return KeyMade(token=token, **KeyTold.from_orm(key).dict())


@router.post("/{key_id}/revoke", auth=needs("keys:write"), response=KeyTold)
def revoke(request: HttpRequest, key_id: str) -> KeyTold:
    """End a key now."""
    return KeyTold.from_orm(revoke_key(key_id, caller_of(request)))
