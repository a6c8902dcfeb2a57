"""Batches of codes: made, fetched by who hands them out, and ended; each of it is in the log."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from netlift.promotions import form
from netlift.service.access.caller import Caller
from netlift.service.access.log import record
from netlift.service.console.forms.batch import AskCodes
from netlift.service.console.forms.draw import Typed, draw, texts
from netlift.service.console.forms.fill import fill, posted
from netlift.service.console.forms.kinds import LARGEST, Setting
from netlift.service.console.pages.frame import attempt, lang, page, refused, show
from netlift.service.console.who import caller
from netlift.service.core.refusals import Refused
from netlift.service.ledger import codes as ledger
from netlift.service.ledger.models import Batch

AT = "ask"
MOST = 1_000_000
"""Codes of one batch that is asked for here."""


@page("console_codes", "codes/new/", "codes:write", gettext_lazy("New codes"))
def ask(request: HttpRequest) -> HttpResponse:
    """The form of a batch, and the batch that was asked for with it."""
    setting = Setting("EUR", settings.TIME_ZONE, lang())
    typed = Typed(texts(AskCodes, {}, AT, setting))
    if request.method == "POST":
        filled = fill(AskCodes, AT, posted(request.POST), setting)
        if filled.values.get("count", 0) > MOST:
            filled.errors[f"{AT}.count"] = _("At most %(most)s.") % {"most": f"{MOST:,}"}
        typed = Typed(posted(request.POST), filled.errors)
        if not filled.errors:
            try:
                made = _made(form.read(AskCodes, filled.values), caller(request))
            except Refused as refusal:
                messages.error(request, refused(refusal))
            else:
                messages.success(request, _("%(n)s codes are made.") % {"n": f"{made.made:,}"})
                return HttpResponseRedirect(reverse("admin:console_batch", args=(made.pk,)))
    return show(request, "ask", _("New codes"), {"fields": draw(AskCodes, AT, typed, setting), "does": _("Make")})


@page("console_batch", "codes/<int:pk>/", "ledger:read", gettext_lazy("Codes"))
def batch(request: HttpRequest, pk: int) -> HttpResponseBase:
    """One batch; its codes for who may write codes."""
    found = Batch.objects.filter(pk=pk).first() if pk < LARGEST else None
    if found is None:
        raise Http404
    by = caller(request)
    if request.method == "POST":
        if "codes:write" not in by.scopes:
            raise PermissionDenied
        if request.POST.get("deed") == "export":
            return _fetched(found, by)
        return attempt(request, lambda: _ended(found, by), _("Its codes are refused from now on."), request.path)
    return show(request, "batch", found.name, {"batch": found, "may_write": "codes:write" in by.scopes})


def _made(asked: AskCodes, by: Caller) -> Batch:
    found = ledger.make_batch(
        asked.name, asked.promotion_id, asked.count, length=asked.length, prefix=asked.prefix or "", uses=asked.uses,
        per_customer=asked.per_customer, expires_at=asked.expires_at,
    )  # fmt: skip
    record(by.name, "codes.made", f"batch:{found.pk}", count=found.count)
    return found


def _fetched(found: Batch, by: Caller) -> StreamingHttpResponse:
    """All codes, one per line; it is written down who fetched them."""
    record(by.name, "codes.exported", f"batch:{found.pk}", count=found.made)
    lines: Iterator[str] = (f"{code}\r\n" for code in ledger.export(found))
    name: Any = {"Content-Disposition": f'attachment; filename="codes-{found.pk}.csv"'}
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=name)


def _ended(found: Batch, by: Caller) -> None:
    with transaction.atomic():
        if found.ended_at is None:
            record(by.name, "codes.ended", f"batch:{found.pk}")
        ledger.end(found.name)
