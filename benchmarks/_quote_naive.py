"""The floor: a plain loop over all promotions that only sums what they take off, as one writes it in an afternoon.

No split to lines or units, no running prices, no reasons, no limits, no rounding beyond whole minor units.
"""

from collections.abc import Sequence

from benchmarks._quote_cases import Deal
from netlift.promotions import Cart, Facts, Line


def total_discount(cart: Cart, facts: Facts, deals: Sequence[Deal]) -> int:
    """Sum of all discounts in minor units, each taken from the prices before promotions."""
    subtotal = sum([line.unit_price * line.quantity for line in cart.lines])
    segments = facts.segments or frozenset()
    found = 0
    for deal in deals:
        if deal.start > subtotal or (deal.segment and deal.segment not in segments):
            continue
        if deal.product:
            lines = [line for line in cart.lines if line.product == deal.product]
        elif deal.category:
            lines = [line for line in cart.lines if deal.category in line.category]
        else:
            lines = cart.lines
        if lines:
            found += off(deal, lines)
    return found


def off(deal: Deal, lines: Sequence[Line]) -> int:
    """What one deal takes off the lines that it is about."""
    if deal.kind == "third_free":
        prices = sorted([line.unit_price for line in lines for _ in range(line.quantity)], reverse=True)
        return sum(prices[2::3])
    spent = sum([line.unit_price * line.quantity for line in lines])
    if deal.kind == "percent":
        return (spent * deal.value + 50) // 100
    if deal.kind == "tiers":
        return next((value for start, value in reversed(deal.tiers) if spent >= start), 0)
    return deal.value


def applying(cart: Cart, facts: Facts, deals: Sequence[Deal]) -> list[str]:
    """Ids of the deals that give something by themselves."""
    return [deal.id for deal in deals if total_discount(cart, facts, [deal])]
