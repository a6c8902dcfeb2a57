"""API keys: shown once, stored as a hash, found by their id, narrowed to scopes, ended by a date or a hand."""

import hmac
import json
import re
import secrets
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

from django.db import connection, transaction
from django.utils import timezone

from netlift.service.access.caller import Caller
from netlift.service.access.log import record
from netlift.service.access.models import ApiKey
from netlift.service.access.roles import ROLES
from netlift.service.core.ids import new_id
from netlift.service.core.refusals import Forbidden, NotFound, Refused, Unauthenticated

SHELL = "shell"
"""Who acts from the command line of the machine itself."""
_USED_EVERY = timedelta(minutes=1)
_KEY_ID = re.compile(r"key_[0-9a-z]{26}")


def make_key(
    name: str,
    role: str,
    scopes: frozenset[str] | None = None,
    expires_at: datetime | None = None,
    *,
    by: Caller | None = None,
) -> tuple[ApiKey, str]:
    """A new key and its secret, which cannot be read again.

    Args:
        name: what people call it.
        role: bounds what it may do.
        scopes: narrows that further; None: all of the role's.
        expires_at: the moment from which on it is refused; None: never.
        by: who makes it, and cannot hand on more than they have; None: who runs the service, from its shell.

    Raises:
        Refused: an unknown role, or a scope that the role lacks.
        Forbidden: more than its maker may do.
    """
    if role not in ROLES:
        raise Refused(f"there is no role {role!r}; known: {', '.join(ROLES)}", "unknown_role")
    if scopes is not None and (beyond := scopes - ROLES[role]):
        raise Refused(f"role {role!r} has no {', '.join(sorted(beyond))}", "scope_beyond_role")
    if by is not None and (more := (ROLES[role] if scopes is None else scopes) - by.scopes):
        raise Forbidden(f"a key can do no more than its maker, who lacks {', '.join(sorted(more))}")
    key_id, secret = new_id("key"), secrets.token_urlsafe(32)
    with transaction.atomic():
        key = ApiKey.objects.create(
            key_id=key_id, name=name, role=role, scopes=sorted(scopes) if scopes is not None else None,
            digest=_digest(secret), made_by=by.behind if by else SHELL, expires_at=expires_at,
        )  # fmt: skip
        record(by.name if by else SHELL, "key.made", key_id, role=role, scopes=" ".join(key.scopes or []) or None)
    return key, f"{key_id}.{secret}"


def revoke_key(key_id: str, by: Caller | None = None, *, now: datetime | None = None) -> ApiKey:
    """End a key now; one that has ended by hand stays as it was.

    Raises:
        NotFound: no such key.
    """
    with transaction.atomic():
        if ApiKey.objects.filter(key_id=key_id, revoked_at=None).update(revoked_at=now or timezone.now()):
            record(by.name if by else SHELL, "key.revoked", key_id)
        key = ApiKey.objects.filter(key_id=key_id).first()
    if key is None:
        raise NotFound("there is no such key")
    return key


def recognised(token: str) -> Caller:
    """Who holds this token.

    It is asked at every request: the statement is written out, because composing it anew takes longer than running it.

    Raises:
        Unauthenticated: no such key, a wrong secret, or one that has ended.
    """
    key_id, _, secret = token.partition(".")
    now = timezone.now()
    key = _read(key_id, now) if secret and _KEY_ID.fullmatch(key_id) else None
    # the hash is compared for unknown ids too, so that time does not tell which ids exist
    same = hmac.compare_digest(_digest(secret), key.digest if key is not None else "0" * 64)
    if key is None or not same:
        raise Unauthenticated("this key is not known: make one in the console under Access, API keys")
    if key.ended:
        raise Unauthenticated("this key has ended: make a new one", "key_ended")
    if key.stale:
        ApiKey.objects.filter(key_id=key_id).update(used_at=now)
    return Caller(f"key:{key_id}", key.role, _scopes(key.role, key.scopes), key.made_by)


class _Key(NamedTuple):
    role: str
    scopes: str | None
    """As JSON."""
    digest: str
    made_by: str
    ended: bool
    stale: bool
    """Whether its last use was noted some time ago."""


_READ = """
    SELECT role, scopes, digest, made_by, revoked_at IS NOT NULL OR (expires_at IS NOT NULL AND expires_at <= %s),
        used_at IS NULL OR used_at < %s
    FROM access_apikey WHERE key_id = %s"""


def _read(key_id: str, now: datetime) -> _Key | None:
    moments = (connection.ops.adapt_datetimefield_value(at) for at in (now, now - _USED_EVERY))
    with connection.cursor() as cursor:
        cursor.execute(_READ, [*moments, key_id])
        found = cursor.fetchone()
    return None if found is None else _Key(*found)


@lru_cache(maxsize=1_000)
def _scopes(role: str, narrowed: str | None) -> frozenset[str]:
    told = None if narrowed is None else json.loads(narrowed)
    return ROLES[role] if told is None else ROLES[role] & frozenset(told)


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()  # a secret of 256 random bits needs no slow hash
