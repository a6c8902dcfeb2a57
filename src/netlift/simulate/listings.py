"""The tables of a simulated shop that do not grow with customers: goods, prices, stock, promotions."""

import json

import numpy as np
import pyarrow as pa

from netlift import schema
from netlift.simulate.labels import constant, midnights, product_ids, region_ids
from netlift.simulate.offers import NEVER, Offer
from netlift.simulate.world import World


def shared_tables(world: World) -> dict[str, pa.Table]:
    """The tables that do not grow with customers: goods, prices, stock, promotions."""
    return {
        "products": _products(world),
        "promotions": _promotions(world),
        "promotion_products": _promotion_products(world),
        "prices": _prices(world),
        "inventory": _inventory(world),
    }


def _products(world: World) -> pa.Table:
    goods, n = world.goods, world.goods.products
    names = goods.category_names()
    category = goods.category[:-1]
    nth = np.arange(n) - goods.first[category] + 1
    columns = {
        "product_id": product_ids(world),
        "name": pa.array([f"{names[c][0]} no. {k}" for c, k in zip(category.tolist(), nth.tolist(), strict=True)]),
        "category": pa.array([names[c][0] for c in category.tolist()]),
        "department": pa.array([names[c][1] for c in category.tolist()]),
        "brand": pa.array([f"brand {k % 12 + 1}" for k in nth.tolist()]),
        "price_minor": pa.array(goods.price[:-1]),
        "currency": constant(world.config.currency, n),
    }
    if world.config.costs_known:
        columns["cost_minor"] = pa.array(goods.cost[:-1])
    return schema.check(pa.table(columns), schema.PRODUCTS)


def code_of(offer: Offer) -> str | None:
    """The code that shoppers type, for promotions that have one."""
    return offer.spec.promotion_id.upper() if offer.spec.kind == "code" else None


def _promotions(world: World) -> pa.Table:
    rows = [_promotion(world, o) for o in world.offers if o.spec.is_announced]
    names = [field.name for field in schema.PROMOTIONS]
    columns = {name: pa.array([row.get(name) for row in rows], schema.PROMOTIONS.field(name).type) for name in names}
    return schema.check(pa.table(columns), schema.PROMOTIONS)


def _promotion(world: World, offer: Offer) -> dict[str, object]:
    spec, config = offer.spec, world.config
    regions = region_ids(world).to_pylist()
    opens = {regions[r]: int(day) for r, day in enumerate(offer.opens) if day < NEVER}
    note: dict[str, object] = {"benefit": spec.benefit}
    if spec.min_basket_minor:
        note["min_basket_minor"] = spec.min_basket_minor
    if spec.tiers:
        note["tiers"] = [list(tier) for tier in spec.tiers]
    if spec.kind == "member":
        note["audience"] = "members"
    if spec.kind == "rollout":
        note["region_starts"] = {r: config.moment(day).date().isoformat() for r, day in opens.items()}
    amount = spec.benefit == "amount"
    value = float(spec.amount_minor) if amount else spec.depth
    return {
        "promotion_id": spec.promotion_id,
        "name": spec.name or f"{spec.kind} {spec.promotion_id}",
        "mechanism": _mechanism(offer),
        "starts_at": config.moment(offer.start),
        "ends_at": config.moment(offer.end),
        "code": code_of(offer),
        "value": None if spec.benefit in {"none", "gift", "shipping"} else value,
        "value_type": "amount" if amount else "percent" if spec.benefit == "percent" else "other",
        "currency": config.currency,
        "cost_minor": spec.fixed_cost_minor * offer.live,
        "contact_cost_minor": spec.contact_cost_minor * offer.live,
        "regions": sorted(opens) if spec.kind == "rollout" else None,
        "attributes": json.dumps(note, sort_keys=True),
    }


def _mechanism(offer: Offer) -> str:
    """What PROMOTIONS calls it: the way of running it, or the benefit where everybody gets it."""
    spec = offer.spec
    if spec.kind in {"open", "member"}:
        return "threshold" if spec.min_basket_minor else spec.benefit
    return spec.kind


def _promotion_products(world: World) -> pa.Table:
    ids = product_ids(world).to_pylist()
    listed = [o for o in world.offers if o.spec.is_announced and o.spec.categories is not None]
    pairs = [(o.spec.promotion_id, ids[p]) for o in listed for p in np.flatnonzero(o.goods).tolist()]
    columns = {
        "promotion_id": pa.array([a for a, _ in pairs], pa.string()),
        "product_id": pa.array([b for _, b in pairs], pa.string()),
    }
    return schema.check(pa.table(columns), schema.PROMOTION_PRODUCTS)


def _prices(world: World) -> pa.Table:
    """Shelf prices that differ from list, with place and time; display of a rollout without a price too."""
    rows: list[tuple[int, str | None, int, int, int, str | None]] = []
    regions = region_ids(world).to_pylist()
    for offer in world.offers:
        if not (offer.shelf and offer.live):
            continue
        depth = offer.spec.depth if offer.spec.benefit == "percent" else 0.0
        places = [(None, offer.start)] if offer.spec.kind == "price_cut" else [
            (regions[r], int(day)) for r, day in enumerate(offer.opens) if day < offer.end
        ]  # fmt: skip
        display = "display" if offer.spec.display else None
        for product in np.flatnonzero(offer.goods).tolist():
            price = int(world.goods.price[product])
            now = price - int(np.floor(price * depth + 0.5))
            rows += [(product, place, start, offer.end, now, display) for place, start in places]
    ids, moment = product_ids(world).to_pylist(), world.config.moment
    columns = {
        "product_id": pa.array([ids[r[0]] for r in rows], pa.string()),
        "region": pa.array([r[1] for r in rows], pa.string()),
        "starts_at": pa.array([moment(r[2]) for r in rows], pa.timestamp("us", tz="UTC")),
        "ends_at": pa.array([moment(r[3]) for r in rows], pa.timestamp("us", tz="UTC")),
        "price_minor": pa.array([r[4] for r in rows], pa.int64()),
        "list_minor": pa.array([int(world.goods.price[r[0]]) for r in rows], pa.int64()),
        "currency": constant(world.config.currency, len(rows)),
        "display": pa.array([r[5] for r in rows], pa.string()),
    }
    return schema.check(pa.table(columns), schema.PRICES)


def _inventory(world: World) -> pa.Table:
    """A count of zero on the first day of every empty shelf, and one above zero on the day after its last."""
    day, product = world.weather.empty_day, world.weather.empty_product
    flat = product * (world.config.days + 1) + day
    first = ~np.isin(flat - 1, flat)
    last = ~np.isin(flat + 1, flat)
    who = np.concatenate([product[first], product[last]])
    when = np.concatenate([day[first], day[last] + 1])
    amount = np.concatenate([np.zeros(first.sum()), np.full(last.sum(), 100.0)])
    order = np.lexsort((when, who))
    columns = {
        "product_id": product_ids(world).take(pa.array(who[order])),
        "location": constant("main", len(order)),
        "at": midnights(world, when[order]),
        "on_hand": pa.array(amount[order]),
        "available": pa.array(amount[order]),
    }
    return schema.check(pa.table(columns), schema.INVENTORY)
