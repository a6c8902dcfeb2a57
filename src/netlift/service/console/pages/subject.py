"""One customer's rights: what is kept of them, what they allow, a copy for them, and being forgotten."""

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from netlift.service.access.log import record
from netlift.service.console.admin.frame import Listed
from netlift.service.console.columns import said
from netlift.service.console.pages.frame import page, refused, show, typed
from netlift.service.console.who import caller
from netlift.service.core.refusals import Refused
from netlift.service.privacy import people
from netlift.service.privacy.consent import PURPOSES, allowed, history, set_consent
from netlift.service.privacy.pseudonyms import pseudonym


@page(
    "console_subject",
    "customer/",
    "people:erase",
    gettext_lazy("A customer's data"),
    Listed("people", 2, "privacy_tip"),
)
def subject(request: HttpRequest) -> HttpResponse:
    """The customer who was asked for; ids are posted, so that none stands in an address or its log."""
    customer, deed = typed(request, "customer"), typed(request, "deed")
    content: dict[str, Any] = {"customer": customer}
    if not customer:
        return show(request, "subject", _("A customer's data"), content)
    if deed == "export":
        return _copy(request, customer)
    try:
        content |= _done(request, customer, deed)
    except Refused as refusal:
        messages.error(request, refused(refusal))
    who = pseudonym(customer)
    may = allowed(who)
    content |= {
        "who": who, "fields": people.read(customer), "receipts": people.receipts(customer),
        "consent": [(one, said(one), one in may) for one in PURPOSES],
        "history": [(said(one.purpose), one.granted, one.at, one.source) for one in history(who)],
    }  # fmt: skip
    return show(request, "subject", _("A customer's data"), content)


def _copy(request: HttpRequest, customer: str) -> HttpResponse:
    """Everything that is kept, as a file."""
    record(caller(request).name, "person.exported", pseudonym(customer))
    told = json.dumps(people.export(customer), ensure_ascii=False, indent=2)
    return HttpResponse(told, "application/json; charset=utf-8",
                        headers={"Content-Disposition": 'attachment; filename="customer.json"'})  # fmt: skip


def _done(request: HttpRequest, customer: str, deed: str) -> dict[str, Any]:
    by = caller(request)
    if deed in {"allow", "withdraw"}:
        set_consent(customer, typed(request, "purpose"), deed == "allow", source="console")
        record(
            by.name,
            "consent.noted",
            pseudonym(customer),
            purpose=typed(request, "purpose"),
            granted=deed == "allow",
        )
        messages.success(request, _("Noted; it counts from now on."))
    if deed == "erase":
        if typed(request, "again") != customer:
            messages.error(request, _("Type the customer's id once more to erase."))
            return {}
        receipt = people.erase(customer, by.name)
        record(by.name, "person.erased", receipt.pseudonym, receipt=receipt.receipt_id)
        messages.success(request, _("Erased. The receipt is below."))
        return {"receipt": receipt}
    return {}
