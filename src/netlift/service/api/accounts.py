"""Budgets, balances and counters: open, grant, withdraw, limit; what the shop owes, and the proof of the books."""

from datetime import datetime
from typing import Annotated, Literal

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from ninja import Path, Query, Router, Schema
from pydantic import AwareDatetime, ConfigDict, Field, StringConstraints

from netlift.service.access.log import record
from netlift.service.api.frame import caller_of, needs
from netlift.service.api.pages import Page, page
from netlift.service.api.reservations import Amount, Kind, Name, Ref, Text, Unit, named
from netlift.service.core.refusals import Refused
from netlift.service.ledger import accounts as ledger
from netlift.service.ledger import books as proof
from netlift.service.ledger.holds import MOST
from netlift.service.ledger.models import Account
from netlift.service.ledger.pace import Pace
from netlift.service.ledger.selectors import Balance, balance, done, journal, stands
from netlift.service.privacy.pseudonyms import pseudonym

router = Router(tags=["accounts"])

Cursor = Annotated[str | None, Query(max_length=1_000)]
Limit = Annotated[int, Query(ge=1, le=500)]
Row = Annotated[int, Path(ge=1, le=2**63 - 1)]
Credit = Annotated[int, Field(ge=0, le=MOST, strict=True)] | None
Granted = Literal["points", "gift_card", "coupon", "wallet", "budget"]
Reason = Annotated[str, StringConstraints(max_length=200)]


class AccountIn(Schema):
    """Which account: by its ref, or for a customer's own by the customer."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    ref: Ref | None = None
    customer_id: Text = ""
    """Instead of the ref: the account's ref is then the customer's pseudonym."""
    unit: Unit = ""

    def name(self) -> str:
        """The account's ref.

        Raises:
            Refused: neither or both were given.
        """
        if (self.ref is None) != bool(self.customer_id.strip()):
            raise Refused("name the account by its ref, or by its customer", "no_ref")
        return self.ref or pseudonym(self.customer_id)


class PaceIn(Schema):
    """In which shares a budget becomes spendable."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["linear", "daily"]
    start: AwareDatetime
    end: AwareDatetime

    def pace(self) -> Pace:
        """The ledger's pace."""
        return (Pace.linear if self.kind == "linear" else Pace.daily)(self.start, self.end)


class LimitIn(AccountIn):
    """What an account may hold and spend."""

    credit: Credit = None
    """Null: not limited."""
    pace: PaceIn | None = None


class GrantIn(AccountIn):
    """What is added to a balance or a budget."""

    request_id: Name
    kind: Granted
    amount: Amount
    reason: Reason = ""
    """For people; no personal data."""
    expires_at: AwareDatetime | None = None


class WithdrawIn(AccountIn):
    """What is taken back of what was granted and is free."""

    request_id: Name
    kind: Granted
    amount: Amount
    reason: Reason = ""


class BalanceOut(Schema):
    """An account as it stands; null: not limited."""

    kind: str
    ref: str
    unit: str
    credit: int | None
    held: int
    spent: int
    spendable: int | None
    """What a reservation could hold now."""


class AccountOut(BalanceOut):
    """An account in a list."""

    id: int


class EntryOut(Schema):
    """An amount that moved from one part of an account to another."""

    id: int
    verb: str
    source: str
    target: str
    amount: int
    at: datetime
    reason: str


class LiabilityOut(Schema):
    """What the shop owes on balances of one kind and unit."""

    kind: str
    unit: str
    owed: int
    held: int
    spent: int
    accounts: int


class DifferenceOut(Schema):
    """Where an account, its journal and its reservations do not say the same."""

    account: str
    part: str
    row: int
    journal: int
    reservations: int | None


class BooksOut(Schema):
    """What a reconciliation found."""

    balanced: bool
    accounts: int
    operations: int
    entries: int
    overdue: int
    strays: int
    differences: list[DifferenceOut]


@router.get("", auth=needs("ledger:read"), response=Page[AccountOut])
def accounts(
    request: HttpRequest, kind: Kind | None = None, cursor: Cursor = None, limit: Limit = 100
) -> Page[AccountOut]:
    """Accounts, page by page."""
    rows = Account.objects.all() if kind is None else Account.objects.filter(kind=kind)
    found, after = page(rows, "id", cursor, limit)
    return Page(items=[_listed(one) for one in found], next=after)


@router.post("/balance", auth=needs("ledger:read"), response=BalanceOut)
def read(request: HttpRequest, data: AccountIn) -> Balance:
    """One account as it stands; by POST, because a customer's id has no place in an address."""
    return balance(data.kind, data.name(), data.unit)


@router.get("/liability", auth=needs("ledger:read"), response=list[LiabilityOut])
def liability(request: HttpRequest) -> tuple[proof.Liability, ...]:
    """What the shop owes: points, gift cards, coupons and wallets by unit."""
    return proof.liability()


@router.get("/books", auth=needs("ledger:read"), response=BooksOut)
def books(request: HttpRequest) -> proof.Books:
    """Every account against its journal and its reservations; it reads all of them."""
    return proof.reconcile()


@router.post("/limit", auth=needs("ledger:adjust"), response=BalanceOut)
def limit(request: HttpRequest, data: LimitIn) -> Balance:
    """Set what a counter or a budget may hold and spend, and at what pace; opens it where it is not there."""
    pace = None if data.pace is None else data.pace.pace()
    with transaction.atomic():
        found = ledger.set_limit(data.kind, data.name(), data.credit, data.unit, pace=pace)
        record(caller_of(request).name, "ledger.limited", _name(found), credit=found.credit)
    return found


@router.post("/grant", auth=needs("ledger:adjust"), response=BalanceOut)
def grant(request: HttpRequest, data: GrantIn) -> Balance:
    """Add to a balance or a budget, once per request."""
    key = named(request, data.request_id)
    with transaction.atomic():
        again = done(key)
        found = ledger.grant(
            key, data.kind, data.name(), data.amount, data.unit, data.reason, expires_at=data.expires_at
        )
        if not again:
            record(caller_of(request).name, "ledger.granted", _name(found), amount=data.amount, key=data.request_id)
    return found


@router.post("/withdraw", auth=needs("ledger:adjust"), response=BalanceOut)
def withdraw(request: HttpRequest, data: WithdrawIn) -> Balance:
    """Take back what was granted and is neither held nor spent, once per request."""
    key = named(request, data.request_id)
    with transaction.atomic():
        again = done(key)
        found = ledger.withdraw(key, data.kind, data.name(), data.amount, data.unit, data.reason)
        if not again:
            record(caller_of(request).name, "ledger.withdrawn", _name(found), amount=data.amount, key=data.request_id)
    return found


@router.get("/{account_id}/journal", auth=needs("ledger:read"), response=Page[EntryOut])
def entries(request: HttpRequest, account_id: Row, cursor: Cursor = None, limit: Limit = 100) -> Page[EntryOut]:
    """What moved on an account, oldest first."""
    found, after = page(journal(account_id), "id", cursor, limit)
    told = [
        EntryOut(id=one.pk, verb=one.operation.verb, source=one.source, target=one.target, amount=one.amount,
                 at=one.operation.made_at, reason=one.operation.reason)
        for one in found
    ]  # fmt: skip
    return Page(items=told, next=after)


def _listed(account: Account) -> AccountOut:
    found = stands(account, timezone.now())
    return AccountOut(
        id=account.pk, kind=found.kind, ref=found.ref, unit=found.unit, credit=found.credit, held=found.held,
        spent=found.spent, spendable=found.spendable,
    )  # fmt: skip


def _name(found: Balance) -> str:
    return f"{found.kind}/{found.ref}" + (f"/{found.unit}" if found.unit else "")
