"""API keys: shown once, stored as a hash, found by their id, narrowed to scopes, ended by a date or a hand."""

import hmac
import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from django.utils import timezone

from netlift.service.access.caller import Caller
from netlift.service.access.models import ApiKey
from netlift.service.access.roles import ROLES
from netlift.service.core.ids import new_id
from netlift.service.core.refusals import Refused, Unauthenticated

_USED_EVERY = timedelta(minutes=1)


def make_key(
    name: str, role: str, scopes: frozenset[str] | None = None, expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """A new key and its secret, which cannot be read again.

    Args:
        name: what people call it.
        role: bounds what it may do.
        scopes: narrows that further; None: all of the role's.
        expires_at: the moment from which on it is refused; None: never.

    Raises:
        Refused: an unknown role, or a scope that the role lacks.
    """
    if role not in ROLES:
        raise Refused(f"there is no role {role!r}; known: {', '.join(ROLES)}", "unknown_role")
    if scopes is not None and (beyond := scopes - ROLES[role]):
        raise Refused(f"role {role!r} has no {', '.join(sorted(beyond))}", "scope_beyond_role")
    key_id, secret = new_id("key"), secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        key_id=key_id, name=name, role=role, scopes=sorted(scopes) if scopes is not None else None,
        digest=_digest(secret), expires_at=expires_at,
    )  # fmt: skip
    return key, f"{key_id}.{secret}"


def recognised(token: str) -> Caller:
    """Who holds this token.

    Raises:
        Unauthenticated: no such key, a wrong secret, or one that has ended.
    """
    key_id, _, secret = token.partition(".")
    key = ApiKey.objects.filter(key_id=key_id).first() if secret else None
    # the hash is compared for unknown ids too, so that time does not tell which ids exist
    same = hmac.compare_digest(_digest(secret), key.digest if key is not None else "0" * 64)
    if key is None or not same:
        raise Unauthenticated("this key is not known: make one in the console under Access, API keys")
    now = timezone.now()
    if key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= now):
        raise Unauthenticated("this key has ended: make a new one", "key_ended")
    if key.used_at is None or now - key.used_at > _USED_EVERY:
        ApiKey.objects.filter(pk=key.pk).update(used_at=now)
    scopes = ROLES[key.role] if key.scopes is None else ROLES[key.role] & frozenset(key.scopes)
    return Caller(f"key:{key.key_id}", key.role, scopes)


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()  # a secret of 256 random bits needs no slow hash
