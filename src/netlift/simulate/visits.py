"""One day in the shop: who comes, what they need, which product, how many, with which offer.

Notation follows docs/line/simulator.md. Every chance is a comparison with a number looked up by
(customer, day, purpose, lane), so a row with and a row without a promotion differ only by the promotion.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from netlift.simulate.catalogue import SHELF
from netlift.simulate.draws import Floats32, Keys, under, uniform, uniforms
from netlift.simulate.offers import Offer
from netlift.simulate.people import People
from netlift.simulate.rows import Rows
from netlift.simulate.targeting import Assignment
from netlift.simulate.world import World

MOST = 6
"""Most extra units of one line."""
VISIT, WANT, PICK, AMOUNT, NOTICE, SHELF_PICK, TOP_UP = range(7)  # purposes of random numbers


@dataclass(frozen=True)
class Setting:
    """What a block's day needs and does not change."""

    world: World
    people: People
    assignments: dict[int, Assignment]
    """By promotion number, for those that have begun."""


@dataclass
class Basket:
    """The lines of one day, in order of visit and category; `visit` counts the day's visitors from 0."""

    visit: NDArray[np.int64]
    category: NDArray[np.int64]
    product: NDArray[np.int64]
    code: NDArray[np.int64]
    """Shelf code of the product's price."""
    quantity: NDArray[np.int64]
    net: NDArray[np.int64]
    """Price of the line after the shelf discount."""


@dataclass(frozen=True)
class Notice:
    """An offer and which of the day's visitors think of it."""

    offer: Offer
    by: NDArray[np.bool_]


@dataclass(frozen=True)
class DayLog:
    """What the day leaves behind: orders (one a visitor with lines) and their lines."""

    cust: NDArray[np.int64]
    world: NDArray[np.int64]
    bits: NDArray[np.uint64]
    """Promotions that the order redeemed, one bit each."""
    points: NDArray[np.int64]
    """Points spent, minor units."""
    basket: Basket
    """Its `visit` counts the orders of this log."""
    looked: NDArray[np.int64]
    """Customers of world 0 who came and bought nothing."""


def holding(setting: Setting, rows: Rows, offer: Offer) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which rows can use an offer, and which were written to; in the world without it the two are turned round."""
    mine = setting.assignments[offer.number]
    holds, reached = mine.holds[rows.cust], mine.reached[rows.cust]
    turned = rows.world == offer.number + 1
    return holds ^ turned, np.where(turned, ~holds, reached) & offer.spec.contacts


def _freshness(setting: Setting, rows: Rows, offer: Offer) -> Floats32:
    """exp(-fatigue x contacts of the 60 days before)."""
    tired = np.zeros(len(rows.cust), np.float32)
    for number in setting.world.tiring.get(offer.number, ()):
        tired += holding(setting, rows, setting.world.offers[number])[1]
    return np.exp(np.float32(-setting.world.config.fatigue) * tired)


def _active(setting: Setting, day: int) -> list[Offer]:
    """Offers that work through people's heads today: vouchers first, the most valuable in front."""
    begun = [setting.world.offers[n] for n in setting.assignments]
    offers = [o for o in begun if o.live and not o.shelf and o.start <= day < o.end]
    return sorted(offers, key=lambda o: (not o.voucher, -o.worth, o.number))


def visitors(setting: Setting, rows: Rows, day: int, keys: Keys) -> NDArray[np.int64]:
    """Rows that come today: chance 1 - exp(-rate x calendar x crowd x boosts)."""
    world, people = setting.world, setting.people
    rate = rows.rate * world.weather.traffic[day][rows.region]
    if not world.shelves.quiet[day]:
        rate *= world.shelves.crowd[rows.table, rows.group, day]
    for offer in _active(setting, day):
        if offer.spec.visit_boost:
            rate *= np.exp(_boost(setting, rows, offer, day))
    need = -np.log(uniform(keys, VISIT))
    need[(people.joins > day) | (people.leaves <= day)] = np.inf
    return np.flatnonzero(need[rows.cust] < rate)


def _boost(setting: Setting, rows: Rows, offer: Offer, day: int) -> Floats32:
    """Log of the factor on the visit rate that an offer brings today."""
    spec = offer.spec
    holds, reached = holding(setting, rows, offer)
    if not spec.contacts:
        opened = offer.opens[rows.region] <= day
        return (spec.effect * spec.visit_boost) * (holds & opened).astype(np.float32)
    fading = np.float32(spec.effect * spec.visit_boost * np.exp(-(day - offer.start) / spec.boost_days))
    return fading * reached * setting.people.ease[rows.cust] * _freshness(setting, rows, offer)


def notices(setting: Setting, rows: Rows, v: NDArray[np.int64], day: int, keys: Keys) -> list[Notice]:
    """Which visitors think of which offers; of vouchers only the most valuable counts."""
    found: list[Notice] = []
    came = rows.take(v)
    free = np.ones(len(v), bool)
    for offer in _active(setting, day):
        spec = offer.spec
        holds, _ = holding(setting, came, offer)
        by = holds & (offer.opens[came.region] <= day)
        if spec.uses and spec.benefit != "none":
            by &= came.used[:, offer.number] < spec.uses
        if spec.kind != "code":
            chance = spec.attention * (0.4 + 1.2 * setting.people.deal[came.cust]) * _freshness(setting, came, offer)
            by &= uniform(keys, 1_000 + offer.number) < chance
        if offer.voucher:
            by &= free
            free &= ~by
        if by.any():
            found.append(Notice(offer, by))
    return found


def wants(
    setting: Setting, rows: Rows, v: NDArray[np.int64], day: int, keys: Keys, noticed: list[Notice]
) -> NDArray[np.bool_]:
    """Category incidence by logit; a category of the second half gains when its leader is in the basket."""
    world, config = setting.world, setting.world.config
    cust = rows.cust[v]
    logit = setting.people.taste[cust] + world.weather.demand[day]
    home = rows.until[v] - np.float32(day)
    np.maximum(home, 0, out=home)
    home /= setting.people.home[cust]
    np.minimum(home, 3, out=home)
    home *= np.float32(config.stock_drag)
    logit -= home
    if not world.shelves.quiet[day]:
        logit += world.shelves.pull[rows.table[v], rows.group[v], day]
    for notice in noticed:
        logit += notice.offer.pull[rows.group[v]] * notice.by[:, None]
    u = uniforms(under(keys, WANT), np.arange(logit.shape[1]))
    need = np.log(u / (1 - u))
    half = (logit.shape[1] + 1) // 2
    want = need < logit
    lead = want[:, :half].astype(np.float32)[:, world.goods.leader] * np.float32(config.complement)
    want[:, half:] = need[:, half:] < logit[:, half:] + lead
    return want


def fill(setting: Setting, rows: Rows, v: NDArray[np.int64], day: int, keys: Keys, noticed: list[Notice]) -> Basket:
    """Category, product and quantity of every line of the day."""
    visit, category = np.nonzero(wants(setting, rows, v, day, keys, noticed))
    product, code = _pick(setting, rows, v, day, keys, noticed, visit, category)
    there = product < setting.world.goods.products
    visit, category, product, code = visit[there], category[there], product[there], code[there]
    basket = Basket(visit, category, product, code, np.ones_like(visit), np.zeros_like(visit))
    basket.quantity = 1 + _extra(setting, rows, v, day, keys, noticed, basket)
    basket.net = shelf_net(setting.world, product, basket.quantity, code)
    return basket


def shelf_net(
    world: World, product: NDArray[np.int64], quantity: NDArray[np.int64], code: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Line price after the shelf discount, which is rounded half up on the line."""
    price = world.goods.price[product] * quantity
    off = np.floor(price * world.shelves.depth[code] + 0.5).astype(np.int64)
    return price - off


def _pick(
    setting: Setting,
    rows: Rows,
    v: NDArray[np.int64],
    day: int,
    keys: Keys,
    noticed: list[Notice],
    visit: NDArray[np.int64],
    category: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Product by logit, as a race of exponentials: the least of -log(u) / weight wins."""
    world = setting.world
    goods, shelves = world.goods, world.shelves
    row = v[visit]
    group = rows.group[row]
    product = _shelf(setting, rows.cust[row], category)
    flat = product + (group * (goods.products + 1))[:, None]
    weight = goods.weight.ravel()[flat]
    at = rows.table[row] * world.config.days + day
    code = shelves.code.ravel()[product + (at * (goods.products + 1))[:, None]] if not shelves.quiet[day] else None
    if code is not None:
        weight *= shelves.factor.ravel()[code + (group * shelves.factor.shape[1])[:, None]]
    weight *= np.where(product == rows.last[row, category][:, None], setting.people.loyal[rows.cust[row]][:, None], 1)
    for notice in noticed:
        if not notice.offer.whole:
            hit = notice.offer.goods[product] & notice.by[visit][:, None]
            weight *= np.where(hit, notice.offer.factor[group][:, None], 1)
    u = uniforms(under(keys, PICK)[visit], product)
    with np.errstate(divide="ignore"):
        best = np.argmin(-np.log(u) / weight, axis=1)
    line = np.arange(len(row))
    chosen = np.where(weight[line, best] > 0, product[line, best], goods.products)
    return chosen, np.zeros(len(row), np.int64) if code is None else code[line, best].astype(np.int64)


def _shelf(setting: Setting, cust: NDArray[np.int64], category: NDArray[np.int64]) -> NDArray[np.int64]:
    """The eight products that a customer considers in a category: one from each stratum, often the popular ones."""
    start, count = setting.world.goods.strata
    product = start[category]
    if count.max() > 1:
        lanes = category[:, None] * SHELF + np.arange(SHELF)
        u = uniforms(under(setting.people.keys, SHELF_PICK)[cust], lanes)
        product = product + SHELF * (count[category] * u * u).astype(np.int64)
    return product


def _extra(
    setting: Setting,
    rows: Rows,
    v: NDArray[np.int64],
    day: int,
    keys: Keys,
    noticed: list[Notice],
    basket: Basket,
) -> NDArray[np.int64]:
    """Geometric extra units; the mean grows with the discount and shrinks with what is at home."""
    world, people = setting.world, setting.people
    row = v[basket.visit]
    cust = rows.cust[row]
    keep = 1 - world.shelves.depth[basket.code]
    for notice in noticed:
        hit = notice.by[basket.visit] & notice.offer.goods[basket.product]
        keep *= np.where(hit, 1 - notice.offer.worth * notice.offer.spec.effect, 1)
    gain = -world.config.stock_up * world.goods.classes.sensitivity[rows.group[row]] * np.log(keep)
    home = np.maximum(rows.until[row, basket.category] - np.float32(day), 0) / people.home[cust, basket.category]
    mean = world.goods.extra[basket.category] * np.exp(gain) / (1 + home)
    u = uniforms(under(keys, AMOUNT)[basket.visit], basket.category[:, None])[:, 0]
    return np.minimum(np.floor(np.log(u) / np.log(mean / (1 + mean))), MOST).astype(np.int64)
