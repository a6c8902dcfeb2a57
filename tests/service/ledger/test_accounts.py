"""Accounts: opened once, granted once per key, paced, lapsed, and never below what is used."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from netlift.service.core.refusals import Conflict, Exhausted, NotFound, Refused
from netlift.service.ledger import accounts, people
from netlift.service.ledger.books import Liability, liability, reconcile
from netlift.service.ledger.codes import claim, make_word
from netlift.service.ledger.holds import Hold
from netlift.service.ledger.lots import lapse
from netlift.service.ledger.models import Account, Entry, HeldAmount, Reservation
from netlift.service.ledger.pace import Pace
from netlift.service.ledger.reservations import commit, release, reserve, reverse
from netlift.service.ledger.selectors import balance, journal
from netlift.service.ledger.sweep import sweep

pytestmark = pytest.mark.usefixtures("store")

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY, TTL = timedelta(days=1), timedelta(minutes=15)


def test_an_account_is_opened_once() -> None:
    opened = accounts.open("budget", "SPRING", "EUR", 1_000)
    assert (opened.credit, opened.held, opened.spent, opened.spendable) == (1_000, 0, 0, 1_000)
    assert accounts.open("budget", "SPRING", "EUR", 1_000) == opened
    with pytest.raises(Conflict, match="set its limit"):
        accounts.open("budget", "SPRING", "EUR", 2_000)
    assert accounts.open("budget", "SPRING", "USD", 5).credit == 5
    assert accounts.open("points", "c1").credit == 0
    assert accounts.open("promotion_uses", "SPRING").spendable is None
    with pytest.raises(NotFound):
        balance("budget", "AUTUMN", "EUR")
    assert reconcile().balanced


def test_a_limit_moves_but_not_below_what_is_used() -> None:
    assert accounts.set_limit("promotion_uses", "SPRING", 5).spendable == 5
    kept = reserve("k1", [Hold("promotion_uses", "SPRING", 3)], ttl=TTL, now=NOON)
    commit("k2", kept.reservation_id, now=NOON)
    with pytest.raises(Conflict) as refused:
        accounts.set_limit("promotion_uses", "SPRING", 2)
    assert refused.value.more["used"] == 3
    assert accounts.set_limit("promotion_uses", "SPRING", 3).spendable == 0
    with pytest.raises(Exhausted):
        reserve("k3", [Hold("promotion_uses", "SPRING", 1)], ttl=TTL)
    assert accounts.set_limit("promotion_uses", "SPRING", None).spendable is None
    reserve("k3", [Hold("promotion_uses", "SPRING", 1)], ttl=TTL)
    assert accounts.set_limit("promotion_uses", "SPRING", 9).spendable == 5
    assert accounts.set_limit("budget", "NEW", 70, "EUR").spendable == 70
    with pytest.raises(Refused, match="grant"):
        accounts.set_limit("points", "c1", 5)
    assert reconcile().balanced


def test_a_grant_is_done_once_per_key() -> None:
    for _ in range(2):
        assert accounts.grant("g1", "points", "c1", 50, reason="order 7").credit == 50
    with pytest.raises(Conflict, match="key"):
        accounts.grant("g1", "points", "c1", 51, reason="order 7")
    with pytest.raises(NotFound, match="open it"):
        accounts.grant("g2", "budget", "SPRING", 50, "EUR")
    accounts.open("budget", "SPRING", "EUR", 10)
    assert accounts.grant("g2", "budget", "SPRING", 50, "EUR").credit == 60
    for wrong in (0, -1, 2**53):
        with pytest.raises(Refused):
            accounts.grant("g3", "points", "c1", wrong)
    accounts.grant("g4", "points", "rich", 2**53 - 1)
    with pytest.raises(Refused, match="cannot hold more"):
        accounts.grant("g5", "points", "rich", 1)
    with pytest.raises(Refused, match="balances and budgets"):
        accounts.grant("g3", "promotion_uses", "SPRING", 1)
    assert reconcile().balanced


def test_only_what_is_free_is_withdrawn() -> None:
    accounts.grant("g1", "points", "c1", 50)
    reserve("k1", [Hold("points", "c1", 20)], ttl=TTL, now=NOON)
    with pytest.raises(Exhausted) as refused:
        accounts.withdraw("w1", "points", "c1", 31)
    assert refused.value.more["available"] == 30
    for _ in range(2):
        assert accounts.withdraw("w1", "points", "c1", 30).spendable == 0
    with pytest.raises(Conflict, match="key"):
        accounts.withdraw("w1", "points", "c1", 29)
    with pytest.raises(NotFound):
        accounts.withdraw("w2", "points", "c2", 1)
    assert [(one.source, one.target, one.amount) for one in journal(Account.objects.get().id)] == [
        ("issued", "free", 50), ("free", "held", 20), ("free", "issued", 30),
    ]  # fmt: skip
    assert reconcile().balanced


def test_a_gift_card_pays_what_is_on_it_and_no_more() -> None:
    accounts.grant("g1", "gift_card", "card", 3_000, "EUR")
    kept = reserve("k1", [Hold("gift_card", "card", 2_999, unit="EUR")], ttl=TTL, now=NOON)
    with pytest.raises(Exhausted):
        reserve("k2", [Hold("gift_card", "card", 2, unit="EUR")], ttl=TTL, now=NOON)
    with pytest.raises(NotFound):
        reserve("k3", [Hold("gift_card", "card", 1, unit="USD")], ttl=TTL, now=NOON)
    assert liability() == (Liability("gift_card", "EUR", 3_000, 2_999, 0, 1),)
    commit("k4", kept.reservation_id, now=NOON)
    accounts.grant("g2", "points", "c1", 7)
    assert liability() == (Liability("gift_card", "EUR", 1, 0, 2_999, 1), Liability("points", "", 7, 0, 0, 1))


def test_a_budget_by_day_gives_a_share_each_day() -> None:
    pace = Pace.daily(NOON, NOON + 3 * DAY)
    accounts.open("budget", "SPRING", "EUR", 1_000, pace=pace, now=NOON)
    hold = Hold("budget", "SPRING", 333, unit="EUR")
    with pytest.raises(Exhausted) as refused:
        reserve("k0", [hold], ttl=DAY, now=NOON - timedelta(seconds=1))
    assert (refused.value.code, refused.value.more["available"]) == ("paced", 0)
    reserve("k1", [hold], ttl=9 * DAY, now=NOON)
    with pytest.raises(Exhausted) as refused:
        reserve("k2", [hold._replace(amount=1)], ttl=DAY, now=NOON + DAY - timedelta(seconds=1))
    assert refused.value.code == "paced"
    assert balance("budget", "SPRING", "EUR", now=NOON + DAY).spendable == 333
    reserve("k3", [hold], ttl=9 * DAY, now=NOON + DAY)
    with pytest.raises(Exhausted):
        reserve("k4", [hold._replace(amount=335)], ttl=DAY, now=NOON + 2 * DAY)
    reserve("k5", [hold._replace(amount=334)], ttl=9 * DAY, now=NOON + 2 * DAY)
    with pytest.raises(Exhausted) as refused:
        reserve("k6", [hold._replace(amount=1)], ttl=DAY, now=NOON + 9 * DAY)
    assert refused.value.code == "exhausted"
    with pytest.raises(Refused, match="pace"):
        accounts.open("promotion_uses", "SPRING", credit=5, pace=pace)
    with pytest.raises(Refused, match="pace"):
        accounts.set_limit("budget", "OTHER", None, "EUR", pace=pace)
    with pytest.raises(Refused, match="end after"):
        Pace.linear(NOON, NOON)
    assert reconcile(now=NOON).balanced


@pytest.mark.parametrize("credit", [1, 7, 999, 100_000, 2**53 - 2])
def test_the_statement_and_the_sum_agree_on_every_share(credit: int) -> None:
    """What `released` says can be held at a moment, and not one unit more."""
    pace = Pace.linear(NOON, NOON + timedelta(seconds=97))
    accounts.open("budget", "SPRING", "EUR", credit, pace=pace, now=NOON)
    for number, seconds in enumerate((-1, 0, 1, 40, 95, 96, 97, 10_000)):
        now = NOON + timedelta(seconds=seconds)
        most = pace.released(credit, now)
        with pytest.raises(Exhausted):
            reserve(f"m{number}", [Hold("budget", "SPRING", most + 1, unit="EUR")], ttl=TTL, now=now)
        if most:
            kept = reserve(f"k{number}", [Hold("budget", "SPRING", most, unit="EUR")], ttl=TTL, now=now)
            release(f"r{number}", kept.reservation_id, now=now)
    assert pace.released(credit, NOON + timedelta(seconds=96)) == credit


def test_points_that_were_not_spent_in_time_are_gone() -> None:
    accounts.grant("g1", "points", "c1", 100, expires_at=NOON + DAY, now=NOON)
    accounts.grant("g2", "points", "c1", 50, expires_at=NOON + 2 * DAY, now=NOON)
    accounts.grant("g3", "points", "c1", 10, now=NOON)
    kept = reserve("k1", [Hold("points", "c1", 30)], ttl=TTL, now=NOON)
    commit("k2", kept.reservation_id, now=NOON)
    assert lapse(now=NOON + DAY - timedelta(seconds=1)) == 0
    sweep(now=NOON + DAY)
    assert balance("points", "c1").spendable == 60  # 30 were spent of the 100 that lapsed
    assert lapse(now=NOON + DAY) == 0
    reverse("k3", kept.reservation_id, [Hold("points", "c1", 5)], now=NOON + DAY)
    assert balance("points", "c1").spendable == 65  # what comes back stays until the next lot lapses
    lapse(now=NOON + 2 * DAY)
    assert balance("points", "c1").spendable == 10
    lapse(now=NOON + 99 * DAY)
    assert balance("points", "c1").spendable == 10
    assert reconcile().balanced


def test_what_has_lapsed_cannot_be_held_though_nobody_swept() -> None:
    accounts.grant("g1", "coupon", "c1:SPRING", 500, "EUR", expires_at=NOON, now=NOON - DAY)
    coupon = Hold("coupon", "c1:SPRING", 500, unit="EUR")
    accounts.grant("g2", "coupon", "c2:SPRING", 500, "EUR", expires_at=NOON, now=NOON - DAY)
    with pytest.raises(Exhausted) as refused:
        reserve("k1", [coupon], ttl=TTL, now=NOON)
    assert refused.value.more["available"] == 0
    assert balance("coupon", "c2:SPRING", "EUR").credit == 500  # others wait for the sweeper
    with pytest.raises(Refused, match="lapses"):
        accounts.grant("g3", "budget", "SPRING", 1, "EUR", expires_at=NOON)
    assert reconcile().balanced


def test_the_store_itself_refuses_what_must_not_be() -> None:
    accounts.open("budget", "SPRING", "EUR", 10)
    kept = reserve("k1", [Hold("budget", "SPRING", 10, unit="EUR")], ttl=TTL, now=NOON)
    entry = Entry.objects.order_by("-id")[0]
    wrong = [
        (Account.objects.all(), {"held": -1}),
        (Account.objects.all(), {"spent": -1}),
        (Account.objects.all(), {"spent": 1}),
        (Account.objects.all(), {"ceiling": 9}),
        (Account.objects.all(), {"pace_steps": 0}),
        (Reservation.objects.filter(name=kept.reservation_id), {"status": "lost"}),
        (HeldAmount.objects.all(), {"returned": 11}),
        (HeldAmount.objects.all(), {"amount": 0}),
        (Entry.objects.filter(id=entry.id), {"amount": 0}),
        (Entry.objects.filter(id=entry.id), {"source": entry.target}),
        (Entry.objects.filter(id=entry.id), {"target": "pocket"}),
    ]
    for rows, change in wrong:
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**change)
    assert reconcile().balanced


@pytest.mark.parametrize(
    ("change", "part"),
    [({"held": 9}, "held"), ({"spent": 1, "credit": 99}, "spent"), ({"credit": 99}, "credit")],
)
def test_books_that_do_not_balance_are_told(change: dict[str, int], part: str) -> None:
    accounts.open("budget", "SPRING", "EUR", 20)
    reserve("k1", [Hold("budget", "SPRING", 10, unit="EUR")], ttl=TTL, now=NOON)
    assert reconcile(now=NOON).balanced
    Account.objects.update(**change)
    found = reconcile(now=NOON)
    assert not found.balanced
    assert part in [one.part for one in found.differences]
    assert found.differences[0].account == "budget/SPRING/EUR"


def test_a_reservation_that_says_other_than_the_journal_is_told() -> None:
    reserve("k1", [Hold("promotion_uses", "SPRING", 1)], ttl=TTL, now=NOON)
    Reservation.objects.update(status="released")
    (one,) = reconcile(now=NOON).differences
    assert (one.part, one.row, one.journal, one.reservations) == ("held", 1, 1, 0)
    assert reconcile(now=NOON + DAY).overdue == 0
    Reservation.objects.update(status="reserved")
    assert reconcile(now=NOON + DAY).overdue == 1


def test_a_person_is_told_and_unlinked_while_the_books_balance() -> None:
    accounts.grant("g1", "points", "ab12", 50)
    holds = [
        Hold("customer_uses", "SPRING:ab12", 1),
        Hold("points", "ab12", 20),
        Hold("customer_uses", "SPRING:ab1", 1),
    ]
    kept = reserve("k1", holds, ttl=TTL, customer="ab12", order="o1", now=NOON)
    commit("k2", kept.reservation_id, now=NOON)
    make_word("SPRING20", "SPRING")
    claim("k3", "spring20", "ab12")
    told = people.export("ab12")
    assert [(one["kind"], one["ref"]) for one in told["accounts"]] == [
        ("customer_uses", "SPRING:ab12"), ("points", "ab12"),
    ]  # fmt: skip
    assert ([one["order"] for one in told["reservations"]], len(told["claims"])) == (["o1"], 1)
    assert people.erase("ab12") == 4
    assert people.export("ab12") == {"accounts": [], "reservations": [], "claims": []}
    assert Account.objects.filter(ref__contains="ab12").count() == 0
    assert balance("customer_uses", "SPRING:ab1").spent == 1
    assert people.erase("ab12") == 0
    assert reconcile().balanced
