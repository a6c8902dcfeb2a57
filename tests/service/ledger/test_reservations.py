"""Reservations on both stores: whole or not at all, once per key, never more than there is."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from netlift.service.core.refusals import Conflict, Exhausted, Expired, NotFound, Refused
from netlift.service.ledger import accounts
from netlift.service.ledger.books import reconcile
from netlift.service.ledger.holds import Hold
from netlift.service.ledger.models import Account, Entry, Operation, Reservation
from netlift.service.ledger.reservations import commit, release, reserve, reverse
from netlift.service.ledger.selectors import balance
from netlift.service.ledger.sweep import sweep

stored = pytest.mark.usefixtures("store")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TTL = timedelta(minutes=15)
USE = Hold("promotion_uses", "SPRING", 1, limit=2)
MONEY = Hold("budget", "SPRING", 500, unit="EUR")


@stored
def test_what_is_reserved_is_held_then_spent_then_given_back() -> None:
    accounts.open("budget", "SPRING", "EUR", 1_000)
    kept = reserve("k1", [MONEY, USE], ttl=TTL, customer="c1", order="o1", now=NOON)
    assert (kept.status, kept.expires_at, kept.replayed) == ("reserved", NOON + TTL, False)
    assert kept.holds == (Hold("promotion_uses", "SPRING", 1), Hold("budget", "SPRING", 500, unit="EUR"))
    held = balance("budget", "SPRING", "EUR")
    assert (held.held, held.spent, held.spendable) == (500, 0, 500)
    done = commit("k2", kept.reservation_id, order="o2", now=NOON)
    assert (done.status, done.holds, done.expires_at) == ("committed", kept.holds, kept.expires_at)
    assert Reservation.objects.get().order == "o2"
    spent = balance("budget", "SPRING", "EUR")
    assert (spent.held, spent.spent, spent.spendable) == (0, 500, 500)
    part = reverse("k3", kept.reservation_id, [Hold("budget", "SPRING", 120, unit="EUR")], now=NOON)
    assert (part.status, part.holds) == ("committed", (Hold("budget", "SPRING", 120, unit="EUR"),))
    rest = reverse("k4", kept.reservation_id, now=NOON)
    assert (rest.status, [hold.amount for hold in rest.holds]) == ("refunded", [1, 380])
    assert balance("budget", "SPRING", "EUR").spendable == 1_000
    assert reconcile().balanced


@stored
def test_a_repeated_key_gets_the_same_answer_and_does_nothing() -> None:
    first = reserve("k1", [USE], ttl=TTL, now=NOON)
    again = reserve("k1", [USE], ttl=TTL, now=NOON + TTL)
    assert again.replayed
    assert (again.reservation_id, again.expires_at, again.holds) == (
        first.reservation_id,
        first.expires_at,
        first.holds,
    )
    assert reserve("k1", [USE._replace(limit=9)], ttl=TTL, now=NOON).replayed  # a limit is a rule, not content
    done = commit("k2", first.reservation_id, now=NOON)
    twice = commit("k2", first.reservation_id, now=NOON + 2 * TTL)  # the answer stands, though its time is over
    assert twice.replayed
    assert (twice.status, twice.holds) == (done.status, done.holds)
    assert reserve("k1", [USE], ttl=TTL, now=NOON).status == "reserved"  # what was answered then
    back = reverse("k3", first.reservation_id, now=NOON)
    assert back == reverse("k3", first.reservation_id, now=NOON).__class__(
        back.reservation_id, back.status, back.expires_at, back.holds, False
    )
    assert reverse("k3", first.reservation_id, now=NOON).replayed
    assert Operation.objects.count() == 3
    assert reconcile().balanced


@stored
def test_a_key_with_something_else_is_refused() -> None:
    kept = reserve("k1", [USE], ttl=TTL, now=NOON)
    for other in ([USE._replace(amount=2)], [USE._replace(ref="AUTUMN")], []):
        with pytest.raises(Conflict, match="key"):
            reserve("k1", other, ttl=TTL, now=NOON)
    with pytest.raises(Conflict, match="key"):
        reserve("k1", [USE], ttl=TTL, customer="c2", now=NOON)
    with pytest.raises(Conflict, match="key"):
        commit("k1", kept.reservation_id, now=NOON)
    assert balance(*USE[:2]).held == 1
    commit("k2", kept.reservation_id, now=NOON)
    with pytest.raises(Conflict, match="key"):
        reverse("k2", kept.reservation_id, now=NOON)
    assert reconcile().balanced


@stored
def test_all_or_nothing_and_the_refusal_says_what_is_short() -> None:
    accounts.open("budget", "SPRING", "EUR", 700)
    reserve("k1", [USE, MONEY], ttl=TTL, now=NOON)
    with pytest.raises(Exhausted) as refused:
        reserve("k2", [USE, MONEY], ttl=TTL, now=NOON)
    assert refused.value.more == {"kind": "budget", "ref": "SPRING", "unit": "EUR", "asked": 500, "available": 200}
    assert balance("promotion_uses", "SPRING").held == 1
    reserve("k3", [USE], ttl=TTL, now=NOON)
    with pytest.raises(Exhausted) as refused:
        reserve("k4", [USE, MONEY._replace(amount=1)], ttl=TTL, now=NOON)
    assert (refused.value.more["kind"], refused.value.more["available"]) == ("promotion_uses", 0)
    assert (Reservation.objects.count(), Operation.objects.filter(verb="reserve").count()) == (2, 2)
    # a refusal leaves nothing behind, its key least of all
    release("k5", Reservation.objects.order_by("id")[0].name, now=NOON)
    assert reserve("k2", [USE, MONEY], ttl=TTL, now=NOON).status == "reserved"
    assert reconcile().balanced


@stored
def test_from_its_moment_on_a_reservation_cannot_be_committed_swept_or_not() -> None:
    kept = reserve("k1", [USE], ttl=TTL, now=NOON)
    last = reserve("k2", [USE], ttl=TTL, now=NOON)
    commit("k3", last.reservation_id, now=NOON + TTL - timedelta(microseconds=1))
    for number, swept in enumerate((0, 1)):
        assert sweep(now=NOON + TTL) == swept if number else True
        with pytest.raises(Expired, match="over"):
            commit(f"c{number}", kept.reservation_id, now=NOON + TTL)
    assert Reservation.objects.get(name=kept.reservation_id).status == "expired"
    assert (balance(*USE[:2]).held, balance(*USE[:2]).spent) == (0, 1)
    assert sweep(now=NOON + TTL) == 0
    assert release("k5", kept.reservation_id, now=NOON + TTL).status == "expired"
    assert reconcile().balanced


@stored
def test_nothing_is_swept_before_its_time() -> None:
    kept = reserve("k1", [USE], ttl=TTL, now=NOON)
    assert sweep(now=NOON + TTL - timedelta(seconds=1)) == 0
    assert commit("k2", kept.reservation_id, now=NOON).status == "committed"
    assert sweep(now=NOON + 2 * TTL) == 0
    assert reconcile(now=NOON + 2 * TTL).overdue == 0


def test_one_whose_books_are_wrong_does_not_keep_the_others(committed: str) -> None:
    for name in ("WRONG", "RIGHT"):
        reserve(name, [Hold("promotion_uses", name, 1)], ttl=TTL, now=NOON)
    Account.objects.filter(ref="WRONG").update(held=0)
    assert sweep(now=NOON + TTL) == 1
    assert (balance("promotion_uses", "RIGHT").held, reconcile(now=NOON + TTL).overdue) == (0, 1)
    Account.objects.filter(ref="WRONG").update(held=1)
    assert sweep(now=NOON + TTL) == 1
    assert reconcile(now=NOON + TTL).balanced


@stored
def test_release_gives_back_and_is_no_error_twice() -> None:
    kept = reserve("k1", [USE], ttl=TTL, now=NOON)
    assert release("k2", kept.reservation_id, now=NOON).status == "released"
    assert release("k3", kept.reservation_id, now=NOON).status == "released"
    assert balance(*USE[:2]).held == 0
    with pytest.raises(Conflict, match="released"):
        commit("k4", kept.reservation_id, now=NOON)
    paid = reserve("k5", [USE], ttl=TTL, now=NOON)
    with pytest.raises(Conflict, match="reserved"):
        reverse("k6", paid.reservation_id, now=NOON)
    commit("k7", paid.reservation_id, now=NOON)
    with pytest.raises(Conflict, match="refund"):
        release("k8", paid.reservation_id, now=NOON)
    assert reconcile().balanced


@stored
def test_a_refund_gives_back_what_was_allocated_and_no_more() -> None:
    accounts.open("budget", "SPRING", "EUR", 700)
    kept = reserve("k1", [MONEY, USE], ttl=TTL, now=NOON)
    commit("k2", kept.reservation_id, now=NOON)
    reverse("k3", kept.reservation_id, [MONEY._replace(amount=499)], now=NOON)
    with pytest.raises(Exhausted) as refused:
        reverse("k4", kept.reservation_id, [USE, MONEY._replace(amount=2)], now=NOON)
    assert refused.value.more["available"] == 1
    assert balance("promotion_uses", "SPRING").spent == 1  # nothing of a refused refund happened
    with pytest.raises(NotFound, match="WINTER"):
        reverse("k5", kept.reservation_id, [Hold("budget", "WINTER", 1, unit="EUR")], now=NOON)
    assert reverse("k6", kept.reservation_id, [MONEY._replace(amount=1), USE], now=NOON).status == "refunded"
    with pytest.raises(Conflict, match="refunded"):
        reverse("k7", kept.reservation_id, now=NOON)
    assert (balance("budget", "SPRING", "EUR").spent, balance("promotion_uses", "SPRING").spent) == (0, 0)
    assert reconcile().balanced


@stored
def test_a_customers_limit_is_the_one_that_the_hold_names_now() -> None:
    mine = Hold("customer_uses", "SPRING:c1", 1, limit=1)
    reserve("k1", [mine], ttl=TTL, now=NOON)
    with pytest.raises(Exhausted):
        reserve("k2", [mine], ttl=TTL, now=NOON)
    reserve("k3", [mine._replace(limit=2)], ttl=TTL, now=NOON)  # the promotion allows two now
    with pytest.raises(Exhausted) as refused:
        reserve("k4", [mine], ttl=TTL, now=NOON)
    assert refused.value.more["available"] == 0
    reserve("k5", [mine._replace(limit=None)], ttl=TTL, now=NOON)
    assert balance(*mine[:2]).held == 3
    with pytest.raises(Exhausted):
        reserve("k6", [Hold("code_uses", "never", 3, limit=2)], ttl=TTL, now=NOON)
    assert reconcile().balanced


@stored
def test_nothing_to_hold_is_a_reservation_too() -> None:
    kept = reserve("k1", [Hold("budget", "none", 0, unit="EUR")], ttl=TTL, now=NOON)
    assert kept.holds == ()
    assert commit("k2", kept.reservation_id, now=NOON).status == "committed"
    assert reverse("k3", kept.reservation_id, now=NOON).status == "refunded"


@stored
@pytest.mark.parametrize(
    ("hold", "words"),
    [
        (Hold("stars", "x", 1), "no account of kind"),
        (Hold("points", "", 1), "ref has 1 to"),
        (Hold("points", "x", -1), "between 0"),
        (Hold("points", "x", 2**53), "between 0"),
        (Hold("points", "x", 1, limit=5), "limit is for uses"),
        (Hold("code_uses", "x", 1, limit=-1), "not below 0"),
    ],
)
def test_what_cannot_be_held_is_refused(hold: Hold, words: str) -> None:
    with pytest.raises(Refused, match=words):
        reserve("k1", [hold], ttl=TTL)


@stored
def test_sums_stay_whole_numbers_that_every_program_reads() -> None:
    huge = Hold("promotion_uses", "SPRING", 2**53 - 1)
    reserve("k1", [huge], ttl=TTL, now=NOON)
    with pytest.raises(Exhausted) as refused:
        reserve("k2", [huge._replace(amount=1)], ttl=TTL, now=NOON)
    assert refused.value.more["available"] == 0


@stored
def test_what_was_never_opened_is_not_found() -> None:
    for hold in (Hold("points", "c1", 1), Hold("gift_card", "g", 1, unit="EUR"), Hold("budget", "B", 1, unit="EUR")):
        with pytest.raises(NotFound, match="open it first"):
            reserve("k1", [hold], ttl=TTL)
    for act in (commit, release, reverse):
        with pytest.raises(NotFound, match="no such reservation"):
            act("k1", "rsv_none")
    assert not Entry.objects.exists()
    with pytest.raises(Refused, match="key"):
        reserve("~mine", [USE], ttl=TTL)
    with pytest.raises(Refused, match="lasts"):
        reserve("k1", [USE], ttl=timedelta(0))


@stored
def test_too_many_holds_are_refused_and_equal_ones_add_up() -> None:
    with pytest.raises(Refused, match="at most 100"):
        reserve("k1", [Hold("code_uses", str(number), 1) for number in range(101)], ttl=TTL)
    kept = reserve("k2", [USE, USE], ttl=TTL)
    assert kept.holds == (Hold("promotion_uses", "SPRING", 2),)


def test_two_that_use_one_key_at_once_are_told_apart(committed: str) -> None:
    """While one operation under a key is not finished, another waits, and is then refused."""
    if connection.vendor != "postgresql":
        pytest.skip("writers of this store never run at once")
    import psycopg

    kept = reserve("k1", [USE], ttl=TTL, now=NOON)
    with psycopg.connect(committed) as other, ThreadPoolExecutor(1) as aside:
        other.execute(
            "INSERT INTO ledger_operation (key, digest, verb, status, reason, made_at)"
            " VALUES ('k2', 'other', 'grant', '', '', now())"
        )

        def late() -> str:
            try:
                commit("k2", kept.reservation_id, now=NOON)
            except Conflict as refused:
                return refused.code
            finally:
                connection.close()
            return "committed"

        told = aside.submit(late)
        for _ in range(500):
            if other.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone() != (0,):
                break
            time.sleep(0.01)
        other.commit()
        assert told.result(20) == "key_reused"
    assert Reservation.objects.get().status == "reserved"
    assert balance(*USE[:2]).held == 1
