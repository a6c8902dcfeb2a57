"""What a return pays back: every unit its own share of what was paid, gifts and points taken back with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from netlift.errors import CartError
from netlift.promotions.cart import Cart, Facts
from netlift.promotions.effect import Credit
from netlift.promotions.effects.burn import BurnPoints
from netlift.promotions.engine import Engine, compiled
from netlift.promotions.policy import Policy
from netlift.promotions.promotion import Group, Promotion
from netlift.promotions.quote import GivenGift, Quote
from netlift.promotions.rounding import split
from netlift.promotions.state import even_units

Returned = Mapping[str, int | Sequence[int]]
"""By line: how many units come back, or which (their places in the line, from 0)."""


@dataclass(frozen=True, slots=True)
class Refund:
    """What a return pays back; money in minor units, in what was to be paid (tax included)."""

    amount: int
    """To pay back: the lines and the delivery, less what is reclaimed."""
    lines: Mapping[str, int]
    """By line, what was paid for the returned units."""
    shipping: int = 0
    """Delivery, when the last goods of the order come back."""
    reclaimed: int = 0
    """Discount that the goods kept no longer earn, held back where the policy says so; below 0 where what was held
    back at an earlier return is paid out."""
    gifts: tuple[GivenGift, ...] = ()
    """Gifts to come back, as the goods kept no longer earn them; one that stays is charged by the shop."""
    points: int = 0
    """Points earned that are taken back; what the customer no longer has is the shop's to claim."""
    points_returned: int = 0
    """Points spent that are given back."""
    credits: tuple[Credit, ...] = ()
    """Coupons for the next order that are taken back."""
    credits_instead: tuple[Credit, ...] = ()
    """Coupons that the goods kept earn instead."""
    remaining: int = 0
    """What the goods and delivery that stay have cost in the end."""
    kept: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """By line, the units (from 0) that stay."""


def refund(
    cart: Cart,
    facts: Facts,
    promotions: Sequence[Promotion],
    returned: Returned,
    policy: Policy | None = None,
    *,
    root: Group | None = None,
    already: Sequence[Returned] = (),
) -> Refund:
    """Price a return from what the order was priced with: its cart, facts, and the promotions in their versions then.

    Each unit pays back what was paid for it, so returning everything, at once or in parts, pays back everything.
    Where `policy.reclaim_on_return` is set, the goods that stay are priced anew, and what they now cost more is held
    back, until they come back too. A return never costs the customer money. Gifts and points are compared with what
    the goods kept still earn under either policy.

    Args:
        cart: the cart as ordered.
        facts: the facts of the order.
        promotions: the definitions that it was priced with.
        returned: by line, a number of units or their places. A number takes those that cost least first.
        policy: the arithmetic that the order was priced with.
        root: the tree of groups of then.
        already: earlier returns of the order, in their order.

    Raises:
        CartError: a line or unit that the order does not have, or that came back already.
        DefinitionError: a promotion is wrong.
    """
    order = _Order(cart, facts, compiled(tuple(promotions), root or Group(), policy or Policy()))
    gone: Gone = {}
    paid_back = 0
    earned = order.first()
    for number, earlier in enumerate(already):
        gone = _joined(gone, order.units(earlier, gone, f"already[{number}]"))
        paid_back = max(paid_back, order.worth(gone))
        earned = order.earned(gone, earned)
    back = order.units(returned, gone, "returned")
    after = order.earned(_joined(gone, back), earned)
    lines = {name: sum([order.paid[name][place] for place in places]) for name, places in back.items()}
    shipping = 0 if any(order.kept(_joined(gone, back)).values()) else order.shipping if any(back.values()) else 0
    amount = max(0, order.worth(_joined(gone, back)) - paid_back)
    return Refund(
        amount=amount,
        lines=lines,
        shipping=shipping,
        reclaimed=sum(lines.values()) + shipping - amount,
        gifts=_lost_gifts(order.quote, earned, after),
        points=earned.points - after.points,
        points_returned=order.points_burned(_joined(gone, back)) - order.points_burned(gone),
        credits=_beyond(earned.credits, after.credits),
        credits_instead=_beyond(after.credits, earned.credits),
        remaining=order.quote.gross - paid_back - amount,
        kept=order.kept(_joined(gone, back)),
    )


Gone = Mapping[str, frozenset[int]]


class _Earned(NamedTuple):
    """What goods have earned beside their prices, as the shop has booked it."""

    gifts: dict[tuple[str, str], int]
    """Units by promotion and product."""
    points: int
    credits: tuple[Credit, ...]


class _Order:
    """An order as it was priced, and what each of its units cost."""

    def __init__(self, cart: Cart, facts: Facts, engine: Engine) -> None:
        self.cart, self._facts, self._engine = cart, facts, engine
        self.quote = engine.quote(cart, facts)
        self.paid = _paid_units(self.quote)
        self.shipping = sum([one.gross for one in self.quote.shipping])

    def kept(self, gone: Gone) -> dict[str, tuple[int, ...]]:
        """By line, the places of the units that are not gone."""
        return {
            name: tuple(place for place in range(len(units)) if place not in gone.get(name, frozenset()))
            for name, units in self.paid.items()
        }

    def first(self) -> _Earned:
        """What the whole order has earned."""
        return _earned(self.quote)

    def earned(self, gone: Gone, before: _Earned) -> _Earned:
        """What the goods kept still earn of what was booked; nothing that the order itself has not given."""
        if not any(self.kept(gone).values()):
            return _Earned({}, 0, ())
        now = _earned(self.rest(gone))
        gifts = {key: min(count, now.gifts.get(key, 0)) for key, count in before.gifts.items()}
        worth = {credit.promotion: credit.amount for credit in before.credits}
        credits_ = [credit for credit in now.credits if credit.amount <= worth.get(credit.promotion, 0)]
        return _Earned(gifts, min(before.points, now.points), tuple(credits_))

    def rest(self, gone: Gone) -> Quote:
        """The quote of what is not gone, as if it had been all."""
        return self._engine.quote(_only(self.cart, self.kept(gone)), self._facts)

    def worth(self, gone: Gone) -> int:
        """What is paid back altogether for the units that are gone."""
        back = sum([self.paid[name][place] for name, places in gone.items() for place in places])
        kept = self.kept(gone)
        if not any(kept.values()):
            return back + self.shipping
        if not self._engine.policy.reclaim_on_return:
            return back
        own = {line.id for line in self.quote.lines if not line.gift_of}
        stays = sum([self.paid[name][place] for name, places in kept.items() if name in own for place in places])
        anew = sum([line.gross for line in self.rest(gone).lines if not line.gift_of])
        return max(0, back - max(0, anew - stays))

    def points_burned(self, gone: Gone) -> int:
        """Points that paid for the units that are gone: their part of what points took off the goods."""
        burns = {
            (promotion.id, place)
            for promotion in self._engine.promotions.values()
            for place, benefit in enumerate(promotion.benefits)
            if isinstance(benefit.effect, BurnPoints)
        }
        paid = [one for one in self.quote.adjustments if (one.promotion, one.benefit) in burns]
        whole = sum([one.amount for one in paid])
        back = sum([one.units[place] for one in paid for place in gone.get(one.line, frozenset())])
        return self.quote.points_burned * back // whole if whole else 0

    def units(self, wanted: Returned, gone: Gone, name: str) -> dict[str, frozenset[int]]:
        """The places of the units that are wanted; a number means those that cost least.

        Raises:
            CartError: no such line, or units that are not there any more.
        """
        found = {}
        for line, units in wanted.items():
            if line not in self.paid:
                raise CartError(f"{name}: the order has no line {line!r}; its lines are {', '.join(sorted(self.paid))}")
            costs = self.paid[line]
            there = [place for place in range(len(costs)) if place not in gone.get(line, frozenset())]
            if isinstance(units, int):
                if isinstance(units, bool) or not 0 <= units <= len(there):
                    raise CartError(f"{name}[{line}]: {units} units, and {len(there)} of the line are still out")
                cheapest = sorted((costs[place], place) for place in there)
                found[line] = frozenset(place for _, place in cheapest[:units])
                continue
            if not isinstance(units, Sequence) or not all(type(place) is int for place in units):
                raise CartError(f"{name}[{line}]: expected a number of units or a list of places, not {units!r}")
            places = frozenset(units)
            if len(places) < len(units) or not places <= set(there):
                raise CartError(f"{name}[{line}]: units {sorted(units)}, and those still out are {there}, each once")
            found[line] = places
        return found


def _paid_units(quote: Quote) -> dict[str, list[int]]:
    """What was paid for every unit, tax included: the cart's own lines, and add-ons that cost something."""
    units = {
        line.id: even_units(line.total, line.quantity) for line in quote.lines if not line.gift_of or line.payable > 0
    }
    for adjustment in quote.adjustments:
        if adjustment.line in units:
            before = units[adjustment.line]
            units[adjustment.line] = [one - off for one, off in zip(before, adjustment.units, strict=True)]
    return {line.id: split(line.gross, units[line.id]) for line in quote.lines if line.id in units}


def _beyond(one: Sequence[Credit], other: Sequence[Credit]) -> tuple[Credit, ...]:
    """Those of one that the other has not."""
    rest, found = list(other), []
    for credit in one:
        if credit in rest:
            rest.remove(credit)
        else:
            found.append(credit)
    return tuple(found)


def _joined(one: Gone, other: Gone) -> dict[str, frozenset[int]]:
    return {name: one.get(name, frozenset()) | other.get(name, frozenset()) for name in {*one, *other}}


def _only(cart: Cart, kept: Mapping[str, tuple[int, ...]]) -> Cart:
    """The cart with the units that stay, without gifts."""
    lines = []
    for line in cart.lines:
        left = kept.get(line.id, ())
        if line.gift_of or not left:
            continue
        total = None
        if line.total is not None:
            units = even_units(line.total, line.quantity)
            total = sum([units[place] for place in left])
        lines.append(replace(line, quantity=len(left), total=total))
    return replace(cart, lines=tuple(lines))


def _earned(quote: Quote) -> _Earned:
    gifts: dict[tuple[str, str], int] = {}
    for given in quote.gifts:
        if given.gift.off == given.gift.unit_price:  # add-ons that cost something are lines of their own
            key = (given.promotion, given.gift.product)
            gifts[key] = gifts.get(key, 0) + given.gift.quantity
    return _Earned(gifts, quote.points, quote.credits)


def _lost_gifts(quote: Quote, before: _Earned, after: _Earned) -> tuple[GivenGift, ...]:
    """Gifts that the goods kept no longer earn."""
    lost = []
    for key, count in before.gifts.items():
        gone = count - after.gifts.get(key, 0)
        if gone:
            given = next(one for one in quote.gifts if (one.promotion, one.gift.product) == key)
            lost.append(given._replace(gift=given.gift._replace(quantity=gone)))
    return tuple(lost)
