"""People: made with a role, given another one, given a new password; each change is in the audit log."""

import secrets

from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.db import transaction

from netlift.service.access.log import record
from netlift.service.access.roles import ROLES
from netlift.service.core.refusals import Refused

_WORDS = 4
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def new_password() -> str:
    """A random password of about 99 bits that can be read out: four groups of five characters.

    >>> [len(part) for part in new_password().split("-")]
    [5, 5, 5, 5]
    """
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(_WORDS))


def set_person(username: str, by: str, *, role: str | None = None) -> tuple[User, str]:
    """Give a person a new random password, and make them where there are none of that name.

    Args:
        username: what they sign in with.
        by: who does this, for the audit log.
        role: theirs from now on; None: as it was, and `viewer` for a new person.

    Returns:
        The person, and the password, which is kept as a hash only.

    Raises:
        Refused: no such role, or a name that is none.
    """
    password = new_password()
    with transaction.atomic():
        user = User.objects.select_for_update().filter(username=username).first()
        made = user is None
        user = user or User(username=username, is_staff=True)
        user.set_password(password)
        try:
            user.clean_fields()
        except ValidationError as error:
            raise Refused(f"{username!r} is no name to sign in with: {'; '.join(error.messages)}", "bad_name") from None
        user.save()
        record(by, "person.made" if made else "person.password", f"user:{user.pk}")
        if role is not None or made:
            give_role(user, role or "viewer", by)
    return user, password


def give_role(user: User, role: str, by: str) -> None:
    """Let a person have this role and no other.

    Raises:
        Refused: no such role.
    """
    if role not in ROLES:
        raise Refused(f"there is no role {role!r}; known: {', '.join(ROLES)}", "unknown_role")
    with transaction.atomic():
        user.is_staff = user.is_active = True
        user.is_superuser = role == "admin"
        user.save(update_fields=["is_staff", "is_active", "is_superuser"])
        user.groups.set([Group.objects.get_or_create(name=role)[0]])
        record(by, "person.role", f"user:{user.pk}", role=role)
