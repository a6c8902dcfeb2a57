"""The ledger by code, order or account: what was granted, what is held, what is spent, and by which entries."""

from typing import Any, NamedTuple

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from netlift.service.access.throttle import allow
from netlift.service.console.admin.frame import Listed
from netlift.service.console.columns import counted, said
from netlift.service.console.pages.frame import page, refused, show, typed
from netlift.service.console.who import caller
from netlift.service.core.refusals import NotFound, Refused
from netlift.service.ledger.books import reconcile
from netlift.service.ledger.codes import Code, find
from netlift.service.ledger.models import Account, HeldAmount, Reservation
from netlift.service.ledger.selectors import journal, stands

PER_MINUTE = 30
"""Codes that a person may look up; more would be guessing."""
MOST = 50


class Stands(NamedTuple):
    """An account in texts."""

    account: Account
    kind: Any
    credit: str
    held: str
    spent: str
    left: str


class Moved(NamedTuple):
    """An entry in texts."""

    at: Any
    verb: str
    source: Any
    target: Any
    amount: str
    reason: str


@page("console_ledger", "ledger/", "ledger:read", gettext_lazy("Find in the ledger"), Listed("run", 1, "manage_search"))
def ledger(request: HttpRequest) -> HttpResponse:
    """The search, which is posted: a code must not stand in an address."""
    content: dict[str, Any] = {}
    if request.method == "POST":
        if request.POST.get("deed") == "reconcile":
            content["books"] = reconcile()
        else:
            wanted = typed(request, "wanted")
            content |= {"wanted": wanted} | _found(request, wanted)
    return show(request, "ledger", _("Find in the ledger"), content)


def account_page(account: Account) -> dict[str, Any]:
    """An account with the newest of its entries, for its own page."""
    rows = journal(account.pk).order_by("-id")[:MOST]
    return {"stands": told(account), "moved": [_moved(account, one) for one in rows]}


def told(account: Account) -> Stands:
    """An account as it stands, in texts."""
    now = stands(account, timezone.now())
    credit = _("not limited") if now.credit is None else shown(now.credit, account)
    left = _("not limited") if now.spendable is None else shown(now.spendable, account)
    return Stands(account, said(account.kind), credit, shown(now.held, account),
                  shown(now.spent, account), left)  # fmt: skip


def shown(minor: int, account: Account) -> str:
    """An amount of an account: money in decimals with its currency, else a count."""
    return counted(minor, account.unit)


def _found(request: HttpRequest, wanted: str) -> dict[str, Any]:
    if not wanted:
        return {}
    reservations = Reservation.objects.filter(Q(name=wanted) | Q(order=wanted)).order_by("-made_at")[:MOST]
    accounts = Account.objects.filter(Q(ref=wanted) | Q(ref__startswith=f"{wanted}:")).order_by("kind", "ref")[:MOST]
    found: dict[str, Any] = {
        "reservations": [(one, said(one.status), _held(one)) for one in reservations],
        "accounts": [told(one) for one in accounts],
    }
    if not found["reservations"] and not found["accounts"]:
        found |= _code(request, wanted)
    found["nothing"] = not any(found.values())
    return found


def _code(request: HttpRequest, wanted: str) -> dict[str, Any]:
    try:
        allow("console_codes", caller(request).name, PER_MINUTE)
        code: Code = find(wanted)
    except NotFound:
        return {}
    except Refused as refusal:
        messages.error(request, refused(refusal))
        return {}
    account = Account.objects.filter(kind="code_uses", ref=code.digest).first()
    used = HeldAmount.objects.filter(account=account).select_related("reservation").order_by("-pk")[:MOST]
    by = [(one.reservation, said(one.reservation.status), _held(one.reservation)) for one in used]
    return {"code": code, "reservations": by, "accounts": [told(account)] if account is not None else []}


def _held(reservation: Reservation) -> list[str]:
    rows = reservation.held.select_related("account")
    return [f"{said(one.account.kind)}: {shown(one.amount, one.account)}" for one in rows]


def _moved(account: Account, one: Any) -> Moved:
    deed = one.operation
    return Moved(
        deed.made_at, said(deed.verb), said(one.source), said(one.target), shown(one.amount, account), deed.reason
    )
