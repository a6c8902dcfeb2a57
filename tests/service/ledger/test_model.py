"""Random deeds on the ledger and on a plain model of it in memory: both say the same, on both paths."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from netlift.service.core.refusals import Refused
from netlift.service.ledger import accounts, portable, reservations, sweep
from netlift.service.ledger.books import reconcile
from netlift.service.ledger.holds import BALANCES, BUDGET, COUNTERS, KINDS, MOST, Hold
from netlift.service.ledger.models import Account, Reservation

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
Place = tuple[str, str, str]
PLACES: tuple[Place, ...] = (
    ("promotion_uses", "A", ""), ("promotion_uses", "B", ""), ("customer_uses", "A:c1", ""), ("code_uses", "h1", ""),
    ("budget", "A", "EUR"), ("budget", "B", "EUR"), ("points", "c1", ""), ("points", "c2", ""),
    ("gift_card", "g1", "EUR"),
)  # fmt: skip


class No(Exception):  # noqa: N818
    """The model refuses, by the code of a refusal."""


@dataclass
class Row:
    credit: int | None = None
    ceiling: int | None = None
    held: int = 0
    spent: int = 0
    lots: list[tuple[datetime, int]] = field(default_factory=list)
    seen_until: datetime = START - timedelta(days=1)
    lapsed: int = 0


@dataclass
class Kept:
    status: str
    expires_at: datetime
    amounts: dict[Place, int]
    returned: dict[Place, int] = field(default_factory=dict)


class Model:
    """What the ledger should do, without a store."""

    def __init__(self) -> None:
        self.rows: dict[Place, Row] = {}
        self.kept: list[Kept] = []
        self.keys: dict[str, tuple[Any, Any]] = {}

    def once(self, key: str, asked: Any, act: Callable[[], Any]) -> Any:
        if key in self.keys:
            if self.keys[key][0] != asked:
                raise No("key_reused")
            return self.keys[key][1]
        answer = act()
        self.keys[key] = asked, answer
        return answer

    def reserve(self, holds: list[Hold], ttl: timedelta, now: datetime) -> Any:
        wanted: dict[Place, Hold] = {}
        for hold in holds:
            place = hold.kind, hold.ref, hold.unit
            before = wanted.get(place)
            limits = [one.limit for one in (hold, before) if one is not None and one.limit is not None]
            amount = hold.amount + (before.amount if before else 0)
            wanted[place] = Hold(*place[:2], amount, min(limits, default=None), place[2])
        order = sorted(wanted, key=lambda place: (KINDS.index(place[0]), *place[1:]))
        self.lapse([place for place in order if place[0] in BALANCES and wanted[place].amount], now)
        for place in order:
            if wanted[place].amount:
                self._check(place, wanted[place])
        for place in order:
            if wanted[place].amount:
                row = self.rows.setdefault(place, Row())
                row.held, row.ceiling = row.held + wanted[place].amount, wanted[place].limit
        amounts = {place: wanted[place].amount for place in order if wanted[place].amount}
        self.kept.append(Kept("reserved", now + ttl, amounts))
        return len(self.kept) - 1, "reserved", amounts

    def _check(self, place: Place, hold: Hold) -> None:
        row = self.rows.get(place)
        if row is None:
            if place[0] not in COUNTERS and (place[0] != BUDGET or hold.limit is None):
                raise No("exhausted" if hold.limit is not None else "no_account")
            row = Row()
        used = row.held + row.spent + hold.amount
        if used > (MOST if row.credit is None else row.credit) or (hold.limit is not None and used > hold.limit):
            raise No("exhausted")

    def settle(self, verb: str, number: int, now: datetime) -> Any:
        kept = self.kept[number]
        over = now >= kept.expires_at
        if kept.status != "reserved" or (verb == "commit" and over):
            if verb == "release" and kept.status in {"released", "expired"}:
                raise No(kept.status)  # an answer as it stands, which no key keeps
            raise No("reservation_expired" if kept.status in {"reserved", "expired"} else f"already_{kept.status}")
        kept.status = "committed" if verb == "commit" else "released"
        self._give_back(kept, spend=verb == "commit")
        return number, kept.status, kept.amounts

    def _give_back(self, kept: Kept, *, spend: bool) -> None:
        for place, amount in kept.amounts.items():
            self.rows[place].held -= amount
            self.rows[place].spent += amount if spend else 0

    def reverse(self, number: int, part: dict[Place, int] | None) -> Any:
        kept = self.kept[number]
        left = {place: amount - kept.returned.get(place, 0) for place, amount in kept.amounts.items()}
        if kept.status != "committed":
            raise No("not_committed")
        wanted = {place: amount for place, amount in (left if part is None else part).items() if amount}
        if kept.amounts and not wanted:
            raise No("nothing_to_refund")
        for place in sorted(wanted, key=lambda place: (KINDS.index(place[0]), *place[1:])):
            if place not in left:
                raise No("not_found")
            if wanted[place] > left[place]:
                raise No("exhausted")
        for place, amount in wanted.items():
            kept.returned[place] = kept.returned.get(place, 0) + amount
            self.rows[place].spent -= amount
        if kept.returned == kept.amounts:
            kept.status = "refunded"
        return number, kept.status, wanted

    def sweep(self, now: datetime) -> int:
        due = [kept for kept in self.kept if kept.status == "reserved" and kept.expires_at <= now]
        for kept in due:
            kept.status = "expired"
            self._give_back(kept, spend=False)
        self.lapse(list(self.rows), now)
        return len(due)

    def lapse(self, places: list[Place], now: datetime) -> None:
        for place in places:
            row = self.rows.get(place)
            if row is None or not any(row.seen_until < at <= now for at, _ in row.lots):
                continue
            row.seen_until = now
            gone = max(0, sum(amount for at, amount in row.lots if at <= now) - row.lapsed - row.held - row.spent)
            row.lapsed += gone
            row.credit = (row.credit or 0) - gone

    def grant(self, place: Place, amount: int, expires_at: datetime | None) -> Any:
        row = self.rows.get(place)
        if place[0] in BALANCES:
            row = self.rows.setdefault(place, Row(credit=0))
        if row is None or row.credit is None:
            raise No("not_found")
        row.credit += amount
        if expires_at is not None:
            row.lots.append((expires_at, amount))

    def withdraw(self, place: Place, amount: int) -> Any:
        row = self.rows.get(place)
        if row is None:
            raise No("no_account")
        if row.credit is None or row.held + row.spent + amount > row.credit:
            raise No("exhausted")
        row.credit -= amount

    def limit(self, place: Place, credit: int | None) -> Any:
        row = self.rows.get(place)
        if credit is not None and row is not None and row.held + row.spent > credit:
            raise No("below_use")
        row = self.rows.setdefault(place, Row())
        row.credit, row.ceiling = credit, None


def told(act: Callable[[], Any]) -> Any:
    """What was answered, or the code of the refusal."""
    try:
        return act()
    except No as refused:
        return str(refused)
    except Refused as refused:
        return refused.code


class Play:
    """The same deeds on both."""

    def __init__(self, seed: int) -> None:
        self.rng, self.model, self.now = random.Random(seed), Model(), START  # noqa: S311
        self.names: list[str] = []
        self.deeds: list[tuple[Callable[[], Any], Callable[[], Any]]] = []

    def step(self) -> None:
        if self.rng.random() < 0.15 and self.deeds:
            expected, real = self.rng.choice(self.deeds)  # a repeated key
        else:
            verbs = (self.reserve, self.settle, self.reverse, self.grant, self.withdraw, self.limit)
            expected, real = self.rng.choices(verbs, (8, 8, 3, 3, 1, 1))[0]()
            self.deeds.append((expected, real))
        assert told(real) == told(expected)
        if self.rng.random() < 0.05:
            self.now += timedelta(minutes=self.rng.choice((1, 10, 600)))
            assert sweep.sweep(now=self.now) == self.model.sweep(self.now)

    def _answer(self, receipt: Any) -> Any:
        if receipt.status == "reserved" and receipt.reservation_id not in self.names:
            self.names.append(receipt.reservation_id)
        holds = {(hold.kind, hold.ref, hold.unit): hold.amount for hold in receipt.holds}
        return self.names.index(receipt.reservation_id), receipt.status, holds

    def _key(self) -> str:
        return f"k{self.rng.randrange(20)}" if self.rng.random() < 0.05 else f"k{len(self.deeds) + 20}"

    def _hold(self) -> Hold:
        kind, ref, unit = self.rng.choice(PLACES)
        limit = self.rng.choice((None, 2, 3, 5)) if kind in COUNTERS else None
        if kind == BUDGET:
            limit = self.rng.choice((None, None, 300, 500))
        amount = self.rng.choice((0, 1, 1, 2)) if kind in COUNTERS else self.rng.randrange(120)
        return Hold(kind, ref, amount, limit, unit)

    def reserve(self) -> tuple[Callable[[], Any], Callable[[], Any]]:
        key, now, ttl = self._key(), self.now, timedelta(minutes=self.rng.choice((1, 5, 60)))
        holds = [self._hold() for _ in range(self.rng.randint(1, 3))]
        return (
            lambda: self.model.once(key, ("r", holds, ttl), lambda: self.model.reserve(holds, ttl, now)),
            lambda: self._answer(reservations.reserve(key, holds, ttl=ttl, now=now)),
        )

    def settle(self) -> tuple[Callable[[], Any], Callable[[], Any]]:
        if not self.names:
            return self.reserve()
        key, now, verb = self._key(), self.now, self.rng.choice(("commit", "commit", "release"))
        number = self.rng.randrange(len(self.names))

        def real() -> Any:
            receipt = getattr(reservations, verb)(key, self.names[number], now=now)
            as_it_stands = verb == "release" and receipt.replayed and not receipt.holds
            if as_it_stands and self.model.keys.get(key, (None, None))[0] != (verb, number):
                return receipt.status
            return self._answer(receipt)

        return lambda: self.model.once(key, (verb, number), lambda: self.model.settle(verb, number, now)), real

    def reverse(self) -> tuple[Callable[[], Any], Callable[[], Any]]:
        if not self.names:
            return self.reserve()
        key, now, number = self._key(), self.now, self.rng.randrange(len(self.names))
        part = None
        if self.rng.random() < 0.7:
            some = list(self.model.kept[number].amounts) if self.rng.random() < 0.9 else list(PLACES)
            part = {place: self.rng.randrange(60) for place in some[:2]}
        holds = None if part is None else [Hold(*place[:2], amount, unit=place[2]) for place, amount in part.items()]
        return (
            lambda: self.model.once(key, ("v", number, part), lambda: self.model.reverse(number, part)),
            lambda: self._answer(reservations.reverse(key, self.names[number], holds, now=now)),
        )

    def grant(self) -> tuple[Callable[[], Any], Callable[[], Any]]:
        key, now, amount = self._key(), self.now, self.rng.randint(1, 200)
        place = self.rng.choice([one for one in PLACES if one[0] in (*BALANCES, BUDGET)])
        ends = now + timedelta(minutes=self.rng.choice((5, 900))) if place[0] in BALANCES else None
        ends = ends if self.rng.random() < 0.6 else None
        return (
            lambda: self.model.once(key, ("g", place, amount, ends), lambda: self.model.grant(place, amount, ends)),
            lambda: _nothing(accounts.grant(key, place[0], place[1], amount, place[2], expires_at=ends, now=now)),
        )

    def withdraw(self) -> tuple[Callable[[], Any], Callable[[], Any]]:
        key, now, amount = self._key(), self.now, self.rng.randint(1, 90)
        place = self.rng.choice([one for one in PLACES if one[0] in (*BALANCES, BUDGET)])
        return (
            lambda: self.model.once(key, ("w", place, amount), lambda: self.model.withdraw(place, amount)),
            lambda: _nothing(accounts.withdraw(key, place[0], place[1], amount, place[2], now=now)),
        )

    def limit(self) -> tuple[Callable[[], Any], Callable[[], Any]]:
        place = self.rng.choice([one for one in PLACES if one[0] not in BALANCES])
        credit = self.rng.choice((None, 3, 6, 10)) if place[0] in COUNTERS else self.rng.randrange(900)
        return (
            lambda: self.model.limit(place, credit),
            lambda: _nothing(accounts.set_limit(place[0], place[1], credit, place[2], now=self.now)),
        )

    def same(self) -> None:
        """Every row of the store is the model's."""
        assert {
            (one.kind, one.ref, one.unit): (one.credit, one.ceiling, one.held, one.spent)
            for one in Account.objects.all()
        } == {place: (row.credit, row.ceiling, row.held, row.spent) for place, row in self.model.rows.items()}
        assert [Reservation.objects.get(name=name).status for name in self.names] == [
            one.status for one in self.model.kept
        ]
        assert reconcile().balanced


def _nothing(_: object) -> None:
    return None


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("path", ["own", "portable"])
def test_the_ledger_and_its_model_say_the_same(
    store: str, path: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if path == "portable":
        if connection.vendor != "postgresql":
            pytest.skip("on this store there is no other path")
        for module in (reservations, sweep):
            monkeypatch.setattr(module, "statements", lambda: portable)
    play = Play(seed)
    for _ in range(250):
        play.step()
    play.same()
    assert {one.status for one in play.model.kept} >= {"committed", "expired", "refunded"}
