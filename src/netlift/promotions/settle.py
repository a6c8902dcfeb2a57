"""From running prices to a quote: units, lines, gifts, delivery, tax, funding; every sum exact."""

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Literal

from netlift.promotions.cart import Cart, Line
from netlift.promotions.promotion import Promotion
from netlift.promotions.quote import (
    Adjustment,
    GivenGift,
    Quote,
    QuotedLine,
    QuotedShipping,
    ShippingAdjustment,
)
from netlift.promotions.rounding import ROUNDERS, split
from netlift.promotions.runnable import Run
from netlift.promotions.state import State, even_shares

_OPTIMALITY: dict[bool | None, Literal["proved optimal", "best found", "not searched"]] = {
    True: "proved optimal",
    False: "best found",
    None: "not searched",
}
_new = tuple.__new__  # twice as fast as the named tuple's own constructor, and a quote makes hundreds


def settled(cart: Cart, state: State, run: Run, promotions: Mapping[str, Promotion]) -> Quote:
    """The quote of what was found."""
    adjustments = _adjustments(state)
    given, offered = _gifts(state)
    own = len(state.lines_given) == len(cart.lines)
    gifts, removed = ((), ()) if own and not given else _gift_lines(cart, given, adjustments)
    lines = _lines(cart, state, gifts)
    shipping = _shipping(cart, state)
    granted = [grant for _, grant in state.grants]
    return Quote(
        currency=cart.currency,
        lines=lines,
        shipping=shipping,
        adjustments=tuple(adjustments),
        shipping_adjustments=tuple(
            [ShippingAdjustment(part.promotion, part.benefit, name, off) for part, name, off in state.shipping_records]
        ),
        applied=tuple(run.applied),
        refusals=run.refusals,
        total=sum([line.total for line in lines]) + sum([one.price for one in shipping]),
        discount=sum([line.discount for line in lines]),
        shipping_discount=sum([one.discount for one in shipping]),
        net=sum([line.net for line in lines]) + sum([one.net for one in shipping]),
        tax=sum([line.tax for line in lines]) + sum([one.tax for one in shipping]),
        gross=sum([line.gross for line in lines]) + sum([one.gross for one in shipping]),
        gifts=given,
        offered=offered,
        removed=removed,
        points=sum([grant.points for grant in granted]),
        points_burned=sum([grant.points_burned for grant in granted]),
        credits=tuple([credit for grant in granted for credit in grant.credits]),
        funding=_funding(run, adjustments, state, promotions),
        optimality=_OPTIMALITY[run.proved],
        versions={name: promotions[name].version for name in run.applied},
    )


def _adjustments(state: State) -> list[Adjustment]:
    ids = [line.id for line in state.lines_given]
    quantity = state.quantity
    return [
        _new(
            Adjustment,
            (
                part.promotion,
                part.benefit,
                ids[i],
                amount,
                even_shares(before, amount, quantity[i]) if units is None else units,
            ),
        )
        for part, i, amount, before, units in state.records
    ]


def _lines(cart: Cart, state: State, gifts: Sequence[tuple[Line, int, int]]) -> tuple[QuotedLine, ...]:
    places = {line.id: place for place, line in enumerate(state.lines_given)}
    goods = [
        (line, state.total[place], state.total[place] - state.left[place])
        for line in cart.lines
        if not line.gift_of and (place := places[line.id]) >= 0
    ]
    goods += gifts
    if state.policy.tax_granularity == "unit":
        taxes = [_tax_by_unit(line, total - off, state) for line, total, off in goods]
    else:
        taxes = _taxes(
            [(line.tax_rate, total - off) for line, total, off in goods], [one[0].id for one in goods], state
        )
    return tuple(
        [
            _new(QuotedLine, (line.id, line.product or line.id, line.quantity, total, off, *tax, line.gift_of))
            for (line, total, off), tax in zip(goods, taxes, strict=True)
        ]
    )


def _gifts(state: State) -> tuple[tuple[GivenGift, ...], tuple[GivenGift, ...]]:
    if not state.grants:
        return (), ()
    given = [
        GivenGift(part.promotion, gift, part.benefit)
        for part, grant in state.grants
        for gift in grant.gifts
        if gift.quantity
    ]
    offered = [GivenGift(part.promotion, gift, part.benefit) for part, grant in state.grants for gift in grant.offered]
    return tuple(given), tuple(offered)


def _gift_lines(
    cart: Cart, given: Sequence[GivenGift], adjustments: list[Adjustment]
) -> tuple[list[tuple[Line, int, int]], tuple[str, ...]]:
    """The lines of the gifts, under the ids that they have in the cart already; and what of those is not earned."""
    there: dict[tuple[str, str], list[Line]] = {}
    for line in cart.lines:
        if line.gift_of:
            there.setdefault((line.gift_of, line.product or line.id), []).append(line)
    names = {line.id for line in cart.lines}
    found: list[tuple[Line, int, int]] = []
    for promotion, gift, benefit in given:
        waiting = there.get((promotion, gift.product))
        old = waiting.pop(0) if waiting else None
        name = _free_name(f"gift:{promotion}:{gift.product}", names) if old is None else old.id
        names.add(name)
        rate = gift.tax_rate or (Decimal(0) if old is None else old.tax_rate)
        line = Line(name, gift.unit_price, gift.quantity, gift.product, gift_of=promotion, tax_rate=rate)
        off = gift.off * gift.quantity
        found.append((line, gift.unit_price * gift.quantity, off))
        if off:
            adjustments.append(Adjustment(promotion, benefit, name, off, (gift.off,) * gift.quantity))
    return found, tuple(line.id for lines in there.values() for line in lines)


def _free_name(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "+"
    return name


def _shipping(cart: Cart, state: State) -> tuple[QuotedShipping, ...]:
    if not cart.shipping:
        return ()
    left = state.shipping_left
    taxes = _taxes([(one.tax_rate, left[one.id]) for one in cart.shipping], [one.id for one in cart.shipping], state)
    return tuple(
        [
            QuotedShipping(one.id, one.price, one.price - left[one.id], *tax)
            for one, tax in zip(cart.shipping, taxes, strict=True)
        ]
    )


def _taxes(amounts: Sequence[tuple[Decimal, int]], ids: Sequence[str], state: State) -> list[tuple[int, int, int]]:
    """Net, tax and gross of amounts in the cart's tax mode, each with its rate in per cent."""
    policy = state.policy
    if policy.tax_granularity == "order":
        return _taxes_by_rate(amounts, ids, state)
    rounder, included = ROUNDERS[policy.tax_rounding], policy.prices_include_tax
    found = []
    for rate, amount in amounts:
        if not rate:
            found.append((amount, 0, amount))
            continue
        numerator, denominator = rate.as_integer_ratio()
        if included:
            net = rounder(amount * 100 * denominator, 100 * denominator + numerator)
            found.append((net, amount - net, amount))
        else:
            tax = rounder(amount * numerator, 100 * denominator)
            found.append((amount, tax, amount + tax))
    return found


def _tax_by_unit(line: Line, payable: int, state: State) -> tuple[int, int, int]:
    """Net, tax and gross of a line: the tax of one unit at the line's average price, rounded once, times the units."""
    policy, quantity = state.policy, line.quantity
    rounder = ROUNDERS[policy.tax_rounding]
    numerator, denominator = line.tax_rate.as_integer_ratio()
    whole = 100 * denominator + numerator
    if policy.prices_include_tax:
        tax = quantity * rounder(payable * numerator, whole * quantity)
        return payable - tax, tax, payable
    gross = quantity * rounder(payable * whole, 100 * denominator * quantity)
    return payable, gross - payable, gross


def _taxes_by_rate(
    amounts: Sequence[tuple[Decimal, int]], ids: Sequence[str], state: State
) -> list[tuple[int, int, int]]:
    """As `_taxes`, rounded once for all amounts of a rate; the tax is split by amount, ties as the policy orders."""
    policy = state.policy
    rounder = ROUNDERS[policy.tax_rounding]
    found: list[tuple[int, int, int]] = [(0, 0, 0)] * len(amounts)
    rates: dict[Decimal, list[int]] = {}
    order = sorted(range(len(amounts)), key=ids.__getitem__) if policy.ties == "id" else range(len(amounts))
    for place in order:
        rates.setdefault(amounts[place][0], []).append(place)
    for rate, places in rates.items():
        numerator, denominator = rate.as_integer_ratio()
        values = [amounts[place][1] for place in places]
        whole = sum(values)
        if policy.prices_include_tax:
            tax = whole - rounder(whole * 100 * denominator, 100 * denominator + numerator)
        else:
            tax = rounder(whole * numerator, 100 * denominator)
        for place, value, part in zip(places, values, split(tax, values), strict=True):
            net = value - part if policy.prices_include_tax else value
            found[place] = (net, part, net + part)
    return found


def _funding(
    run: Run, adjustments: Sequence[Adjustment], state: State, promotions: Mapping[str, Promotion]
) -> dict[str, int]:
    """Who pays for the discounts: every promotion's whole discount, split once by its shares."""
    found: dict[str, int] = {}
    if not any(promotions[name].funding for name in run.applied):
        whole = sum([one.amount for one in adjustments]) + sum([off for _, _, off in state.shipping_records])
        return {"": whole} if whole else {}
    totals = dict.fromkeys(run.applied, 0)
    for one in adjustments:
        totals[one.promotion] += one.amount
    for part, _, off in state.shipping_records:
        totals[part.promotion] += off
    for name, total in totals.items():
        shares = promotions[name].funding
        if not shares:
            found[""] = found.get("", 0) + total
            continue
        scale = math.lcm(*[share.percent.as_integer_ratio()[1] for share in shares])
        parts = split(total, [int(share.percent * scale) for share in shares])
        for share, part_ in zip(shares, parts, strict=True):
            found[share.party] = found.get(share.party, 0) + part_
    return found
