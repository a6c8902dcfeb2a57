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

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
MOST = 6
"""Most extra units of one line."""
VISIT, WANT, PICK, AMOUNT, SHELF_PICK, TOP_UP = range(6)
"""Purposes of random numbers; noticing an offer has the offer's own key."""


@dataclass(frozen=True)
class Setting:
    """What a block's day needs and does not change."""

    world: World
    people: People
    assignments: dict[int, Assignment]
    """By promotion number, for those that have begun."""


@dataclass(frozen=True)
class Crowd:
    """Some rows on one day: all of them before the doors open, the day's visitors after that."""

    setting: Setting
    rows: Rows
    day: int
    row: Ints
    """Positions in `rows`; the arrays below follow it."""
    cust: Ints
    world: Ints
    group: Ints
    region: Ints
    table: Ints
    keys: Keys
    """Randomness of the customer on this day."""

    def __len__(self) -> int:
        return len(self.row)

    def of(self, row: Ints, keys: Keys) -> "Crowd":
        """The part of a crowd of all rows that `row` names; `keys` is by customer."""
        rows, cust = self.rows, self.rows.cust[row]
        return Crowd(
            self.setting, rows, self.day, row, cust,
            rows.world[row], rows.group[row], rows.region[row], rows.table[row], keys[cust],
        )  # fmt: skip

    def units_at_home(self, visit: NDArray[np.integer], category: Ints) -> Floats32:
        """Units at home of a category."""
        left = self.rows.until[self.row[visit], category] - np.float32(self.day)
        return np.maximum(left, 0) / self.setting.people.home[self.cust[visit], category]


@dataclass
class Basket:
    """The lines of one day, in order of visit and category; `visit` counts the day's visitors from 0."""

    visit: Ints
    category: Ints
    product: Ints
    code: Ints
    """Shelf code of the product's price."""
    quantity: Ints
    net: Ints
    """Price of the line after the shelf discount."""


@dataclass(frozen=True)
class Notice:
    """An offer and which of the day's visitors think of it."""

    offer: Offer
    by: Bools


def everybody(setting: Setting, rows: Rows, day: int, keys: Keys) -> Crowd:
    """All rows, as a crowd."""
    return Crowd(
        setting, rows, day, np.arange(len(rows.cust)), rows.cust, rows.world, rows.group, rows.region, rows.table, keys
    )


def holding(crowd: Crowd, offer: Offer) -> tuple[Bools, Bools]:
    """Who can use an offer, and who was written to; in the world without it the two are turned round."""
    mine = crowd.setting.assignments[offer.number]
    holds, reached = mine.holds[crowd.cust], mine.reached[crowd.cust]
    turned = crowd.world == offer.number + 1
    return holds ^ turned, np.where(turned, ~holds, reached) & offer.spec.contacts


def _freshness(crowd: Crowd, offer: Offer) -> Floats32 | np.float32:
    """What contacts of the 60 days before leave of the response: exp(-fatigue x their number)."""
    before = crowd.setting.world.tiring.get(offer.number, ())
    if not before:
        return np.float32(1)
    tired = np.zeros(len(crowd), np.float32)
    for number in before:
        tired += holding(crowd, crowd.setting.world.offers[number])[1]
    return np.exp(np.float32(-crowd.setting.world.config.fatigue) * tired)


def active(setting: Setting, day: int) -> list[Offer]:
    """Offers that work through people's heads today: vouchers first, the most valuable in front."""
    begun = [setting.world.offers[n] for n in setting.assignments]
    offers = [o for o in begun if o.live and not o.shelf and o.start <= day < o.end]
    return sorted(offers, key=lambda o: (not o.voucher, -o.worth, o.number))


def visitors(crowd: Crowd, offers: list[Offer]) -> Ints:
    """Rows that come today: chance 1 - exp(-rate x calendar x crowd x boosts)."""
    setting, day, rows = crowd.setting, crowd.day, crowd.rows
    world, people = setting.world, setting.people
    rate = rows.rate * world.weather.traffic[day][rows.region]
    if not world.shelves.quiet[day]:
        rate *= world.shelves.crowd[rows.table, rows.group, day]
    for offer in offers:
        if offer.spec.visit_boost:
            rate *= np.exp(_boost(crowd, offer))
    need = -np.log(uniform(crowd.keys, VISIT))
    need[(people.joins > day) | (people.leaves <= day)] = np.inf
    return np.flatnonzero(need[rows.cust] < rate)


def _boost(crowd: Crowd, offer: Offer) -> Floats32:
    """Log of the factor on the visit rate that an offer brings today."""
    spec = offer.spec
    strength = np.float32(spec.effect * spec.visit_boost)
    holds, reached = holding(crowd, offer)
    if not spec.contacts:
        return strength * (holds & (offer.opens[crowd.region] <= crowd.day)).astype(np.float32)
    fading = strength * np.float32(np.exp(-(crowd.day - offer.start) / spec.boost_days))
    return fading * reached * crowd.setting.people.ease[crowd.cust] * _freshness(crowd, offer)


def notices(crowd: Crowd, offers: list[Offer]) -> list[Notice]:
    """Which visitors think of which offers; of vouchers only the most valuable counts."""
    found: list[Notice] = []
    free = np.ones(len(crowd), bool)
    for offer in offers:
        spec = offer.spec
        by = holding(crowd, offer)[0] & (offer.opens[crowd.region] <= crowd.day)
        if spec.limit and spec.benefit != "none":
            by &= crowd.rows.used[crowd.row, offer.number] < spec.limit
        if spec.kind != "code":
            chance = spec.attention * (0.4 + 1.2 * crowd.setting.people.deal[crowd.cust]) * _freshness(crowd, offer)
            by &= uniform(crowd.keys, offer.key) < chance
        if offer.voucher:
            by &= free
            free &= ~by
        if by.any():
            found.append(Notice(offer, by))
    return found


def wants(crowd: Crowd, noticed: list[Notice]) -> Bools:
    """Category incidence by logit; a category of the second half gains when its leader is in the basket."""
    world, config, day = crowd.setting.world, crowd.setting.world.config, crowd.day
    logit = crowd.setting.people.taste[crowd.cust] + world.weather.demand[day]
    home = crowd.rows.until[crowd.row]
    home -= np.float32(day)
    np.maximum(home, 0, out=home)
    home /= crowd.setting.people.home[crowd.cust]
    np.minimum(home, 3, out=home)
    home *= np.float32(config.stock_drag)
    logit -= home
    if not world.shelves.quiet[day]:
        logit += world.shelves.pull[crowd.table, crowd.group, day]
    for notice in noticed:
        logit += notice.offer.pull[crowd.group] * notice.by[:, None]
    u = uniforms(under(crowd.keys, WANT), np.arange(logit.shape[1]))
    need = np.log(u / (1 - u))
    half = (logit.shape[1] + 1) // 2
    want = need < logit
    lead = want[:, :half].astype(np.float32)[:, world.goods.leader] * np.float32(config.complement)
    want[:, half:] = need[:, half:] < logit[:, half:] + lead
    return want


def fill(crowd: Crowd, noticed: list[Notice]) -> Basket:
    """Category, product and quantity of every line of the day."""
    visit, category = np.nonzero(wants(crowd, noticed))
    product, code = _pick(crowd, noticed, visit, category)
    there = product < crowd.setting.world.goods.products
    visit, category, product, code = visit[there], category[there], product[there], code[there]
    basket = Basket(visit, category, product, code, np.ones_like(visit), np.zeros_like(visit))
    basket.quantity = 1 + _extra(crowd, noticed, basket)
    basket.net = shelf_net(crowd.setting.world, product, basket.quantity, code)
    return basket


def shelf_net(world: World, product: Ints, quantity: Ints, code: Ints) -> Ints:
    """Line price after the shelf discount, which is rounded half up on the line."""
    price = world.goods.price[product] * quantity
    off = np.floor(price * world.shelves.depth[code] + 0.5).astype(np.int64)
    return price - off


def _pick(crowd: Crowd, noticed: list[Notice], visit: Ints, category: Ints) -> tuple[Ints, Ints]:
    """Product by logit, as a race of exponentials: the least of -log(u) / weight wins."""
    world, day = crowd.setting.world, crowd.day
    goods, shelves, width = world.goods, world.shelves, world.goods.products + 1
    group = crowd.group[visit]
    product = _shelf(crowd, visit, category)
    weight = goods.weight.ravel()[product + (group * width)[:, None]]
    code = None
    if not shelves.quiet[day]:
        at = crowd.table[visit] * world.config.days + day
        code = shelves.code.ravel()[product + (at * width)[:, None]]
        weight *= shelves.factor.ravel()[code + (group * shelves.factor.shape[1])[:, None]]
    same = product == crowd.rows.last[crowd.row[visit], category][:, None]
    weight *= np.where(same, crowd.setting.people.loyal[crowd.cust[visit]][:, None], np.float32(1))
    for notice in noticed:
        if not notice.offer.whole:
            hit = notice.offer.goods[product] & notice.by[visit][:, None]
            weight *= np.where(hit, notice.offer.factor[group][:, None], np.float32(1))
    u = uniforms(under(crowd.keys, PICK)[visit], product)
    with np.errstate(divide="ignore"):
        best = np.argmin(-np.log(u) / weight, axis=1)
    line = np.arange(len(visit))
    chosen = np.where(weight[line, best] > 0, product[line, best], goods.products)
    return chosen, np.zeros(len(visit), np.int64) if code is None else code[line, best].astype(np.int64)


def _shelf(crowd: Crowd, visit: Ints, category: Ints) -> Ints:
    """The eight products that a customer considers in a category: one from each stratum, often the popular ones."""
    start, count = crowd.setting.world.goods.strata
    product = start[category]
    if count.max() > 1:
        lanes = category[:, None] * SHELF + np.arange(SHELF)
        u = uniforms(under(crowd.setting.people.keys, SHELF_PICK)[crowd.cust[visit]], lanes)
        product = product + SHELF * (count[category] * u * u).astype(np.int64)
    return product


def _extra(crowd: Crowd, noticed: list[Notice], basket: Basket) -> Ints:
    """Geometric extra units; the mean grows with the discount and shrinks with what is at home."""
    world, visit = crowd.setting.world, basket.visit
    keep = 1 - world.shelves.depth[basket.code]
    for notice in noticed:
        hit = notice.by[visit] & notice.offer.goods[basket.product]
        keep *= np.where(hit, 1 - notice.offer.worth * notice.offer.spec.effect, 1)
    gain = -world.config.stock_up * world.goods.classes.sensitivity[crowd.group[visit]] * np.log(keep)
    home = crowd.units_at_home(visit, basket.category)
    mean = world.goods.extra[basket.category] * np.exp(gain) / (1 + home)
    u = uniforms(under(crowd.keys, AMOUNT)[visit], basket.category[:, None])[:, 0]
    return np.minimum(np.floor(np.log(u) / np.log(mean / (1 + mean))), MOST).astype(np.int64)
