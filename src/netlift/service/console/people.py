"""Callers by the names that people know them by, for pages that say who did something."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from netlift.service.access.models import ApiKey
from netlift.service.catalog.models import Version


class Signed(NamedTuple):
    """A step that somebody took."""

    what: str
    who: str
    at: datetime | None


def known(names: Iterable[str]) -> dict[str, str]:
    """What people call each caller; two queries for all of them."""
    wanted = set(names)
    users = [name.removeprefix("user:") for name in wanted if name.startswith("user:")]
    keys = [name.removeprefix("key:") for name in wanted if name.startswith("key:")]
    people = User.objects.filter(pk__in=[pk for pk in users if pk.isdecimal()])
    found = {f"user:{pk}": name for pk, name in people.values_list("pk", "username")}
    for key_id, name in ApiKey.objects.filter(key_id__in=keys).values_list("key_id", "name"):
        found[f"key:{key_id}"] = _("%(name)s (key)") % {"name": name}
    return {name: found.get(name, name) for name in wanted}


def signature(version: Version) -> list[Signed]:
    """Who took which step of a version, and when."""
    names: Any = known({version.author, version.submitted_by, version.approved_by} - {""})
    told = (
        (_("made"), version.author, version.made_at), (_("submitted"), version.submitted_by, version.submitted_at),
        (_("approved"), version.approved_by, version.approved_at), (_("published"), "", version.published_at),
        (_("ended"), "", version.ended_at),
    )  # fmt: skip
    return [Signed(what, names.get(who, who), at) for what, who, at in told if at is not None]
