"""What a first run makes, and what can be made from the shell: the store's tables, people, keys."""

from collections.abc import Iterator
from contextlib import contextmanager

from netlift.errors import ConfigError

_LOCK = 0x6E65746D
"""Number of PostgreSQL's advisory lock for migrations: any constant that nothing else here uses."""


def set_up() -> None:
    """Start Django in this process.

    Raises:
        ConfigError: a setting is wrong.
    """
    import django

    django.setup()


def migrate() -> None:
    """Bring the store to this version; of several that start at once on one PostgreSQL, one does it.

    Raises:
        ConfigError: the store cannot be reached.
    """
    from django.core.management import call_command
    from django.db import OperationalError, connection

    try:
        with _alone():
            call_command("migrate", verbosity=0, interactive=False)
    except OperationalError as error:
        kind = connection.vendor
        raise ConfigError(f"the store ({kind}) cannot be used: {str(error).splitlines()[0]}") from None


def first_admin() -> str | None:
    """The password of a new admin `admin`, if there is no admin yet; it is kept as a hash only."""
    from django.contrib.auth.models import User

    from netlift.service.access.keys import SHELL
    from netlift.service.access.people import set_person

    if User.objects.filter(is_superuser=True, is_active=True).exists():
        return None
    return set_person("admin", SHELL, role="admin")[1]


def let_go() -> None:
    """Close the connections to the store that making ready has opened."""
    from django.db import connections

    connections.close_all()


def new_password(username: str, role: str | None) -> str:
    """A new random password for a person, who is made where there is none of that name."""
    from netlift.service.access.keys import SHELL
    from netlift.service.access.people import set_person

    return set_person(username, SHELL, role=role)[1]


def new_key(name: str, role: str | None) -> str:
    """The token of a new API key of this name and role."""
    from netlift.service.access.keys import make_key

    if role is None:
        raise ConfigError("say with --role what the key may do: viewer, analyst, operator, approver or admin")
    return make_key(name, role)[1]


@contextmanager
def _alone() -> Iterator[None]:
    from django.db import connection

    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
