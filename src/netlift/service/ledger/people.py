"""What the ledger keeps of a person, told to them and unlinked from them; the sums of the books stay."""

from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from netlift.service.core.ids import new_id
from netlift.service.ledger.models import Account, Claim, Reservation


def export(pseudonym: str) -> dict[str, Any]:
    """A person's accounts, reservations and claims, as JSON values."""
    accounts = _accounts(pseudonym).order_by("kind", "ref", "unit")
    made = Reservation.objects.filter(customer=pseudonym).order_by("id")
    claims = Claim.objects.filter(customer=pseudonym).select_related("code__batch").order_by("id")
    return {
        "accounts": list(accounts.values("kind", "ref", "unit", "credit", "held", "spent")),
        "reservations": [
            {"id": one.name, "order": one.order, "status": one.status, "made_at": one.made_at.isoformat()}
            for one in made
        ],
        "claims": [{"batch": one.code.batch.name, "claimed_at": one.claimed_at.isoformat()} for one in claims],
    }


def erase(pseudonym: str) -> int:
    """Take the pseudonym out of everything; amounts stay, so that the books still balance. How many rows."""
    with transaction.atomic():
        gone = Reservation.objects.filter(customer=pseudonym).update(customer="", order="")
        gone += Claim.objects.filter(customer=pseudonym).delete()[0]
        for account in _accounts(pseudonym):
            account.ref = new_id("erased")
            account.save(update_fields=["ref"])
            gone += 1
    return gone


def _accounts(pseudonym: str) -> QuerySet[Account]:
    """Those named by a pseudonym alone, or that hold it between colons: `PROMOTION:PSEUDONYM`."""
    ends = Q(ref__endswith=f":{pseudonym}") | Q(ref__startswith=f"{pseudonym}:") | Q(ref__contains=f":{pseudonym}:")
    return Account.objects.filter(Q(ref=pseudonym) | ends)
