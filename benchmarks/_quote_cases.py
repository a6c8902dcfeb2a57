"""Seeded carts and promotions for the speed of quotes: one neutral description, from which every engine makes its own.

A `Deal` says what a shop would announce. `promotion` turns it into netlift's language, `_quote_naive` sums it in a
plain loop, `_oscar_shop` makes a django-oscar offer of it.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from netlift.promotions import (
    AmountOff,
    Benefit,
    Cart,
    Facts,
    FixedPrice,
    Group,
    Line,
    Percent,
    Predicate,
    Promotion,
    Selector,
    Slot,
    Test,
    Tier,
    Tiers,
)

Kind = Literal["percent", "each", "order", "tiers", "third_free", "second_half", "pair"]


@dataclass(frozen=True, slots=True)
class Deal:
    """One announced promotion on all goods, on a category or on a product; money in minor units."""

    id: str
    kind: Kind
    value: int = 0
    """Per cent, minor units off, or the price of a pair."""
    product: str = ""
    category: str = ""
    segment: str = ""
    """Only for customers of that segment."""
    start: int = 0
    """Order value from which it holds."""
    tiers: tuple[tuple[int, int], ...] = ()
    """Spent on the goods, and what is taken off then."""


@dataclass(frozen=True, slots=True)
class Mix:
    """How many deals of each kind, and the shop that they are for."""

    products: int
    categories: int
    segments: int
    lines: int
    product_percent: int
    category_percent: int
    third_free: int
    order: int
    order_range: tuple[int, int]
    tiers: int
    segment_percent: int
    applying: tuple[int, int]
    """How many of them give something in a cart that belongs to the case."""

    @property
    def deals(self) -> int:
        """All deals together."""
        return (
            self.product_percent + self.category_percent + self.third_free
            + self.order + self.tiers + self.segment_percent
        )  # fmt: skip


SMALL = Mix(24, 12, 5, 10, 16, 12, 6, 6, (3_000, 60_000), 5, 5, (20, 35))
"""50 deals for carts of 10 lines."""
LARGE = Mix(4_000, 1_000, 50, 50, 420, 200, 120, 80, (240_000, 7_200_000), 80, 100, (15, 30))
"""1,000 deals for carts of 50 lines."""


@dataclass(frozen=True, slots=True)
class Case:
    """Deals and the carts that are priced under them."""

    deals: tuple[Deal, ...]
    carts: tuple[tuple[Cart, Facts], ...]


def chance(seed: int) -> random.Random:
    """Chance that repeats itself."""
    return random.Random(seed)  # noqa: S311  nothing here is secret


def deals_of(mix: Mix, rng: random.Random) -> list[Deal]:
    """The deals of a mix; no product and no category is named twice by a kind."""
    products = [f"p{n}" for n in range(mix.products)]
    categories = [f"c{n}" for n in range(mix.categories)]
    found = [
        Deal(f"product-{name}", "percent", rng.randint(3, 12), product=name)
        for name in rng.sample(products, mix.product_percent)
    ]
    found += [
        Deal(f"category-{name}", "percent", rng.randint(2, 10), category=name)
        for name in rng.sample(categories, mix.category_percent)
    ]
    half = mix.third_free // 2
    found += [Deal(f"third-{name}", "third_free", 100, product=name) for name in rng.sample(products, half)]
    found += [Deal(f"third-{name}", "third_free", 100, category=name) for name in rng.sample(categories, half)]
    low, high = mix.order_range
    for number in range(mix.order):
        start = round(low * (high / low) ** (number / max(mix.order - 1, 1)) / 100) * 100
        found.append(Deal(f"order-{number}", "order", start // 100 * rng.randint(1, 2), start=start))
    for name in rng.sample(categories, mix.tiers):
        first = rng.randrange(1_000, 6_000, 500)
        rows = tuple((first * step, first * step // 100 * (2 + step)) for step in (1, 2, 4))
        found.append(Deal(f"tiers-{name}", "tiers", category=name, tiers=rows))
    for number in range(mix.segment_percent):
        goods = rng.choice(categories) if 2 * number >= mix.segment_percent else ""
        segment = f"s{number % mix.segments}"
        found.append(Deal(f"segment-{number}", "percent", rng.randint(2, 6), category=goods, segment=segment))
    return found


def cart_of(mix: Mix, rng: random.Random) -> tuple[Cart, Facts]:
    """A cart of different products and its customer of two segments."""
    lines = tuple(
        Line(
            f"l{place:03d}",
            unit_price=price_of(product),
            quantity=rng.choices((1, 2, 3, 4, 6), (45, 25, 15, 10, 5))[0],
            product=f"p{product}",
            category=(f"c{product % mix.categories}",),
        )
        for place, product in enumerate(rng.sample(range(mix.products), mix.lines))
    )
    segments = rng.sample([f"s{number}" for number in range(mix.segments)], 2)
    return Cart("EUR", lines), Facts(customer="shopper", segments=frozenset(segments))


def price_of(product: int) -> int:
    """Unit price of a product in minor units, 2.99 to some 150.00, the same in every cart."""
    return max(299, round(chance(product).lognormvariate(7.6, 0.8) / 10) * 10 - 1)


def filler(mix: Mix, count: int, rng: random.Random) -> list[Deal]:
    """Deals of the same kinds that cannot give anything in a cart of the mix: other goods, people and sums."""
    goods, people, most = 10 * mix.products, 10 * mix.segments, 100 * mix.order_range[1]
    found = []
    for number in range(count):
        name, place = f"filler-{number}", number % 10
        if place < 4:
            found.append(Deal(name, "percent", rng.randint(3, 12), product=f"p{goods + number}"))
        elif place < 6:
            found.append(Deal(name, "percent", rng.randint(2, 10), category=f"c{goods + number}"))
        elif place == 6:
            found.append(Deal(name, "third_free", 100, category=f"c{goods + number}"))
        elif place == 7:
            found.append(Deal(name, "order", 500, start=most + number))
        elif place == 8:
            found.append(Deal(name, "tiers", category=f"c{goods + number}", tiers=((2_000, 100), (4_000, 300))))
        else:
            found.append(Deal(name, "percent", rng.randint(2, 6), segment=f"s{people + number % 500}"))
    return found


def promotion(deal: Deal) -> Promotion:
    """The deal in netlift's language."""
    where = _where(deal)
    when = None if not deal.start else Test("cart.subtotal", ">=", deal.start)
    target, allocation = Selector(where=where), "unit"
    effect: Percent | AmountOff | FixedPrice = Percent(Decimal(deal.value))
    if deal.kind in {"each", "order"}:
        effect, allocation = AmountOff(deal.value), "unit" if deal.kind == "each" else "across"
    elif deal.kind == "tiers":
        effect, allocation = AmountOff(Tiers(tuple(Tier(start, value) for start, value in deal.tiers))), "across"
    elif deal.kind == "third_free":
        target = replace(target, order="dearest", group_size=3, positions=(3,))
    elif deal.kind == "second_half":
        target = replace(target, order="dearest", group_size=2, positions=(2,))
    elif deal.kind == "pair":
        first, second = (Test("line.product", "==", name) for name in deal.product.split("+"))
        target = Selector(slots=(Slot(where=first), Slot(where=second)))
        effect, allocation = FixedPrice(deal.value), "across"
    audience = Test("customer.segments", "==", deal.segment) if deal.segment else None
    benefit = Benefit(effect, target, when, allocation)  # type: ignore[arg-type]
    return Promotion(deal.id, (benefit,), audience=audience, currency=None if isinstance(effect, Percent) else "EUR")


def _where(deal: Deal) -> Predicate | None:
    if deal.category:
        return Test("line.category", "==", deal.category)
    return Test("line.product", "==", deal.product) if deal.product else None


CONTEST = Group(mode="best", scope="unit")
"""The group in which promotions compete for units."""


def contest(rng: random.Random) -> tuple[list[Promotion], Cart]:
    """15 promotions that compete for 8 to 15 units of 10 products in 4 categories."""
    prices = {f"p{n}": price_of(n) for n in range(10)}
    deals = [Deal(f"percent-{n}", "percent", rng.choice((5, 10, 15, 20)), category=f"c{n}") for n in range(3)]
    deals += [Deal("percent-all", "percent", rng.choice((5, 8, 10)))]
    deals += [
        Deal(f"each-{name}", "each", prices[name] // rng.randint(6, 12), product=name)
        for name in rng.sample(sorted(prices), 3)
    ]
    deals += [Deal(f"third-{n}", "third_free", 100, category=f"c{n}") for n in rng.sample(range(4), 2)]
    deals += [Deal(f"second-{n}", "second_half", 50, category=f"c{n}") for n in rng.sample(range(4), 2)]
    for name in (f"c{rng.randrange(4)}", ""):
        first = rng.randrange(3_000, 9_000, 500)
        rows = ((first, first // 8), (2 * first, first // 3))
        deals.append(Deal(f"spend-{name}", "tiers", category=name, tiers=rows))
    for number in range(2):
        one, other = rng.sample(sorted(prices), 2)
        price = (prices[one] + prices[other]) * rng.randint(70, 85) // 100
        deals.append(Deal(f"pair-{number}", "pair", price, product=f"{one}+{other}"))
    return [promotion(deal) for deal in deals], _contested(prices, rng)


def _contested(prices: dict[str, int], rng: random.Random) -> Cart:
    wanted = rng.randint(8, 15)
    picked = [rng.choice(sorted(prices)) for _ in range(wanted)]
    lines = tuple(
        Line(name, prices[name], picked.count(name), product=name, category=(f"c{int(name[1:]) % 4}",))
        for name in sorted(set(picked))
    )
    return Cart("EUR", lines)


def promotions_of(deals: Sequence[Deal]) -> list[Promotion]:
    """All deals in netlift's language."""
    return [promotion(deal) for deal in deals]
