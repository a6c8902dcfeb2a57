"""Money, exact: what every line cost the customer and the shop, in every world, in integer minor units."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from netlift.simulate.block import Diary
from netlift.simulate.draws import under, uniforms
from netlift.simulate.offers import Offer
from netlift.simulate.world import World

Ints = NDArray[np.int64]
_RETURNS = 3_000_000
_REPORT = 4_000_000


@dataclass(frozen=True)
class Given:
    """The discount that one promotion gave, line by line."""

    line: Ints
    """Position in the ledger's lines."""
    amount: Ints


@dataclass(frozen=True)
class Ledger:
    """Orders and lines of a block, sorted by world, customer, day and line; money in minor units."""

    cust: Ints
    """Customer of each order, position in the block."""
    world: Ints
    day: Ints
    bits: NDArray[np.uint64]
    shipping: Ints
    """Charged to the customer, by order."""
    reported: NDArray[np.bool_]
    """Whether the order shows in the tables at the end."""
    order: Ints
    """Order of each line."""
    number: Ints
    """1, 2, ... inside the order."""
    product: Ints
    quantity: Ints
    code: Ints
    """Shelf code of the price."""
    list: Ints
    discount: Ints
    funded: Ints
    refunded: Ints
    cost: Ints
    given: dict[int, Given]
    """Discounts by promotion number."""

    @property
    def factual(self) -> int:
        """Number of orders of the shop as it was; they stand first."""
        return int(np.searchsorted(self.world, 1))

    @property
    def factual_lines(self) -> int:
        """Number of lines of the shop as it was; they stand first."""
        return int(np.searchsorted(self.order, self.factual))

    @property
    def profit(self) -> Ints:
        """The line for the shop: list - discount + funded - refunds - cost, by line."""
        return self.list - self.discount + self.funded - self.refunded - self.cost


def keep_books(world: World, diary: Diary) -> Ledger:
    """Price all orders of a block."""
    perm = np.lexsort((diary.day, diary.cust, diary.world))
    rank = np.empty_like(perm)
    rank[perm] = np.arange(len(perm))
    order, product, quantity, code, gift = _with_gifts(world, diary)
    order = rank[order]
    at = np.argsort(order, kind="stable")
    order, product, quantity, code, gift = order[at], product[at], quantity[at], code[at], gift[at]
    bits = diary.bits[perm]
    lines = _Lines(order, product, quantity, code, gift, world.goods.price[product] * quantity)
    given = _discounts(world, lines, bits, diary.points[perm])
    discount, funded = _summed(world, given, len(order))
    keys = under(diary.people.keys[diary.cust[perm]], _RETURNS)
    cust, day = diary.cust[perm], diary.day[perm]
    back = uniforms(keys[order], (product * 1000 + day[order])[:, None])[:, 0] < world.config.return_rate
    back &= ~gift.astype(bool)
    first = np.searchsorted(order, np.arange(len(perm)))
    return Ledger(
        cust=cust,
        world=diary.world[perm],
        day=day,
        bits=bits,
        shipping=_shipping(world, lines, discount, bits),
        reported=_reported(world, diary, cust, day),
        order=order,
        number=np.arange(len(order)) - first[order] + 1,
        product=product,
        quantity=quantity,
        code=code,
        list=lines.list,
        discount=discount,
        funded=funded,
        refunded=np.where(back, lines.list - discount, 0),
        cost=world.goods.cost[product] * quantity,
        given=given,
    )


@dataclass(frozen=True)
class _Lines:
    order: Ints
    product: Ints
    quantity: Ints
    code: Ints
    gift: Ints
    """1 + number of the promotion that gave the line away, else 0."""
    list: Ints


def _with_gifts(world: World, diary: Diary) -> tuple[Ints, Ints, Ints, Ints, Ints]:
    """The lines, with one more for each gift, which is a unit at list price wholly discounted."""
    columns = [(diary.order, diary.product, diary.quantity, diary.code, np.zeros_like(diary.order))]
    for offer in world.offers:
        if offer.spec.benefit == "gift" and offer.live:
            order = np.flatnonzero(_redeemed(diary.bits, offer))
            one = np.ones_like(order)
            columns.append((order, one * offer.gift, one, one * 0, one * (offer.number + 1)))
    order, product, quantity, code, gift = (np.concatenate(column) for column in zip(*columns, strict=True))
    return order, product, quantity, code, gift


def _redeemed(bits: NDArray[np.uint64], offer: Offer) -> NDArray[np.bool_]:
    return (bits >> np.uint64(offer.number)) & np.uint64(1) > 0


def _discounts(world: World, lines: _Lines, bits: NDArray[np.uint64], points: Ints) -> dict[int, Given]:
    """Shelf prices first, then each promotion in turn on what is left, points last."""
    given: dict[int, Given] = {}
    depth = world.shelves.depth[lines.code]
    off = np.floor(lines.list * depth + 0.5).astype(np.int64)
    for offer in world.offers:
        if offer.shelf:
            at = np.flatnonzero(lines.code == offer.number + 1)
            given[offer.number] = Given(at, off[at])
    left = lines.list - off
    for offer in world.offers:
        if offer.shelf or not offer.live:
            continue
        given[offer.number] = _give(offer, lines, left, bits)
        left[given[offer.number].line] -= given[offer.number].amount
    earners = [o.number for o in world.offers if o.spec.benefit == "points" and o.live]
    if earners and points.any():
        at = np.flatnonzero(points[lines.order] > 0)
        amount = shared_out(lines.order[at], left[at], points)
        given[earners[0]] = Given(at, amount)
    return given


def _give(offer: Offer, lines: _Lines, left: Ints, bits: NDArray[np.uint64]) -> Given:
    """What one promotion takes off the lines of the orders that redeemed it."""
    spec = offer.spec
    used = _redeemed(bits, offer)[lines.order]
    if spec.benefit == "gift":
        at = np.flatnonzero(lines.gift == offer.number + 1)
        return Given(at, left[at])
    at = np.flatnonzero(used & offer.goods[lines.product] & (lines.gift == 0))
    match spec.benefit:
        case "percent" | "bundle":
            amount = np.floor(left[at] * spec.depth + 0.5)
        case "nth":
            pairs = lines.quantity[at] // 2
            amount = np.floor(left[at] / lines.quantity[at] * pairs * spec.depth + 0.5)
        case "amount":
            total = np.bincount(lines.order[at], left[at], len(bits)).astype(np.int64)
            return Given(at, shared_out(lines.order[at], left[at], _off(offer, total)))
        case _:
            return Given(np.zeros(0, np.int64), np.zeros(0, np.int64))
    return Given(at, amount.astype(np.int64))


def _off(offer: Offer, total: Ints) -> Ints:
    """Money off for orders whose eligible goods cost `total`."""
    spec = offer.spec
    if spec.every_threshold:
        return spec.amount_minor * (total // spec.min_basket_minor)
    off = np.full_like(total, spec.amount_minor)
    for spend, amount in spec.tiers:
        off[total >= spend] = amount
    return off


def shared_out(group: Ints, weight: Ints, total: Ints) -> Ints:
    """Split `total[g]` over the members of each group in proportion to weight, exactly: largest remainder first.

    No more is given than the weights sum to; ties go to the earlier member, as in `netlift.money.allocate`.

    Args:
        group: group of each member, ascending.
        weight: what each member can bear, >= 0.
        total: amount of each group, indexed by group.
    """
    size = int(group[-1]) + 1 if len(group) else 0
    sums = np.bincount(group, weight, size).astype(np.int64)
    goal = np.minimum(total[:size], sums)
    share = goal[group] * weight
    part = share // np.maximum(sums[group], 1)
    rest = share - part * sums[group]
    missing = goal - np.bincount(group, part, size).astype(np.int64)
    by_rest = np.lexsort((-rest, group))
    first = np.searchsorted(group, np.arange(size))
    place = np.arange(len(group)) - first[group]
    part[by_rest] += place < missing[group]
    return part


def _summed(world: World, given: dict[int, Given], count: int) -> tuple[Ints, Ints]:
    """All discounts and all suppliers' shares by line."""
    discount, funded = np.zeros(count, np.int64), np.zeros(count, np.int64)
    for number, one in given.items():
        discount[one.line] += one.amount
        share = world.offers[number].spec.funding
        if share:
            funded[one.line] += np.floor(one.amount * share + 0.5).astype(np.int64)
    return discount, funded


def _shipping(world: World, lines: _Lines, discount: Ints, bits: NDArray[np.uint64]) -> Ints:
    """The fee, unless the order is large enough or a promotion waives it."""
    config = world.config
    fee = np.full(len(bits), config.shipping_fee_minor, np.int64)
    if config.shipping_fee_minor and config.free_shipping_from_minor:
        net = np.bincount(lines.order, lines.list - discount, len(bits))
        fee[net >= config.free_shipping_from_minor] = 0
    for offer in world.offers:
        if offer.spec.benefit == "shipping":
            fee[_redeemed(bits, offer)] = 0
    return fee


def _reported(world: World, diary: Diary, cust: Ints, day: Ints) -> NDArray[np.bool_]:
    """Whether an order has reached the tables by the last evening; delays are exponential."""
    mean = world.config.reporting_delay_days
    if not mean:
        return np.ones(len(cust), bool)
    u = uniforms(under(diary.people.keys, _REPORT)[cust], day[:, None])[:, 0]
    return -mean * np.log(u) < world.config.days - day
