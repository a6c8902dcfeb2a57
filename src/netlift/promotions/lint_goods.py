"""Goods, shoppers and moments that a promotion asks for, made up from its own conditions.

Nothing here decides whether a promotion applies: these are proposals, and the engine says what it does with them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice, product
from typing import Any
from zoneinfo import ZoneInfo

from netlift.promotions.cart import Cart, Facts, Line
from netlift.promotions.conditions import compared, line_test
from netlift.promotions.effects.deposit import Deposit
from netlift.promotions.gates import window_gate
from netlift.promotions.policy import Policy
from netlift.promotions.predicate import All, Not, Operator, Predicate, Test
from netlift.promotions.promotion import Promotion, Window
from netlift.promotions.state import State

MOST_ALTERNATIVES = 16
PRICE = 10_000
"""Minor units that made-up goods cost, where no condition asks for another price."""
_OPPOSITE: dict[str, Operator] = {
    "==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">", "in": "not in", "not in": "in",
}  # fmt: skip
_MONDAY = datetime(2024, 1, 1, tzinfo=UTC)  # any week does for a promotion without dates of its own
_DAYS = 400


def alternatives(condition: Predicate | None, *, holds: bool = True) -> list[tuple[Test, ...]]:
    """Sets of tests each of which would make a condition hold (or fail), at most `MOST_ALTERNATIVES`."""
    if condition is None:
        return [()]
    if isinstance(condition, Not):
        return alternatives(condition.part, holds=not holds)
    if isinstance(condition, Test):
        return [(condition,)] if holds else _denied(condition)
    parts = [alternatives(part, holds=holds) for part in condition.parts]
    if isinstance(condition, All) == holds:
        return [sum(one, ()) for one in islice(product(*parts), MOST_ALTERNATIVES)]
    return [one for part in parts for one in part][:MOST_ALTERNATIVES]


def _denied(test: Test) -> list[tuple[Test, ...]]:
    if test.op == "between" and isinstance(test.value, tuple):
        low, high = test.value
        return [(replace(test, op="<", value=low),), (replace(test, op=">", value=high),)]
    return [(replace(test, op=_OPPOSITE[test.op]),)]


def value_for(tests: Sequence[Test]) -> Any:
    """A value that passes all tests of one fact; None where none was found."""
    holds = [compared(test.op, test.value) for test in tests]
    return next((value for test in tests for value in _near(test) if all(one(value) for one in holds)), None)


def _near(test: Test) -> Iterator[Any]:
    values = test.value if isinstance(test.value, tuple) else (test.value,)
    for value in values:
        yield value
        if isinstance(value, bool):
            yield not value
        elif isinstance(value, int | Decimal):
            yield from (value + 1, value - 1)
        elif isinstance(value, date):
            yield from (value + timedelta(days=1), value - timedelta(days=1))
        else:
            yield "another"


def by_fact(tests: Sequence[Test]) -> dict[str, list[Test]]:
    """Tests by the fact that they are about."""
    found: dict[str, list[Test]] = {}
    for test in tests:
        found.setdefault(test.fact, []).append(test)
    return found


def goods_for(
    where: Predicate | None, name: str, seller: str = "", price_lists: Sequence[str] = (), price: int = PRICE
) -> Line | None:
    """A made-up product that a condition on lines accepts; None where none was found."""
    for tests in alternatives(where):
        line = _line(by_fact(tests), name, seller, price_lists, usual=price)
        if where is None or _accepts(where, line):
            return line
    return None


def _accepts(where: Predicate, line: Line) -> bool:
    state = State(Cart("EUR", (line,)), Facts(), Policy())
    return bool(line_test(where)(state, 0))


def _line(facts: dict[str, list[Test]], name: str, seller: str, price_lists: Sequence[str], *, usual: int) -> Line:
    wanted = {fact: value_for(tests) for fact, tests in facts.items()}

    def several(fact: str) -> tuple[str, ...]:
        tests = [test for test in facts.get(fact, []) if test.op in {"==", "in"}]
        return tuple(dict.fromkeys(test.value[0] if isinstance(test.value, tuple) else test.value for test in tests))  # type: ignore[misc]

    price = wanted.get("line.price")
    price = usual if price is None else int(price)
    dear = wanted.get("line.on_sale") is True
    prefix = "line.attributes."
    return Line(
        str(wanted.get("line.id") or name),
        unit_price=max(0, price),
        quantity=1,
        product=str(wanted.get("line.product") or name),
        category=several("line.category"),
        brand=str(wanted.get("line.brand") or ""),
        tags=several("line.tags"),
        seller=str(wanted.get("line.seller") or seller),
        attributes={fact.removeprefix(prefix): value for fact, value in wanted.items() if fact.startswith(prefix)},
        list_price=wanted.get("line.list_price") or (price + price // 4 if dear else None),
        price_lists=dict.fromkeys(price_lists, price * 8 // 10),
    )


def moments(window: Window, *, most: int = 3) -> list[datetime]:
    """Moments at which a window is open, from its start on; none where there was none in 400 days.

    A window that ended is looked at while it ran: a definition is judged, not today.
    """
    zone = ZoneInfo(window.time_zone)
    runs = window_gate(window)
    first = window.start or (window.end - timedelta(days=_DAYS) if window.end else _MONDAY)
    if not (window.dates or window.weekdays or window.days_of_month or window.hours):
        return [first]
    days = [first.astimezone(zone).date() + timedelta(days=number) for number in range(-1, _DAYS)]
    if window.dates:
        days = sorted({day + timedelta(days=shift) for day in window.dates for shift in (0, 1)})
    times = [time(0), time(12), *[span.start for span in window.hours]]
    found: list[datetime] = []
    nothing = Cart("EUR", ())
    candidates = [first, *(datetime.combine(day, one, zone) for day in days for one in times)]
    for moment in candidates:
        if runs(State(nothing, Facts(now=moment), Policy())) is None:
            found.append(moment)
            if len(found) == most:
                break
    return found


def shoppers(promotion: Promotion) -> Iterator[Facts]:
    """Shoppers whom a promotion is for, each with only what it asks for, at moments at which it runs."""
    conditions = [promotion.audience, *[benefit.when for benefit in promotion.benefits]]
    sets = [alternatives(condition) for condition in conditions]
    for now in moments(promotion.window):
        for tests in islice(product(*sets), MOST_ALTERNATIVES):
            yield from _shopper(by_fact(sum(tests, ())), promotion, now)


def _shopper(facts: dict[str, list[Test]], promotion: Promotion, now: datetime) -> Iterator[Facts]:
    wanted = {fact: value_for(tests) for fact, tests in facts.items() if not fact.startswith("cart.")}
    number = wanted.get("customer.order_number")
    segments = [test for test in facts.get("customer.segments", []) if test.op in {"==", "in"}]
    pays = any(isinstance(benefit.effect, Deposit) for benefit in promotion.benefits)
    gifts = tuple(
        str(goods) for benefit in promotion.benefits if (goods := getattr(benefit.effect, "product", None)) is not None
    )
    for moment in _timed(wanted, now):
        yield Facts(
            now=moment,
            codes=frozenset(promotion.trigger.codes[:1]),
            tokens=frozenset({promotion.id}) if promotion.trigger.kind == "token" else frozenset(),
            channel=wanted.get("context.channel"),
            region=wanted.get("context.region"),
            payment=wanted.get("context.payment"),
            customer=wanted.get("customer.id"),
            segments=frozenset(
                str(test.value[0] if isinstance(test.value, tuple) else test.value) for test in segments
            ),
            orders_placed=None if number is None else max(0, number - 1),
            days_since_order=wanted.get("customer.days_since_order"),
            birthday=_birthday(wanted, moment),
            points=100_000 if any(benefit.effect.kind == "burn" for benefit in promotion.benefits) else 0,
            deposits={promotion.id: 1_000} if pays else {},
            chosen={promotion.id: gifts} if gifts else {},
            extra={fact.removeprefix("extra."): value for fact, value in wanted.items() if fact.startswith("extra.")},
        )


def _timed(wanted: dict[str, Any], now: datetime) -> Iterator[datetime]:
    """The moment itself, and where conditions name an hour, a weekday or a day, one of that."""
    hour, weekday, day = (wanted.get(f"context.{name}") for name in ("hour", "weekday", "date"))
    if hour is not None and 0 <= hour <= 23:
        now = now.replace(hour=hour)
    if weekday is not None:
        now += timedelta(days=(weekday - now.isoweekday()) % 7)
    if day is not None:
        now = datetime.combine(day, now.timetz())
    yield now


def _birthday(wanted: dict[str, Any], now: datetime) -> date | None:
    names = ("customer.is_birthday", "customer.is_birthday_month", "customer.days_to_birthday")
    asked = [wanted[name] for name in names if name in wanted]
    if not asked:
        return None
    days = wanted.get("customer.days_to_birthday")
    away = int(days) if days is not None else 0 if all(asked) else 45
    day = now.date() + timedelta(days=away)
    return day.replace(year=2000)
