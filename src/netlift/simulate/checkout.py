"""The end of a visit: topping up to a threshold, redeeming, spending points, carrying the goods home."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from netlift.simulate.draws import Keys, uniform
from netlift.simulate.offers import Offer
from netlift.simulate.rows import Rows
from netlift.simulate.visits import (
    TOP_UP,
    Basket,
    Bools,
    Crowd,
    Ints,
    Notice,
    Setting,
    active,
    everybody,
    fill,
    notices,
    shelf_net,
    visitors,
)


@dataclass(frozen=True)
class DayLog:
    """What a day leaves behind: orders (visits with lines) and their lines."""

    cust: Ints
    world: Ints
    bits: NDArray[np.uint64]
    """Promotions that the order redeemed, one bit each."""
    points: Ints
    """Points spent, minor units."""
    basket: Basket
    """Its `visit` counts the orders of this log."""
    looked: Ints
    """Customers of world 0 who came and bought nothing."""


def shop_day(setting: Setting, rows: Rows, day: int, keys: Keys) -> DayLog:
    """Run one day for all rows, change their state and say what happened; `keys` is by customer."""
    offers = active(setting, day)
    town = everybody(setting, rows, day, keys)
    crowd = town.of(visitors(town, offers), keys)
    noticed = notices(crowd, offers)
    basket = fill(crowd, noticed)
    for notice in noticed:
        _top_up(crowd, notice, basket)
    bits = np.zeros(len(crowd), np.uint64)
    for notice in noticed:
        used = notice.by & qualifies(notice.offer, basket, len(crowd))
        bits |= used.astype(np.uint64) << np.uint64(notice.offer.number)
        seen = rows.used[crowd.row, notice.offer.number]
        rows.used[crowd.row, notice.offer.number] = np.minimum(seen, 254) + used
    points = _points(crowd, basket, noticed, bits)
    _carry_home(crowd, basket)
    return _log(crowd, basket, bits, points)


def qualifies(offer: Offer, basket: Basket, visits: int) -> Bools:
    """Which visits meet an offer's conditions; an offer without benefit is never redeemed."""
    spec = offer.spec
    on = offer.goods[basket.product]
    spend = np.bincount(basket.visit, basket.net * on, visits)
    enough = spend >= max(1, spec.min_basket_minor)
    if spec.benefit == "bundle":
        enough &= np.bincount(basket.visit, on, visits) >= 2
    if spec.benefit == "nth":
        enough &= np.bincount(basket.visit, on & (basket.quantity >= 2), visits) >= 1
    return enough & (spec.benefit != "none")


def _top_up(crowd: Crowd, notice: Notice, basket: Basket) -> None:
    """Somebody at 70 % of a threshold or more may take more units of the first eligible line."""
    world, spec = crowd.setting.world, notice.offer.spec
    if not spec.min_basket_minor:
        return
    on = notice.offer.goods[basket.product]
    short = spec.min_basket_minor - np.bincount(basket.visit, basket.net * on, len(crowd)).astype(np.int64)
    chance = world.config.top_up * (0.4 + 1.2 * crowd.setting.people.deal[crowd.cust])
    near = (short > 0) & (short <= 0.3 * spec.min_basket_minor) & notice.by
    near &= uniform(crowd.keys, TOP_UP) < chance
    lines = np.flatnonzero(on & near[basket.visit])
    line = lines[np.unique(basket.visit[lines], return_index=True)[1]]
    unit = np.maximum(basket.net[line] // basket.quantity[line], 1)
    more = -(-short[basket.visit[line]] // unit)
    line, more = line[more <= 5], more[more <= 5]
    basket.quantity[line] += more
    basket.net[line] = shelf_net(world, basket.product[line], basket.quantity[line], basket.code[line])


def _points(crowd: Crowd, basket: Basket, noticed: list[Notice], bits: NDArray[np.uint64]) -> Ints:
    """Spend the balance on at most half of the order, then earn on this one."""
    if not any(o.spec.benefit == "points" for o in crowd.setting.world.offers):
        return np.zeros(len(crowd), np.int64)
    balance = crowd.rows.points
    net = np.bincount(basket.visit, basket.net, len(crowd)).astype(np.int64)
    spent = np.minimum(balance[crowd.row], net // 2)
    balance[crowd.row] -= spent
    for notice in noticed:
        if notice.offer.spec.benefit == "points":
            used = (bits >> np.uint64(notice.offer.number)) & np.uint64(1) > 0
            eligible = np.bincount(basket.visit, basket.net * notice.offer.goods[basket.product], len(crowd))
            balance[crowd.row] += np.floor(notice.offer.spec.depth * eligible + 0.5).astype(np.int64) * used
    return spent


def _carry_home(crowd: Crowd, basket: Basket) -> None:
    """Stock at home lasts longer by each unit's days; extra units are partly consumed sooner."""
    rows, row, category = crowd.rows, crowd.row[basket.visit], basket.category
    lasting = 1 + (basket.quantity - 1) * np.float32(1 - crowd.setting.world.config.flexible)
    more = (lasting * crowd.setting.people.home[rows.cust[row], category]).astype(np.float32)
    rows.until[row, category] = np.maximum(rows.until[row, category], np.float32(crowd.day)) + more
    rows.last[row, category] = basket.product


def _log(crowd: Crowd, basket: Basket, bits: NDArray[np.uint64], points: Ints) -> DayLog:
    """Keep visits with lines as orders, and remember who of world 0 left with nothing."""
    bought = np.bincount(basket.visit, minlength=len(crowd)) > 0
    basket.visit = (np.cumsum(bought) - 1)[basket.visit]
    looked = crowd.cust[~bought & (crowd.world == 0)]
    return DayLog(crowd.cust[bought], crowd.world[bought], bits[bought], points[bought], basket, looked)
