"""The end of a visit: topping up to a threshold, redeeming, spending points, carrying the goods home."""

import numpy as np
from numpy.typing import NDArray

from netlift.simulate.draws import Keys, uniform
from netlift.simulate.offers import Offer
from netlift.simulate.rows import Rows
from netlift.simulate.visits import TOP_UP, Basket, DayLog, Notice, Setting, fill, notices, shelf_net, visitors


def shop_day(setting: Setting, rows: Rows, day: int, keys: Keys) -> DayLog:
    """Run one day for all rows, change their state and say what happened."""
    v = visitors(setting, rows, day, keys)
    own = keys[rows.cust[v]]
    noticed = notices(setting, rows, v, day, own)
    basket = fill(setting, rows, v, day, own, noticed)
    bits = np.zeros(len(v), np.uint64)
    for notice in noticed:
        _top_up(setting, rows, v, own, notice, basket)
    for notice in noticed:
        used = notice.by & qualifies(notice.offer, basket, len(v))
        bits |= used.astype(np.uint64) << np.uint64(notice.offer.number)
        rows.used[v, notice.offer.number] += used
    points = _points(setting, rows, v, basket, noticed, bits)
    _carry_home(setting, rows, v, basket, day)
    return _log(rows, v, basket, bits, points)


def qualifies(offer: Offer, basket: Basket, visits: int) -> NDArray[np.bool_]:
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


def _top_up(setting: Setting, rows: Rows, v: NDArray[np.int64], keys: Keys, notice: Notice, basket: Basket) -> None:
    """Somebody at 70 % of a threshold or more may take more units of the first eligible line."""
    spec = notice.offer.spec
    if not spec.min_basket_minor:
        return
    on = notice.offer.goods[basket.product]
    short = spec.min_basket_minor - np.bincount(basket.visit, basket.net * on, len(v)).astype(np.int64)
    chance = setting.world.config.top_up * (0.4 + 1.2 * setting.people.deal[rows.cust[v]])
    near = (short > 0) & (short <= 0.3 * spec.min_basket_minor) & notice.by
    near &= uniform(keys, 2_000 + TOP_UP) < chance
    lines = np.flatnonzero(on & near[basket.visit])
    _, first = np.unique(basket.visit[lines], return_index=True)
    line = lines[first]
    unit = basket.net[line] // basket.quantity[line]
    more = -(-short[basket.visit[line]] // np.maximum(unit, 1))
    line, more = line[more <= 5], more[more <= 5]
    basket.quantity[line] += more
    basket.net[line] = shelf_net(setting.world, basket.product[line], basket.quantity[line], basket.code[line])


def _points(
    setting: Setting,
    rows: Rows,
    v: NDArray[np.int64],
    basket: Basket,
    noticed: list[Notice],
    bits: NDArray[np.uint64],
) -> NDArray[np.int64]:
    """Spend the balance on at most half of the order, then earn on this one."""
    if not any(o.spec.benefit == "points" for o in setting.world.offers):
        return np.zeros(len(v), np.int64)
    net = np.bincount(basket.visit, basket.net, len(v)).astype(np.int64)
    spent = np.minimum(rows.points[v], net // 2)
    rows.points[v] -= spent
    for notice in noticed:
        if notice.offer.spec.benefit == "points":
            used = (bits >> np.uint64(notice.offer.number)) & np.uint64(1) > 0
            eligible = np.bincount(basket.visit, basket.net * notice.offer.goods[basket.product], len(v))
            rows.points[v] += np.floor(notice.offer.spec.depth * eligible + 0.5).astype(np.int64) * used
    return spent


def _carry_home(setting: Setting, rows: Rows, v: NDArray[np.int64], basket: Basket, day: int) -> None:
    """Stock at home lasts longer by each unit's days; extra units are partly consumed sooner."""
    row, category = v[basket.visit], basket.category
    lasting = 1 + (basket.quantity - 1) * np.float32(1 - setting.world.config.flexible)
    more = (lasting * setting.people.home[rows.cust[row], category]).astype(np.float32)
    rows.until[row, category] = np.maximum(rows.until[row, category], np.float32(day)) + more
    rows.last[row, category] = basket.product


def _log(
    rows: Rows, v: NDArray[np.int64], basket: Basket, bits: NDArray[np.uint64], points: NDArray[np.int64]
) -> DayLog:
    """Keep visits with lines as orders, and remember who of world 0 left with nothing."""
    bought = np.bincount(basket.visit, minlength=len(v)) > 0
    basket.visit = (np.cumsum(bought) - 1)[basket.visit]
    row = v[bought]
    empty = v[~bought]
    looked = rows.cust[empty[rows.world[empty] == 0]]
    return DayLog(rows.cust[row], rows.world[row], bits[bought], points[bought], basket, looked)
