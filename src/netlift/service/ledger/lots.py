"""Credit that lapses: what was granted until a day, and was not spent by then, is gone."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q, Sum
from django.utils import timezone

from netlift.service.core.ids import new_id
from netlift.service.ledger.holds import Hold
from netlift.service.ledger.journal import OWN, begun, moved
from netlift.service.ledger.models import Account, Entry, Lot


def lapse(of: Iterable[Hold] | None = None, now: datetime | None = None, most: int = 1000) -> int:
    """Take away what has lapsed.

    Uses count against the lots that lapse first. What is held counts as used; if it comes back later, it lapses with
    the account's next lot.

    Args:
        of: only these accounts; None: any.
        now: the moment.
        most: accounts in one run.

    Returns:
        Number of accounts from which something lapsed.
    """
    now = now or timezone.now()
    due = Lot.objects.filter(done=False, expires_at__lte=now)
    if of is not None:
        places = [Q(account__kind=hold.kind, account__ref=hold.ref, account__unit=hold.unit) for hold in of]
        wanted = Q(pk__in=())
        for place in places:
            wanted |= place
        due = due.filter(wanted)
    accounts = sorted(set(due.order_by("expires_at", "id").values_list("account_id", flat=True)[:most]))
    return sum(_lapsed(account, now) for account in accounts)


def _lapsed(account_id: int, now: datetime) -> bool:
    with transaction.atomic():
        account = Account.objects.select_for_update().get(id=account_id)
        due = Lot.objects.filter(account=account, expires_at__lte=now)
        if not due.filter(done=False).update(done=True):
            return False
        gone = Entry.objects.filter(account=account, operation__verb="lapse").aggregate(all=Sum("amount"))["all"] or 0
        ever = due.aggregate(all=Sum("amount"))["all"] or 0
        amount = min(ever - gone - account.held - account.spent, (account.credit or 0) - account.held - account.spent)
        if amount <= 0:
            return False
        Account.objects.filter(id=account_id).update(credit=F("credit") - amount)
        operation = begun(OWN + new_id("lapse"), "", "lapse", now)
        moved(operation or 0, [(account_id, "free", "issued", amount)])
    return True
