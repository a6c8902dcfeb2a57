"""Who sits at the browser: a person's groups are roles, and roles have scopes."""

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.http import HttpRequest

from netlift.service.access.caller import Caller
from netlift.service.access.roles import ROLES

_NOBODY = "nobody"


def caller(request: HttpRequest) -> Caller:
    """The person as the rooms' functions know them."""
    return caller_of(request.user)


def caller_of(user: AbstractBaseUser | AnonymousUser) -> Caller:
    """A person with the scopes of all their roles; a superuser is an admin, and who cannot sign in has none."""
    if not isinstance(user, User) or not (user.is_active and user.is_staff):
        return Caller(_NOBODY, _NOBODY, frozenset())
    held = ["admin"] if user.is_superuser else [role for role in ROLES if role in _groups(user)]
    scopes = frozenset[str]().union(*(ROLES[role] for role in held))
    return Caller(f"user:{user.pk}", held[-1] if held else _NOBODY, scopes)


def _groups(user: User) -> frozenset[str]:
    """Names of a person's groups, read once per request."""
    found: frozenset[str] | None = getattr(user, "_netlift_groups", None)
    if found is None:
        found = frozenset(user.groups.values_list("name", flat=True))
        user._netlift_groups = found  # type: ignore[attr-defined]
    return found
