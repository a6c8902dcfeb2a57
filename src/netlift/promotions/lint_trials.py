"""Carts and shoppers on which the lint tries promotions, and what the engine says to each of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice

from netlift.promotions.cart import Cart, Facts, Line, Shipping
from netlift.promotions.conditions import Lines
from netlift.promotions.documents import Request
from netlift.promotions.effects.price import FixedPrice
from netlift.promotions.effects.shipping import ShippingOff
from netlift.promotions.engine import Engine
from netlift.promotions.lint_goods import PRICE, alternatives, goods_for, shoppers
from netlift.promotions.policy import Policy
from netlift.promotions.predicate import Predicate, everything
from netlift.promotions.promotion import Benefit, Group, Promotion
from netlift.promotions.quote import Quote
from netlift.promotions.state import State
from netlift.promotions.value import Steps, Tiers

MOST_TRIALS, MOST_GIVEN, MOST_UNITS, DELIVERY = 96, 16, 1_000, 990


@dataclass(frozen=True, slots=True)
class Given:
    """A trial on which a promotion by itself gives something, with what it gives alone and beside the others."""

    request: Request
    alone: Quote
    together: Quote


class Shop:
    """What is linted: definitions, the goods that they are about, and engines of all and of each."""

    def __init__(
        self, promotions: Sequence[Promotion], root: Group, policy: Policy, products: Sequence[Line], currency: str
    ) -> None:
        self.promotions = tuple(promotions)
        self.root, self.policy, self.currency = root, policy, currency
        self.engine = Engine(self.promotions, root, policy)
        self.place = {promotion.id: f"promotions[{number}]" for number, promotion in enumerate(promotions)}
        self.products = tuple(
            replace(line, id=f"item-{number}", product=line.product or line.id, quantity=1, total=None, gift_of="")
            for number, line in enumerate(products)
        )
        self._state = State(Cart(currency, self.products), Facts(), policy)
        self.costs: Mapping[str, int] = {line.product: line.cost for line in self.products if line.cost is not None}

        self._engines: dict[str, Engine] = {}

    def alone(self, promotion: Promotion, policy: Policy | None = None) -> Engine:
        """The engine of one promotion in its place of the tree; that of one as it was given is kept."""
        if policy is not None or promotion is not self.engine.promotions.get(promotion.id):
            return Engine((promotion,), self.root, policy or self.policy)
        if promotion.id not in self._engines:
            self._engines[promotion.id] = Engine((promotion,), self.root, self.policy)
        return self._engines[promotion.id]

    def goods(self, where: Predicate | None, promotion: Promotion, name: str) -> list[Line]:
        """Up to three products that a condition accepts: the cheapest, the dearest, the one of least margin.

        Where no products are known, one that is made up for it.
        """
        if not self.products:
            lists = [
                benefit.effect.price_list
                for benefit in promotion.benefits
                if isinstance(benefit.effect, FixedPrice) and benefit.effect.price_list
            ]
            made = goods_for(where, name, promotion.seller or "", lists, _price(promotion))
            return [] if made is None else [made]
        found = [self._state.lines_given[i] for i in Lines(where).of(self._state)]
        if promotion.seller is not None:
            found = [line for line in found if line.seller == promotion.seller]
        if not found:
            return []
        kept = [
            min(found, key=lambda line: line.unit_price),
            max(found, key=lambda line: line.unit_price),
            min(found, key=_margin),
        ]
        return list({line.id: line for line in kept}.values())


def _price(promotion: Promotion) -> int:
    """What made-up goods cost: more than any fixed price of the promotion, which would else take nothing off."""
    prices = [0]
    for benefit in promotion.benefits:
        price = getattr(benefit.effect, "price", None)
        rows = price.rows if isinstance(price, Tiers) else ()
        prices += [price] if isinstance(price, int) else [int(row.value) for row in rows]
    return max(PRICE, 2 * max(prices))


def _margin(line: Line) -> float:
    return 1.0 if line.cost is None or not line.unit_price else 1 - line.cost / line.unit_price


class Tried:
    """One promotion on all its trials."""

    def __init__(self, shop: Shop, promotion: Promotion) -> None:
        self.shop, self.promotion = shop, promotion

    @cached_property
    def trials(self) -> list[Request]:
        """Carts that reach its thresholds and just miss them, with shoppers whom it is for."""
        carts = list(_carts(self.shop, self.promotion))
        found = [Request(cart, facts) for facts in islice(shoppers(self.promotion), 8) for cart in carts]
        return found[:MOST_TRIALS]

    @cached_property
    def alone(self) -> list[Quote]:
        """What it gives by itself, trial by trial."""
        engine = self.shop.alone(self.promotion)
        return [engine.quote(trial.cart, trial.facts) for trial in self.trials]

    @cached_property
    def gives(self) -> list[Given]:
        """Trials on which it gives something by itself, spread over all of those."""
        giving = [(trial, quote) for trial, quote in zip(self.trials, self.alone, strict=True) if quote.applied]
        kept = giving[:: -(-len(giving) // MOST_GIVEN)] if giving else []
        return [Given(trial, quote, self.shop.engine.quote(trial.cart, trial.facts)) for trial, quote in kept]

    @cached_property
    def gives_beside(self) -> bool:
        """Whether it gives something only once others have, on any trial."""
        return any(
            self.promotion.id in self.shop.engine.quote(trial.cart, trial.facts).applied for trial in self.trials
        )


def _wheres(benefit: Benefit, promotion: Promotion) -> list[Predicate | None]:
    target = benefit.target
    found: list[Predicate | None] = [everything(target.where, slot.where) for slot in target.slots]
    if not found and (benefit.effect.needs_goods or target.where is not None):
        found.append(target.where)
    for condition in (benefit.when, promotion.audience):
        for tests in alternatives(condition)[:4]:
            found += [test.where for test in tests if test.fact.startswith("cart.") and test.where is not None]
    return list(dict.fromkeys(found)) or [None]


def thresholds(promotion: Promotion) -> tuple[set[int], set[int]]:
    """Amounts of money and numbers of units from which on something changes."""
    money: set[int] = set()
    units = {1, 2}
    for benefit in promotion.benefits:
        for condition in (benefit.when, promotion.audience, benefit.target.where):
            for tests in alternatives(condition):
                for test in tests:
                    values = test.value if isinstance(test.value, tuple) else (test.value,)
                    into = money if "total" in test.fact else units if _counts(test.fact) else set()
                    into.update(int(value) for value in values if isinstance(value, int))
        for value in (getattr(benefit.effect, name) for name in _names(benefit.effect)):
            if isinstance(value, Tiers | Steps):
                starts = [row.start for row in value.rows] if isinstance(value, Tiers) else [value.step, value.step * 3]
                (units if value.of.endswith("quantity") else money).update(starts)
        target = benefit.target
        sizes = (target.group_size, target.min_units, target.max_units, target.skip_units + 1)
        units.update(size for size in sizes if size)
        units.update(slot.quantity for slot in target.slots)
        if target.slots:
            units.add(sum(slot.quantity for slot in target.slots))
    return money, {number for number in units if 0 < number <= MOST_UNITS}


def _counts(fact: str) -> bool:
    return fact in {"cart.quantity", "cart.max_line_quantity", "line.quantity"}


def _names(effect: object) -> tuple[str, ...]:
    return tuple(getattr(effect, "__dataclass_fields__", ()))


def _carts(shop: Shop, promotion: Promotion) -> Iterator[Cart]:
    benefits = promotion.benefits
    wheres = list(dict.fromkeys(where for benefit in benefits for where in _wheres(benefit, promotion)))
    choices = [shop.goods(where, promotion, f"goods-{number}") for number, where in enumerate(wheres)]
    needed = [lines for lines in choices if lines]
    if not needed:
        return
    ways = tuple(
        Shipping(name, DELIVERY)
        for benefit in benefits
        if isinstance(benefit.effect, ShippingOff)
        for name in (benefit.effect.methods or ("delivery",))
    )
    ways = tuple({way.id: way for way in ways}.values())
    currency = promotion.currency or shop.currency
    money, units = thresholds(promotion)
    seen: set[tuple[tuple[str, int, int], ...]] = set()
    for turn in range(max(map(len, needed))):
        basis = list({(line := lines[turn % len(lines)]).id: line for lines in needed}.values())
        for lines in (*_filled(basis, money, units), *_exact(basis[0], money)):
            key = tuple((line.id, line.unit_price, line.quantity) for line in lines)
            if key not in seen:
                seen.add(key)
                yield Cart(currency, lines, ways)


def _filled(basis: Sequence[Line], money: set[int], units: set[int]) -> Iterator[tuple[Line, ...]]:
    """The same number of each product: the numbers asked for, and those that reach or just miss an amount."""
    worth = sum(line.unit_price for line in basis)
    numbers = set(units)
    for amount in money:
        if worth:
            numbers |= {-(-amount // worth), (amount - 1) // worth}
    for number in sorted(numbers):
        if 0 < number <= MOST_UNITS:
            yield tuple(replace(line, quantity=number) for line in basis)


def _exact(line: Line, money: set[int]) -> Iterator[tuple[Line, ...]]:
    """One unit that costs just the amount; its cost and floor are not known."""
    for amount in sorted(money):
        if amount > 0:
            yield (replace(line, unit_price=amount, list_price=None, price_lists={}, floor=0, cost=None),)


def merged(facts: Facts, all_of_them: Sequence[Promotion]) -> Facts:
    """The shopper with every code, token, segment, deposit and points that any promotion asks for."""
    segments = {
        str(value)
        for promotion in all_of_them
        for condition in (promotion.audience, *[benefit.when for benefit in promotion.benefits])
        for tests in alternatives(condition)
        for test in tests
        if test.fact == "customer.segments" and test.op in {"==", "in"}
        for value in (test.value if isinstance(test.value, tuple) else (test.value,))
    }
    return replace(
        facts,
        codes=frozenset(code for promotion in all_of_them for code in promotion.trigger.codes),
        tokens=frozenset(one.id for one in all_of_them if one.trigger.kind == "token"),
        segments=(facts.segments or frozenset()) | segments,
        points=PRICE * 10,
    )
