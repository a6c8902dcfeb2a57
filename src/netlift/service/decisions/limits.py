"""What the ledger's accounts say about promotions: how much is used, and what an order would hold."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.db import connection

from netlift.promotions.cart import Facts
from netlift.promotions.quote import Quote
from netlift.service.decisions.live import Limited, Live
from netlift.service.decisions.shopper import Shopper
from netlift.service.ledger.holds import Hold
from netlift.service.ledger.models import Account as Row
from netlift.service.ledger.pace import Pace

Account = tuple[str, str, str]
"""Kind, ref, unit."""


class Balance(NamedTuple):
    """What of an account is used, and what is left."""

    used: int
    """Held and spent."""
    left: int | None
    """Of its credit, as far as the pace has come; None: no credit limits it."""


_DEPOSIT = "deposit:"


def deposit(promotion_id: str, customer: str, currency: str) -> Account:
    """Where a customer's deposit for a pre-sale is kept."""
    return "wallet", f"{_DEPOSIT}{promotion_id}:{customer}", currency


def accounts(
    live: Live, limits: Iterable[Limited], shopper: Shopper, plan: Account | None, currency: str
) -> list[Account]:
    """The accounts that a price depends on."""
    found: list[Account] = [] if plan is None else [plan]
    if shopper.customer:
        found += [deposit(name, shopper.customer, currency) for name in live.presales]
    if shopper.customer and shopper.points:
        found.append(("points", shopper.customer, ""))
    for one in limits:
        if one.total is not None:
            found.append(("promotion_uses", one.id, ""))
        if one.per_customer is not None and shopper.customer:
            found.append(("customer_uses", f"{one.id}:{shopper.customer}", ""))
        if one.budget is not None:
            found.append(("budget", one.id, one.currency))
    return found


_BALANCES = (
    f"SELECT kind, ref, unit, credit, held + spent, pace_from, pace_step, pace_steps FROM {Row._meta.db_table} WHERE "
)


def balances(wanted: Iterable[Account], now: datetime) -> dict[Account, Balance]:
    """Accounts as they stand, in one query; those that were never opened are left out."""
    refs: dict[tuple[str, str], list[str]] = {}
    for kind, ref, unit in wanted:
        refs.setdefault((kind, unit), []).append(ref)
    if not refs:
        return {}
    places = (f"(kind = %s AND unit = %s AND ref IN ({', '.join(['%s'] * len(names))}))" for names in refs.values())
    values = [value for (kind, unit), names in refs.items() for value in (kind, unit, *names)]
    with connection.cursor() as cursor:
        cursor.execute(_BALANCES + " OR ".join(places), values)
        return {(row[0], row[1], row[2]): _balance(row[3], row[4], row[5:], now) for row in cursor.fetchall()}


def _balance(credit: int | None, used: int, paced: tuple[int | None, int, int], now: datetime) -> Balance:
    """The ceiling is left out: it is what the last order found in the definition, which may have changed since."""
    if credit is None:
        return Balance(used, None)
    start, step, steps = paced
    if start is not None:
        credit = Pace(datetime.fromtimestamp(start, UTC), timedelta(seconds=step), steps).released(credit, now)
    return Balance(used, max(0, credit - used))


def plan_account(live: Live) -> Account | None:
    """Where the plan's budget is kept; None where it has none."""
    if live.head is None or not live.head.budget_minor:
        return None
    return "budget", f"plan:{live.plan_id}", live.head.currency


def with_uses(facts: Facts, limits: Iterable[Limited], shopper: Shopper, balances: Mapping[Account, Balance]) -> Facts:
    """The facts with what is used; where an account has less left than the definition says, the account counts."""
    uses: dict[str, int] = {}
    mine: dict[str, int] = {}
    spent: dict[str, int] = {}
    for one in limits:
        uses |= _used(one.id, one.total, balances.get(("promotion_uses", one.id, "")))
        mine |= _used(one.id, one.per_customer, balances.get(("customer_uses", f"{one.id}:{shopper.customer}", "")))
        spent |= _used(one.id, one.budget, balances.get(("budget", one.id, one.currency)))
    paid = {
        ref.removeprefix(_DEPOSIT).rpartition(":")[0]: balance.left or 0 for (kind, ref, _), balance in balances.items()
        if kind == "wallet" and ref.startswith(_DEPOSIT)
    }  # fmt: skip
    owned = balances.get(("points", shopper.customer, ""))
    points = min(facts.points, owned.left or 0) if owned is not None else 0
    return replace(facts, uses=uses, customer_uses=mine, spent=spent, points=max(0, points), deposits=paid)


def used_up(live: Live, facts: Facts, plan: Account | None, balances: Mapping[Account, Balance]) -> Mapping[str, str]:
    """Offers of the plan that nobody can use any more, with the code of the reason."""
    whole = balances.get(plan) if plan is not None else None
    budget_minor = live.head.budget_minor if live.head is not None else 0
    if whole is not None and (whole.used >= budget_minor or whole.left == 0):
        return dict.fromkeys(live.offers, "budget_spent")
    found = {}
    for offer, carried in live.offers.items():
        for one in carried:
            total, budget = one.limits.total, one.limits.budget
            if total is not None and facts.uses.get(one.id, 0) >= total:
                found[offer] = "used_up"
            elif budget is not None and facts.spent.get(one.id, 0) >= budget:
                found[offer] = "budget_spent"
    return found


class Take(NamedTuple):
    """What an order holds of an account, and the promotions that need it."""

    hold: Hold
    promotions: tuple[str, ...] = ()


def takes(live: Live, quote: Quote, limits: Iterable[Limited], facts: Facts, plan: Account | None) -> tuple[Take, ...]:
    """What an order at this price takes up until it is committed or released."""
    given, customer = discounts(quote), facts.customer or ""
    found = [
        Take(
            Hold("wallet", deposit(name, customer, "")[1], min(facts.deposits[name], quote.gross), None, quote.currency)
        )
        for name in live.presales
        if name in quote.applied and facts.deposits.get(name)
    ]
    for one in limits:
        if one.id not in quote.applied:
            continue
        if one.total is not None:
            found.append(Take(Hold("promotion_uses", one.id, 1, one.total), (one.id,)))
        if one.per_customer is not None and customer:
            ref = f"{one.id}:{customer}"
            found.append(Take(Hold("customer_uses", ref, 1, one.per_customer), (one.id,)))
        if one.budget is not None and given.get(one.id):
            found.append(Take(Hold("budget", one.id, given[one.id], one.budget, one.currency), (one.id,)))
    planned = tuple(sorted(name for name in given if of_plan(live, name)))
    if plan is not None and planned and live.head is not None:
        amount = sum(given[name] for name in planned)
        found.append(Take(Hold("budget", plan[1], amount, live.head.budget_minor, plan[2]), planned))
    if quote.points_burned and customer:
        found.append(Take(Hold("points", customer, quote.points_burned)))
    return tuple(found)


def of_plan(live: Live, promotion_id: str) -> bool:
    """Whether a promotion runs because of the plan; one of the same id in the catalogue does not."""
    return promotion_id in live.of_plan and promotion_id not in live.catalogue


def discounts(quote: Quote) -> dict[str, int]:
    """By promotion, what it takes off goods and delivery, minor units."""
    found: dict[str, int] = {}
    for one in quote.adjustments:
        found[one.promotion] = found.get(one.promotion, 0) + one.amount
    for other in quote.shipping_adjustments:
        found[other.promotion] = found.get(other.promotion, 0) + other.amount
    return found


def _used(name: str, limit: int | None, balance: Balance | None) -> dict[str, int]:
    if balance is None:
        return {}
    used = balance.used
    if limit is not None and balance.left is not None:
        used = max(used, limit - balance.left)
    return {name: used}
