"""The best deal is the best of all: a brute force that knows nothing of the search tries every way to give units away.

The brute force values a set of units by the definition of each kind of promotion, written out here a second time.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netlift.promotions import (
    AmountOff,
    Benefit,
    Caps,
    Cart,
    Engine,
    Facts,
    FixedPrice,
    Group,
    Line,
    Percent,
    Policy,
    Promotion,
    Quote,
    Selector,
    Slot,
    Steps,
    Tier,
    Tiers,
)
from netlift.promotions import (
    Test as Compare,
)

BEST = Group(mode="best", scope="unit")
CATEGORIES = ("tea", "cups")


class One(NamedTuple):
    """A unit that is given away; sorts dearest first, then by its line."""

    rank: int
    line: str
    place: int
    price: int
    room: int
    category: str


Value = Callable[[tuple[One, ...]], int | None]
"""What a promotion takes off these units together; None where it cannot take just these."""


@dataclass(frozen=True)
class Rival:
    """A promotion and its definition a second time."""

    promotion: Promotion
    value: Value
    category: str | None = None

    def worth(self, units: tuple[One, ...]) -> int | None:
        """Nothing for other goods."""
        if self.category is not None and any(unit.category != self.category for unit in units):
            return None
        return self.value(units)


def units_of(cart: Cart) -> list[One]:
    return sorted(
        One(-line.unit_price, line.id, place, line.unit_price, line.unit_price - line.floor, line.category[0])
        for line in cart.lines
        for place in range(line.quantity)
    )


def brute_force(cart: Cart, rivals: tuple[Rival, ...]) -> int:
    """The most that any way to share the units among the promotions takes off."""
    units = units_of(cart)
    everything = (1 << len(units)) - 1

    @cache
    def worth(place: int, mask: int) -> int | None:
        return rivals[place].worth(tuple(unit for bit, unit in enumerate(units) if mask >> bit & 1))

    @cache
    def best(place: int, free: int) -> int:
        if place == len(rivals):
            return 0
        most, mask = best(place + 1, free), free
        while mask:
            found = worth(place, mask)
            if found is not None:
                most = max(most, found + best(place + 1, free & ~mask))
            mask = (mask - 1) & free
        return most

    return best(0, everything)


def half_up(amount: int, rate: Decimal) -> int:
    return int((amount * rate / 100 + Decimal("0.5")) // 1)


def limited(value: Value, cap: int | None, *, whole: bool = False) -> Value:
    """At most `cap`; with `whole`, sets that would exceed it are not taken at all."""

    def bounded(units: tuple[One, ...]) -> int | None:
        found = value(units)
        if found is None or cap is None or found <= cap:
            return found
        return None if whole else cap

    return bounded


def counted(value: Value, most: int | None, per_line: int | None) -> Value:
    """At most so many units, of each line too."""

    def bounded(units: tuple[One, ...]) -> int | None:
        lines = Counter(unit.line for unit in units)
        if (most is not None and len(units) > most) or (per_line is not None and max(lines.values()) > per_line):
            return None
        return value(units)

    return bounded


def where(category: str | None) -> Compare | None:
    return None if category is None else Compare("line.category", "==", category)


categories = st.sampled_from((None, *CATEGORIES))
few = st.one_of(st.none(), st.none(), st.integers(1, 3))


@st.composite
def each(draw: st.DrawFn, name: str) -> Rival:
    """Per cent or an amount off every unit."""
    category, most, per_line, whole = draw(categories), draw(few), draw(few), draw(st.booleans())
    cap = draw(st.one_of(st.none(), st.integers(0, 3000)))
    target = Selector(where(category), max_units=most, max_units_per_line=per_line)
    if draw(st.booleans()):
        rate = draw(st.sampled_from((Decimal(10), Decimal("33.3"), Decimal(50), Decimal(100))))
        effect: Percent | AmountOff = Percent(rate)
        value: Value = lambda units: sum(min(half_up(unit.price, rate), unit.room) for unit in units)  # noqa: E731
    else:
        off = draw(st.integers(1, 900))
        effect = AmountOff(off)
        value = lambda units: sum(min(off, unit.room) for unit in units)  # noqa: E731
    benefit = Benefit(effect, target, caps=Caps(cap, all_or_nothing=whole))
    return Rival(Promotion(name, (benefit,)), counted(limited(value, cap, whole=whole), most, per_line), category)


@st.composite
def across(draw: st.DrawFn, name: str) -> Rival:
    """An amount off the units together: fixed, by tiers, or for every step."""
    category = draw(categories)
    cap = draw(st.one_of(st.none(), st.integers(0, 1500)))
    of = draw(st.sampled_from(("selection.amount", "selection.quantity")))
    scale = 1 if of == "selection.quantity" else 700
    kind = draw(st.sampled_from(("fixed", "tiers", "steps")))
    off: int | Tiers | Steps
    if kind == "fixed":
        off = draw(st.integers(1, 2000))
    elif kind == "tiers":
        starts = sorted(draw(st.sets(st.integers(1, 5), min_size=1, max_size=3)))
        off = Tiers(tuple(Tier(start * scale, draw(st.integers(1, 1500))) for start in starts), of)  # type: ignore[arg-type]
    else:
        off = Steps(draw(st.integers(1, 3)) * scale, draw(st.integers(1, 800)), of, draw(few))  # type: ignore[arg-type]

    def value(units: tuple[One, ...]) -> int:
        measured = len(units) if of == "selection.quantity" else sum(unit.price for unit in units)
        if isinstance(off, Tiers):
            amount = max([(row.start, int(row.value)) for row in off.rows if row.start <= measured], default=(0, 0))[1]
        elif isinstance(off, Steps):
            times = measured // off.step
            amount = off.value * (times if off.at_most is None else min(times, off.at_most))
        else:
            amount = off
        return min(amount, sum(unit.room for unit in units))

    benefit = Benefit(AmountOff(off), Selector(where(category)), allocation="across", caps=Caps(cap))
    return Rival(Promotion(name, (benefit,)), limited(value, cap), category)


@st.composite
def nth(draw: st.DrawFn, name: str) -> Rival:
    """Of every so many units, counted from the dearest or the cheapest, some for less."""
    category, size, rate = draw(categories), draw(st.integers(2, 3)), draw(st.sampled_from((Decimal(50), Decimal(100))))
    places = tuple(sorted(draw(st.sets(st.integers(1, size), min_size=1, max_size=size))))
    order, sets = draw(st.sampled_from(("dearest", "cheapest"))), draw(few)

    def value(units: tuple[One, ...]) -> int | None:
        if len(units) % size or (sets is not None and len(units) > size * sets):
            return None
        ranked = units if order == "dearest" else tuple(reversed(units))
        chosen = [unit for place, unit in enumerate(ranked) if place % size + 1 in places]
        return sum(min(half_up(unit.price, rate), unit.room) for unit in chosen)

    target = Selector(where(category), order=order, group_size=size, positions=places, max_groups=sets)  # type: ignore[arg-type]
    return Rival(Promotion(name, (Benefit(Percent(rate), target),)), value, category)


@st.composite
def priced_set(draw: st.DrawFn, name: str) -> Rival:
    """So many units together for a price, the dearest with the dearest."""
    category, size, price = draw(categories), draw(st.integers(2, 3)), draw(st.integers(0, 2500))

    def value(units: tuple[One, ...]) -> int | None:
        if len(units) % size:
            return None
        groups = [units[start : start + size] for start in range(0, len(units), size)]
        offs = [sum(unit.price for unit in group) - price for group in groups]
        rooms = [sum(unit.room for unit in group) for group in groups]
        return sum(max(0, min(off, room)) for off, room in zip(offs, rooms, strict=True))

    target = Selector(where(category), order="dearest", group_size=size)
    return Rival(Promotion(name, (Benefit(FixedPrice(price), target, allocation="across"),)), value, category)


@st.composite
def buy_and_get(draw: st.DrawFn, name: str) -> Rival:
    """Units of one category bought, units of the other for nothing or half price."""
    bought, got, rate = (
        draw(st.integers(1, 2)),
        draw(st.integers(1, 2)),
        draw(st.sampled_from((Decimal(50), Decimal(100)))),
    )
    paid, given_away = draw(st.permutations(CATEGORIES))

    def value(units: tuple[One, ...]) -> int | None:
        mine = [unit for unit in units if unit.category == paid]
        free = [unit for unit in units if unit.category == given_away]
        if len(mine) * got != len(free) * bought or len(mine) % bought:
            return None
        return sum(min(half_up(unit.price, rate), unit.room) for unit in free)

    slots = (Slot(bought, where(paid), discounted=False), Slot(got, where(given_away)))
    return Rival(Promotion(name, (Benefit(Percent(rate), Selector(slots=slots)),)), value)


@st.composite
def by_number(draw: st.DrawFn, name: str) -> Rival:
    """Per cent by tiers of what its own units are or cost together, from so many units on."""
    category, least = draw(categories), draw(st.sampled_from((0, 0, 2)))
    of = draw(st.sampled_from(("selection.quantity", "selection.amount")))
    scale = 1 if of == "selection.quantity" else 500
    starts = sorted(draw(st.sets(st.integers(1, 5), min_size=1, max_size=2)))
    rows = tuple(Tier(start * scale, draw(st.sampled_from((Decimal(5), Decimal(30), Decimal(80))))) for start in starts)

    def value(units: tuple[One, ...]) -> int | None:
        measured = len(units) if of == "selection.quantity" else sum(unit.price for unit in units)
        rates = [Decimal(row.value) for row in rows if row.start <= measured]
        if not rates or len(units) < least:
            return None
        return sum(min(half_up(unit.price, rates[-1]), unit.room) for unit in units)

    effect = Percent(Tiers(rows, of))  # type: ignore[arg-type]
    return Rival(Promotion(name, (Benefit(effect, Selector(where(category), min_units=least)),)), value, category)


@st.composite
def off_groups(draw: st.DrawFn, name: str) -> Rival:
    """An amount off every so many units of a line, or of all lines, together."""
    category, size, off, same = (
        draw(categories),
        draw(st.integers(2, 3)),
        draw(st.integers(1, 900)),
        draw(st.booleans()),
    )

    def value(units: tuple[One, ...]) -> int | None:
        bunches = [list(units)]
        if same:
            bunches = [[unit for unit in units if unit.line == line] for line in sorted({unit.line for unit in units})]
        if any(len(bunch) % size for bunch in bunches):
            return None
        groups = [bunch[start : start + size] for bunch in bunches for start in range(0, len(bunch), size)]
        return sum(min(off, sum(unit.room for unit in group)) for group in groups)

    target = Selector(where(category), order="dearest", group_size=size, same_line=same)
    return Rival(Promotion(name, (Benefit(AmountOff(off), target, allocation="across"),)), value, category)


@st.composite
def carts(draw: st.DrawFn) -> Cart:
    left, found = 6, []
    for name in ("a", "b", "c", "d"):
        if left:
            quantity = draw(st.integers(1, min(3, left)))
            left -= quantity
            price = draw(st.one_of(st.integers(1, 30), st.integers(50, 1500)))
            floor = draw(st.sampled_from((0, 0, 0, price // 2)))
            found.append(Line(name, price, quantity, category=(draw(st.sampled_from(CATEGORIES)),), floor=floor))
    return Cart("EUR", tuple(found[: draw(st.integers(1, 4))]))


@st.composite
def rivalries(draw: st.DrawFn) -> tuple[Rival, ...]:
    kinds = st.sampled_from((each, across, nth, priced_set, buy_and_get, by_number, off_groups))
    return tuple(draw(draw(kinds)(f"p{number}")) for number in range(draw(st.integers(2, 4))))


def quoted(cart: Cart, rivals: tuple[Rival, ...], budget: int = 200_000) -> Quote:
    return Engine([rival.promotion for rival in rivals], BEST, Policy(node_budget=budget)).quote(cart, Facts())


@settings(max_examples=250)
@given(carts(), rivalries())
def test_the_best_deal_is_what_brute_force_finds_and_proved(cart: Cart, rivals: tuple[Rival, ...]) -> None:
    quote = quoted(cart, rivals)
    assert quote.discount == brute_force(cart, rivals)
    assert quote.optimality != "best found"  # where nobody's conditions hold, nothing is searched for


@settings(max_examples=150)
@given(carts(), rivalries())
def test_every_unit_is_discounted_by_one_promotion_at_most(cart: Cart, rivals: tuple[Rival, ...]) -> None:
    taken = Counter(
        (one.line, place) for one in quoted(cart, rivals).adjustments for place, off in enumerate(one.units) if off
    )
    assert set(taken.values()) <= {1}


@settings(max_examples=150)
@given(carts(), rivalries())
def test_a_tiny_node_budget_never_says_proved_of_less_than_the_best(cart: Cart, rivals: tuple[Rival, ...]) -> None:
    quote = quoted(cart, rivals, 1)
    best = brute_force(cart, rivals)
    assert 0 <= quote.discount <= best
    assert quote.discount == best or quote.optimality == "best found"
    assert sum(one.amount for one in quote.adjustments) == quote.discount


@settings(max_examples=100)
@given(carts(), rivalries())
def test_more_promotions_never_make_the_best_deal_worse(cart: Cart, rivals: tuple[Rival, ...]) -> None:
    assert quoted(cart, rivals).discount >= quoted(cart, rivals[:-1]).discount


def test_the_search_beats_taking_the_largest_promotion_first() -> None:
    """Greedy takes 60 % off the tea (600) and leaves the set short; tea and cup as a set for nothing take 1200."""
    cart = Cart("EUR", (Line("cup", 200, 1, category=("cups",)), Line("tea", 1000, 1, category=("tea",))))
    tea = Promotion("tea", (Benefit(Percent(Decimal(60)), Selector(where("tea"))),))
    both = Promotion("set", (Benefit(FixedPrice(0), Selector(group_size=2), allocation="across"),))
    quote = Engine([tea, both], BEST).quote(cart, Facts())
    assert (quote.discount, quote.applied) == (1200, ("set",))
    assert quote.refusals["tea"] == "not_best"


def test_a_search_that_stops_early_says_so_and_its_sums_are_exact() -> None:
    """Sets of three of forty different prices against tiers: far more pasts than ten nodes."""
    cart = Cart("EUR", tuple(Line(f"l{place:02}", 100 + 37 * place, 1) for place in range(40)))
    rivals = [
        Promotion("set", (Benefit(FixedPrice(900), Selector(order="dearest", group_size=3), allocation="across"),)),
        Promotion("tiers", (Benefit(AmountOff(Tiers((Tier(4000, 700), Tier(9000, 2100)))), allocation="across"),)),
        Promotion("steps", (Benefit(AmountOff(Steps(1300, 170)), allocation="across"),)),
    ]
    quote = Engine(rivals, BEST, Policy(node_budget=10)).quote(cart, Facts())
    assert quote.optimality == "best found"
    assert quote.discount == sum(one.amount for one in quote.adjustments) > 0
    left = {line.id: line.payable for line in quote.lines}
    assert min(left.values()) >= 0


@pytest.mark.parametrize("order", ["dearest", "cheapest"])
def test_third_free_takes_the_third_of_the_order(order: str) -> None:
    """Prices 300, 200, 100: the third of the dearest first is the 100, of the cheapest first the 300."""
    cart = Cart("EUR", (Line("a", 300, 1), Line("b", 200, 1), Line("c", 100, 1)))
    third = Selector(order=order, group_size=3, positions=(3,))  # type: ignore[arg-type]
    quote = Engine([Promotion("p", (Benefit(Percent(Decimal(100)), third),))], BEST).quote(cart, Facts())
    assert quote.discount == {"dearest": 100, "cheapest": 300}[order]


def test_a_budget_bounds_what_a_rival_may_give() -> None:
    """300 of 1,000 are left of the budget, so that half price (500 off) gives 300 and the 35 % (350 off) win."""
    from netlift.promotions import Limits

    half = Promotion("half", (Benefit(Percent(Decimal(50))),), limits=Limits(budget=1000))
    other = Promotion("other", (Benefit(Percent(Decimal(35))),))
    cart = Cart("EUR", (Line("a", 1000, 1),))
    assert Engine([half, other], BEST).quote(cart, Facts(spent={"half": 700})).applied == ("other",)
    assert Engine([half, other], BEST).quote(cart, Facts(spent={"half": 0})).applied == ("half",)
    assert replace(half, limits=Limits()).limits.budget is None
