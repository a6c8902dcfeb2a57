"""Open accounts, grant and withdraw, set limits: what happens to an account outside of reservations."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from netlift.service.core.ids import new_id
from netlift.service.core.refusals import Conflict, Exhausted, NotFound, Refused
from netlift.service.ledger.holds import BALANCES, BUDGET, MOST, Hold, checked
from netlift.service.ledger.journal import OWN, begun, checked_key, digest, moved, seen
from netlift.service.ledger.models import Account, Lot
from netlift.service.ledger.pace import Pace
from netlift.service.ledger.selectors import Balance, balance, stands


def open(  # noqa: A001 - an account is opened
    kind: str, ref: str, unit: str = "", credit: int | None = None, *, pace: Pace | None = None,
    now: datetime | None = None,
) -> Balance:  # fmt: skip
    """Open an account; one that is there with the same credit stays as it is.

    Args:
        kind: one of `KINDS`.
        ref: whose.
        unit: currency of money.
        credit: what may be held and spent; None: not limited, and for a balance 0.
        pace: how the credit becomes spendable; None: all at once. For budgets.
        now: the moment.

    Raises:
        Conflict: it is there with another credit or pace: `set_limit` changes it.
        Refused: an unknown kind, a credit out of bounds, a pace without a budget.
    """
    now, credit = now or timezone.now(), 0 if credit is None and kind in BALANCES else credit
    checked(Hold(kind, ref, credit or 0, unit=unit))
    if pace is not None and (kind != BUDGET or credit is None):
        raise Refused("a pace is for a budget with a credit", "invalid_pace")
    with transaction.atomic():
        account, made = Account.objects.get_or_create(
            kind=kind, ref=ref, unit=unit, defaults={"opened_at": now, "credit": credit} | _columns(pace)
        )
        if made and credit:
            _write_limit(account.id, credit, now)
    told = _columns(pace) | {"credit": credit}
    if not made and any(getattr(account, name) != value for name, value in told.items()):
        raise Conflict(f"{account} is open with another credit or pace: set its limit instead", "already_open")
    return stands(account, now)


def set_limit(
    kind: str, ref: str, credit: int | None, unit: str = "", *, pace: Pace | None = None, now: datetime | None = None
) -> Balance:
    """Set what may be held and spent, and at what pace; opens the account where there is none.

    Raises:
        Conflict: more than that is held and spent already; `used` says how much.
        Refused: the credit of a balance is what was granted: `grant` or `withdraw`.
    """
    now = now or timezone.now()
    if kind in BALANCES:
        raise Refused("the credit of a balance is what was granted: grant or withdraw instead", "invalid_limit")
    if pace is not None and (kind != BUDGET or credit is None):
        raise Refused("a pace is for a budget with a credit", "invalid_pace")
    checked(Hold(kind, ref, credit or 0, unit=unit))
    with transaction.atomic():
        Account.objects.bulk_create(
            [Account(kind=kind, ref=ref, unit=unit, opened_at=now, credit=0 if kind == BUDGET else None)],
            ignore_conflicts=True,
        )
        account = Account.objects.select_for_update().get(kind=kind, ref=ref, unit=unit)
        used, before = account.held + account.spent, account.credit or 0
        if credit is not None and used > credit:
            raise Conflict(
                f"{used} of {account} is held or spent: the limit cannot be {credit}", "below_use", used=used
            )
        Account.objects.filter(id=account.id).update(credit=credit, ceiling=None, **_columns(pace))
        if (credit or 0) != before:
            _write_limit(account.id, (credit or 0) - before, now)
    return balance(kind, ref, unit, now=now)


def grant(
    key: str, kind: str, ref: str, amount: int, unit: str = "", reason: str = "", *,
    expires_at: datetime | None = None, now: datetime | None = None,
) -> Balance:  # fmt: skip
    """Add to a balance, which is opened where there is none, or to an open budget.

    Args:
        key: of this grant; the same key again adds nothing.
        kind: a balance's, or `budget`.
        ref: whose.
        amount: above 0.
        unit: currency of money.
        reason: for people; no personal data.
        expires_at: the moment from which on what is not spent of this grant is gone; None: never.
        now: the moment.

    Raises:
        Conflict: the key was used for something else.
        NotFound: the budget was never opened.
        Refused: a kind that is only counted, or an amount out of bounds.
    """
    now, asked = now or timezone.now(), digest("grant", kind, ref, amount, unit, reason, expires_at)
    _moveable(Hold(kind, ref, amount, unit=unit))
    if expires_at is not None and kind not in BALANCES:
        raise Refused("only what a balance is granted lapses", "invalid_expiry")
    with transaction.atomic():
        operation = begun(checked_key(key), asked, "grant", now, reason=reason[:200])
        if operation is not None:
            if kind in BALANCES:
                fresh = Account(kind=kind, ref=ref, unit=unit, opened_at=now, credit=0)
                Account.objects.bulk_create([fresh], ignore_conflicts=True)
            account = Account.objects.select_for_update().filter(kind=kind, ref=ref, unit=unit).first()
            if account is None or account.credit is None:
                raise NotFound(f"there is no budget {ref}/{unit} with a credit: open it first")
            if account.credit > MOST - amount:
                raise Refused(f"{account} cannot hold more than {MOST}", "invalid_amount")
            Account.objects.filter(id=account.id).update(credit=F("credit") + amount)
            moved(operation, [(account.id, "issued", "free", amount)])
            if expires_at is not None:
                Lot.objects.create(account_id=account.id, amount=amount, expires_at=expires_at)
    if operation is None:
        seen(key, asked)
    return balance(kind, ref, unit, now=now)


def withdraw(
    key: str, kind: str, ref: str, amount: int, unit: str = "", reason: str = "", *, now: datetime | None = None
) -> Balance:
    """Take back what was granted and is neither held nor spent: points of an order that was sent back.

    Raises:
        Exhausted: less than that is free; `available` says how much.
        Conflict: the key was used for something else.
        NotFound: there is no such account.
        Refused: a kind that is only counted, or an amount out of bounds.
    """
    now, asked = now or timezone.now(), digest("withdraw", kind, ref, amount, unit, reason)
    _moveable(Hold(kind, ref, amount, unit=unit))
    with transaction.atomic():
        operation = begun(checked_key(key), asked, "withdraw", now, reason=reason[:200])
        if operation is not None:
            account = Account.objects.filter(kind=kind, ref=ref, unit=unit)
            if not account.filter(credit__gte=F("held") + F("spent") + amount).update(credit=F("credit") - amount):
                raise too_little(Hold(kind, ref, amount, unit=unit), now)
            moved(operation, [(account.values_list("id", flat=True).get(), "free", "issued", amount)])
    if operation is None:
        seen(key, asked)
    return balance(kind, ref, unit, now=now)


def too_little(hold: Hold, now: datetime) -> Exhausted | NotFound:
    """Why this cannot be held."""
    found = Account.objects.filter(kind=hold.kind, ref=hold.ref, unit=hold.unit).first()
    if found is None and hold.limit is None:
        return NotFound(f"there is no account {hold.name}: open it first", "no_account", kind=hold.kind)
    left, later = hold.limit, False
    if found is not None:
        found.ceiling = hold.limit
        left, free = stands(found, now).spendable, (found.credit or 0) - found.held - found.spent
        later = found.pace_from is not None and free >= hold.amount
        left = MOST - found.held - found.spent if left is None else left
    return Exhausted(
        f"{hold.name}: {left} left" + (" at this moment" if later else "") + f", {hold.amount} asked",
        "paced" if later else "", kind=hold.kind, ref=hold.ref, unit=hold.unit, asked=hold.amount, available=left,
    )  # fmt: skip


def _moveable(hold: Hold) -> None:
    if checked(hold).kind not in (*BALANCES, BUDGET) or not hold.amount:
        raise Refused(f"{hold.name}: amounts above 0 move on balances and budgets", "invalid_amount")


def _columns(pace: Pace | None) -> dict[str, int | None]:
    if pace is None:
        return {"pace_from": None, "pace_step": 1, "pace_steps": 1}
    start, step = int(pace.checked().start.timestamp()), pace.step // timedelta(seconds=1)
    return {"pace_from": start, "pace_step": step, "pace_steps": pace.steps}


def _write_limit(account: int, change: int, now: datetime) -> None:
    operation = begun(OWN + new_id("limit"), "", "limit", now)
    sides = ("issued", "free") if change > 0 else ("free", "issued")
    moved(operation or 0, [(account, *sides, abs(change))])
