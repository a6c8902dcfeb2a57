"""What promotions do to attraction: each spec resolved to goods, dates and factors, and the price tables by zone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from netlift.errors import ConfigError
from netlift.simulate.catalogue import Catalogue
from netlift.simulate.config import PromotionSpec, ShopConfig
from netlift.simulate.draws import Floats32, key_of, keys_of, uniform
from netlift.simulate.seasons import Weather

NEVER = np.int64(2**40)
"""Opening day of a region in which a promotion does not run."""
MEMORY_DAYS = 60
"""Days that a contact tires a customer for the next one."""


@dataclass(frozen=True)
class Offer:
    """A promotion as the shop's people meet it."""

    spec: PromotionSpec
    number: int
    """Position among the shop's promotions; also its bit, and 1 + its shelf code."""
    goods: NDArray[np.bool_]
    """Whether a product is on offer, shape (P + 1,); the dummy is not."""
    aisles: NDArray[np.bool_]
    """Whether a category holds goods on offer, shape (C,)."""
    whole: bool
    """The goods on offer are whole categories, so that nothing changes between the products of one."""
    opens: NDArray[np.int64]
    """First day in each region, shape (R,); NEVER where it does not run."""
    start: int
    end: int
    """First day after the window."""
    close: int
    """First day after window and wash-out, at most the shop's last."""
    worth: float
    """Share of price that a shopper who thinks of it expects to save."""
    factor: Floats32
    """Factor on the weight of the goods for one who perceives it, shape (G,)."""
    pull: Floats32
    """Logit that it adds to each category for one who perceives it, shape (G, C)."""
    key: int
    gift: int
    """Product given away (benefit gift), else the dummy."""

    @property
    def live(self) -> bool:
        """Whether it does anything at all."""
        return self.spec.effect > 0

    @property
    def shelf(self) -> bool:
        """Whether it works through the price tables."""
        return self.spec.is_shelf

    @property
    def voucher(self) -> bool:
        """Whether an order can use only one of its kind."""
        return self.spec.kind in {"experiment", "campaign", "code"} and self.spec.benefit != "none"


@dataclass(frozen=True)
class Shelves:
    """Prices on the shelf for each table: the shop as it was (by zone), and without each shelf promotion."""

    table_of: NDArray[np.int64]
    """Table for each world and region, shape (1 + offers, R); world 0 is the shop as it was."""
    code: NDArray[np.uint8]
    """0 regular, 1 + number of the offer that applies, 1 + offers: nothing there; shape (tables, D, P + 1)."""
    factor: Floats32
    """Factor on the weight for each class and code, shape (G, offers + 2)."""
    depth: NDArray[np.float64]
    """Share off the list price for each code, shape (offers + 2,)."""
    pull: Floats32
    """Logit added to each category, shape (tables, G, D, C)."""
    crowd: Floats32
    """Factor on the visit rate, shape (tables, G, D)."""
    quiet: NDArray[np.bool_]
    """Days on which no table has anything but regular prices, shape (D,)."""


def resolve(config: ShopConfig, goods: Catalogue) -> tuple[Offer, ...]:
    """All promotions of a shop, repeats written out, in the order of the configuration."""
    return tuple(_resolve(config, goods, spec, n) for n, spec in enumerate(config.episodes()))


def _resolve(config: ShopConfig, goods: Catalogue, spec: PromotionSpec, number: int) -> Offer:
    key = key_of(config.seed, "offer", spec.promotion_id)
    chosen = _goods(goods, spec, key)
    aisles = np.zeros(goods.categories, bool)
    aisles[goods.category[chosen]] = True
    whole = int(np.diff(goods.first)[aisles].sum()) == int(chosen.sum())
    worth = _worth(config, goods, spec, chosen)
    gift = int(np.argmin(np.where(chosen[:-1], goods.price[:-1], np.iinfo(np.int64).max)))
    factor = _factor(config, goods, spec, worth)
    share = np.add.reduceat(np.where(chosen, goods.weight, 0)[:, :-1], goods.first[:-1], axis=1) / goods.base
    end = spec.start_day + spec.days
    return Offer(
        spec=spec,
        number=number,
        goods=chosen,
        aisles=aisles,
        whole=whole,
        opens=_opens(config, spec, key),
        start=spec.start_day,
        end=end,
        close=min(config.days, end + spec.washout_days),
        worth=worth,
        factor=factor,
        pull=(config.nest * np.log1p(share * (factor[:, None] - 1))).astype(np.float32),
        key=key,
        gift=gift if spec.benefit == "gift" else goods.products,
    )


def _goods(goods: Catalogue, spec: PromotionSpec, key: int) -> NDArray[np.bool_]:
    """The products on offer: of each category the configured share, at least one, by lot."""
    chosen = np.zeros(goods.products + 1, bool)
    lot = uniform(keys_of(key, np.arange(goods.products)), 0)
    for c in range(goods.categories) if spec.categories is None else spec.categories:
        first, end = goods.first[c], goods.first[c + 1]
        take = max(1, round(spec.product_share * int(end - first)))
        chosen[first + np.argsort(lot[first:end], kind="stable")[:take]] = True
    return chosen


def _opens(config: ShopConfig, spec: PromotionSpec, key: int) -> NDArray[np.int64]:
    """Regions by lot into the treated (wave after wave) and the others; not a rollout: everywhere at once."""
    if spec.kind != "rollout":
        return np.full(config.regions, spec.start_day, np.int64)
    treated = min(config.regions, max(spec.waves, round(spec.treated_share * config.regions)))
    order = np.argsort(uniform(keys_of(key, np.arange(config.regions)), 1), kind="stable")
    opens = np.full(config.regions, NEVER)
    opens[order[:treated]] = spec.start_day + (np.arange(treated) % spec.waves) * spec.wave_days
    if spec.start_day + (spec.waves - 1) * spec.wave_days >= spec.start_day + spec.days:
        raise ConfigError(f"promotion {spec.promotion_id!r}: the last wave would start after the window")
    return opens


def _worth(config: ShopConfig, goods: Catalogue, spec: PromotionSpec, chosen: NDArray[np.bool_]) -> float:
    """Expected saving as a share of price; conditions that are hard to meet are discounted by hand."""
    spend = (
        float(goods.price[chosen].mean()) * 1.4 * max(1.0, config.basket_lines * float(chosen.sum()) / config.products)
    )
    match spec.benefit:
        case "percent":
            return spec.depth
        case "amount":
            return min(
                0.6, spec.amount_minor / max(spend, spec.min_basket_minor) * (0.7 if spec.min_basket_minor else 1)
            )
        case "bundle" | "nth" | "points":
            return spec.depth * 0.5
        case "gift":
            return min(0.3, 0.5 * float(goods.price[chosen].min()) / max(spend, spec.min_basket_minor))
        case "shipping":
            return min(0.3, 0.8 * config.shipping_fee_minor / spend)
        case "none":
            return 0.0


def _factor(config: ShopConfig, goods: Catalogue, spec: PromotionSpec, worth: float) -> Floats32:
    """The exponential of the utility gained: price response, the charm of the red tag, and display."""
    gain = -goods.classes.sensitivity * np.log1p(-worth) + config.deal_charm * (worth > 0) + spec.display
    return np.exp(spec.effect * gain).astype(np.float32)


def build_shelves(config: ShopConfig, goods: Catalogue, weather: Weather, offers: Sequence[Offer]) -> Shelves:
    """The price tables: one for each zone of regions with the same dates, with and without each shelf promotion."""
    shelf = [o for o in offers if o.shelf and o.live]
    zone_opens, zone_of = _zones(config, shelf)
    worlds: list[Offer | None] = [None, *(shelf if config.with_truth else [])]
    table_of = np.tile(zone_of, (len(offers) + 1, 1))
    codes = []
    for w, absent in enumerate(worlds):
        if absent is not None:
            table_of[absent.number + 1] = w * len(zone_opens) + zone_of
        codes += [_codes(config, weather, offers, [o for o in shelf if o is not absent], z) for z in zone_opens]
    code = np.stack(codes)
    factor = np.stack([np.ones(goods.classes.count), *(o.factor for o in offers), np.zeros(goods.classes.count)], 1)
    pull = np.stack([_pull(config, goods, table, factor) for table in code])
    extra = [[_openings(config, o, z) for o in shelf if o is not absent] for absent in worlds for z in zone_opens]
    return Shelves(
        table_of=table_of,
        code=code,
        factor=factor.astype(np.float32),
        depth=np.array([0.0, *(o.spec.depth if o.spec.benefit == "percent" else 0.0 for o in offers), 0.0]),
        pull=pull,
        crowd=_crowd(config, goods, pull, extra),
        quiet=np.logical_not(code.any(axis=(0, 2))),
    )


def _zones(config: ShopConfig, shelf: Sequence[Offer]) -> tuple[list[dict[int, int]], NDArray[np.int64]]:
    """Regions that open every shelf promotion on the same days share a zone: offer number -> opening day."""
    if not shelf:
        return [{}], np.zeros(config.regions, np.int64)
    opens = np.stack([o.opens for o in shelf], axis=1)
    rows, zone_of = np.unique(opens, axis=0, return_inverse=True)
    return [{o.number: int(day) for o, day in zip(shelf, row, strict=True)} for row in rows], zone_of.reshape(-1)


def _codes(
    config: ShopConfig, weather: Weather, offers: Sequence[Offer], shelf: Sequence[Offer], opens: dict[int, int]
) -> NDArray[np.uint8]:
    """The deepest promotion applies; an empty shelf beats all."""
    code = np.zeros((config.days, config.products + 1), np.uint8)
    for offer in sorted(shelf, key=lambda o: (o.spec.depth * (o.spec.benefit == "percent"), -o.number)):
        if opens[offer.number] < offer.end:
            code[opens[offer.number] : offer.end, offer.goods] = offer.number + 1
    code[weather.empty_day, weather.empty_product] = len(offers) + 1
    return code


def _pull(config: ShopConfig, goods: Catalogue, code: NDArray[np.uint8], factor: NDArray[np.float64]) -> Floats32:
    """`nest` x log of the summed weights of a category against its sum at regular prices, shape (G, D, C)."""
    day, product = np.nonzero(code)
    C, what = goods.categories, code[day, product]
    cell = day * C + goods.category[product]
    pull = np.zeros((goods.classes.count, config.days, C), np.float32)
    for g in range(goods.classes.count if len(day) else 0):
        change = goods.weight[g, product] * (factor[g, what] - 1)
        total = np.bincount(cell, change, config.days * C).reshape(config.days, C) / goods.base[g]
        pull[g] = config.nest * np.log(np.maximum(1 + total, 1e-3))
    return pull


def _openings(config: ShopConfig, offer: Offer, opens: dict[int, int]) -> NDArray[np.float64]:
    """What a shelf promotion's own visit boost adds in a zone, by day."""
    day = np.arange(config.days)
    there = (day >= opens[offer.number]) & (day < offer.end)
    return np.asarray(offer.spec.effect * offer.spec.visit_boost * there, dtype=np.float64)


def _crowd(
    config: ShopConfig, goods: Catalogue, pull: Floats32, boosts: Sequence[Sequence[NDArray[np.float64]]]
) -> Floats32:
    """exp(traffic x mean pull of the categories, weighted by how often they are bought, + visit boosts)."""
    often = 1 / (1 + np.exp(-goods.appeal.astype(np.float64)))
    gain = config.traffic * (pull * (often / often.sum())).sum(axis=3)
    boost = np.stack([np.sum([np.zeros(config.days), *b], axis=0) for b in boosts])
    return np.exp(gain + boost[:, None, :]).astype(np.float32)


def tiring(offers: Sequence[Offer]) -> dict[int, tuple[int, ...]]:
    """For each promotion with contacts: the ones that wrote to customers in the 60 days before it."""
    writes = [o for o in offers if o.spec.contacts and o.live]
    return {
        o.number: tuple(
            p.number
            for p in writes
            if p is not o and (p.start, p.number) < (o.start, o.number) and o.start - p.start < MEMORY_DAYS
        )
        for o in writes
    }
