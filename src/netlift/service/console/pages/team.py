"""Who may sign in, in which role, and the keys of programs: made here, shown once, ended here."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from netlift.service.access.keys import make_key, revoke_key
from netlift.service.access.models import ApiKey
from netlift.service.access.people import give_role, set_person
from netlift.service.access.roles import ROLES
from netlift.service.console.admin.frame import Listed
from netlift.service.console.pages.frame import page, refused, show, typed
from netlift.service.console.who import caller, caller_of
from netlift.service.core.refusals import Refused

TITLES = {
    "viewer": gettext_lazy("viewer"), "analyst": gettext_lazy("analyst"), "operator": gettext_lazy("operator"),
    "approver": gettext_lazy("approver"), "admin": gettext_lazy("admin"),
}  # fmt: skip
TEXTS = {
    "viewer": gettext_lazy("sees everything but people's data"),
    "analyst": gettext_lazy("also runs audits and makes plans"),
    "operator": gettext_lazy("also writes promotions and starts or stops what was approved"),
    "approver": gettext_lazy("approves what others wrote"),
    "admin": gettext_lazy("may do everything, but never approve their own"),
}  # fmt: skip


@page("console_team", "team/", "keys:write", gettext_lazy("People and keys"), Listed("system", 1, "group"))
def team(request: HttpRequest) -> HttpResponse:
    """People and keys, and what was posted; a new secret is on the answer and nowhere else."""
    content: dict[str, Any] = {}
    if request.method == "POST":
        try:
            content = _done(request, typed(request, "deed"))
        except Refused as refusal:
            messages.error(request, refused(refusal))
        if not content:
            return HttpResponseRedirect(request.path)
    people = [(one, caller_of(one).role) for one in User.objects.prefetch_related("groups").order_by("username")]
    keys = ApiKey.objects.order_by("revoked_at", "-pk")[:200]
    roles = [(role, TITLES[role], TEXTS[role]) for role in ROLES]
    content |= {
        "people": [(one, role, TITLES.get(role, role)) for one, role in people], "keys": keys, "roles": roles,
        "now": timezone.now(),
    }  # fmt: skip
    return show(request, "team", _("People and keys"), content)


def _done(request: HttpRequest, deed: str) -> dict[str, Any]:
    """Do what was asked; a secret that must be shown now, if there is one."""
    by = caller(request)
    if deed == "person":
        username = typed(request, "username")
        if User.objects.filter(username=username).exists():
            raise Refused(_("There is somebody of this name already."), "name_taken")
        return {"secret": set_person(username, by.name, role=typed(request, "role"))[1], "whose": username}
    if deed == "password":
        username = typed(request, "username")
        if not User.objects.filter(username=username).exists():
            raise Refused(_("There is nobody of this name."), "unknown_person")
        return {"secret": set_person(username, by.name)[1], "whose": username}
    if deed == "role":
        found = User.objects.filter(username=typed(request, "username")).first()
        if found is None or found.pk == request.user.pk:
            raise Refused(_("Nobody changes their own role."), "own_role")
        give_role(found, typed(request, "role"), by.name)
        messages.success(request, _("The role counts from now on."))
    if deed == "key":
        days = typed(request, "days")
        ends = timezone.now() + timedelta(days=int(days)) if days.isdecimal() and 0 < int(days) <= 3650 else None
        key, token = make_key(typed(request, "name") or _("a key"), typed(request, "role"), None, ends, by=by)
        return {"secret": token, "whose": key.name}
    if deed == "revoke":
        revoke_key(typed(request, "key_id"), by)
        messages.success(request, _("The key has ended."))
    return {}
