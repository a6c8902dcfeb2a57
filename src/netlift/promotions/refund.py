"""What a return pays back: every unit its own share of what was paid, gifts and points taken back with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from netlift.errors import CartError
from netlift.promotions.cart import Cart, Facts
from netlift.promotions.engine import compiled
from netlift.promotions.policy import Policy
from netlift.promotions.promotion import Group, Promotion
from netlift.promotions.quote import GivenGift, Quote, QuotedLine

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
    """Discount that the goods kept no longer earn; held back where the policy says so."""
    gifts: tuple[GivenGift, ...] = ()
    """Gifts to come back, as the goods kept no longer earn them; one that stays is charged by the shop."""
    points: int = 0
    """Points earned that are taken back; what the customer no longer has is the shop's to claim."""
    points_returned: int = 0
    """Points spent that are given back."""
    credits: int = 0
    """Coupons for the next order that are taken back."""
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
    already: Returned | None = None,
) -> Refund:
    """Price a return from what the order was priced with: its cart, facts, and the promotions in their versions then.

    Each unit pays back what was paid for it, so returning everything, at once or in parts, pays back everything.
    Where `policy.reclaim_on_return` is set, the goods that stay are priced anew, and what they now cost more is not
    paid out; the refund is never below 0. Gifts and points are compared with what the goods kept still earn under
    either policy.

    Args:
        cart: the cart as ordered.
        facts: the facts of the order.
        promotions: the definitions that it was priced with.
        returned: by line, a number of units or their places. A number takes those that cost least first.
        policy: the arithmetic that the order was priced with.
        root: the tree of groups of then.
        already: units of earlier returns.

    Raises:
        CartError: a line or unit that the order does not have, or that came back already.
        DefinitionError: a promotion is wrong.
    """
    chosen = policy or Policy()
    engine = compiled(tuple(promotions), root or Group(), chosen)
    quote = engine.quote(cart, facts)
    paid = _paid_units(quote, cart)
    gone = _units(already or {}, {}, paid, "already")
    back = _units(returned, gone, paid, "returned")
    lines = {name: sum([paid[name][place] for place in places]) for name, places in back.items()}
    kept_before = _kept(paid, gone)
    kept = _kept(paid, _joined(gone, back))
    empty = not any(kept.values())
    shipping = sum([one.gross for one in quote.shipping]) if empty and any(kept_before.values()) else 0
    before, after = (engine.quote(_only(cart, left), facts) for left in (kept_before, kept))
    reclaimed = 0
    if chosen.reclaim_on_return and not empty:
        stays = sum([paid[name][place] for name, places in kept.items() for place in places])
        stayed = sum([paid[name][place] for name, places in kept_before.items() for place in places])
        claimed_before = max(0, _goods(before) - stayed) if gone else 0
        reclaimed = max(0, _goods(after) - stays - claimed_before)
        reclaimed = min(reclaimed, sum(lines.values()))
    amount = sum(lines.values()) + shipping - reclaimed
    return Refund(
        amount=amount,
        lines=lines,
        shipping=shipping,
        reclaimed=reclaimed,
        gifts=_lost_gifts(before, after),
        points=max(0, before.points - after.points),
        points_returned=max(0, before.points_burned - after.points_burned),
        credits=max(0, len(before.credits) - len(after.credits)),
        remaining=quote.gross - amount,
        kept=kept,
    )


def _paid_units(quote: Quote, cart: Cart) -> dict[str, list[int]]:
    """What was paid for every unit of the cart's own lines, tax included; a line's sums are exact."""
    from netlift.promotions.rounding import split
    from netlift.promotions.state import even_units

    own = {line.id: line for line in cart.lines if not line.gift_of}
    units = {}
    for line in quote.lines:
        if line.id in own:
            units[line.id] = even_units(line.total, line.quantity)
    for adjustment in quote.adjustments:
        if adjustment.line in units:
            before = units[adjustment.line]
            units[adjustment.line] = [one - off for one, off in zip(before, adjustment.units, strict=True)]
    return {line.id: split(line.gross, units[line.id]) for line in quote.lines if line.id in units}


def _units(
    wanted: Returned, gone: Mapping[str, frozenset[int]], paid: Mapping[str, list[int]], name: str
) -> dict[str, frozenset[int]]:
    found = {}
    for line, units in wanted.items():
        if line not in paid:
            raise CartError(f"{name}: the order has no line {line!r}; its lines are {', '.join(sorted(paid))}")
        there = [place for place in range(len(paid[line])) if place not in gone.get(line, frozenset())]
        if isinstance(units, int):
            if isinstance(units, bool) or units < 0 or units > len(there):
                raise CartError(f"{name}[{line}]: {units} units, and {len(there)} of the line are still out")
            there.sort(key=lambda place: (paid[line][place], place))
            found[line] = frozenset(there[:units])
            continue
        places = frozenset(units)
        if len(places) < len(units) or not places <= set(there):
            raise CartError(f"{name}[{line}]: units {sorted(units)}, and those still out are {there}, each once")
        found[line] = places
    return found


def _joined(one: Mapping[str, frozenset[int]], other: Mapping[str, frozenset[int]]) -> dict[str, frozenset[int]]:
    return {name: one.get(name, frozenset()) | other.get(name, frozenset()) for name in {*one, *other}}


def _kept(paid: Mapping[str, list[int]], gone: Mapping[str, frozenset[int]]) -> dict[str, tuple[int, ...]]:
    return {
        name: tuple(place for place in range(len(units)) if place not in gone.get(name, frozenset()))
        for name, units in paid.items()
    }


def _only(cart: Cart, kept: Mapping[str, tuple[int, ...]]) -> Cart:
    """The cart with the units that stay, without gifts."""
    from netlift.promotions.state import even_units

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


def _goods(quote: Quote) -> int:
    return sum([line.gross for line in quote.lines if _own(line)])


def _own(line: QuotedLine) -> bool:
    return not line.gift_of


def _lost_gifts(before: Quote, after: Quote) -> tuple[GivenGift, ...]:
    """Gifts of the order that the goods kept no longer earn."""
    left: dict[tuple[str, str], int] = {}
    for given in after.gifts:
        key = (given.promotion, given.gift.product)
        left[key] = left.get(key, 0) + given.gift.quantity
    lost = []
    for given in before.gifts:
        key = (given.promotion, given.gift.product)
        stays = min(left.get(key, 0), given.gift.quantity)
        left[key] = left.get(key, 0) - stays
        if given.gift.quantity > stays:
            lost.append(given._replace(gift=given.gift._replace(quantity=given.gift.quantity - stays)))
    return tuple(lost)
