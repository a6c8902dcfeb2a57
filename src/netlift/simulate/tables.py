"""The named tables of a simulated shop, as an ordinary shop would have them: no trace of the truth."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from netlift import schema
from netlift.simulate.block import Diary
from netlift.simulate.draws import under, uniform
from netlift.simulate.ledger import Ints, Ledger
from netlift.simulate.offers import NEVER, Offer
from netlift.simulate.people import People
from netlift.simulate.world import World

_US = 1_000_000
_DAY = 86_400 * _US
_BANDS = ("18-24", "25-34", "35-44", "45-54", "55-64", "65+")
_CLOCK, _WHO = 5_000_000, 6_000_000


def shared_tables(world: World) -> dict[str, pa.Table]:
    """The tables that do not grow with customers: goods, prices, stock, promotions."""
    return {
        "products": _products(world),
        "promotions": _promotions(world),
        "promotion_products": _promotion_products(world),
        "prices": _prices(world),
        "inventory": _inventory(world),
    }


def block_tables(world: World, diary: Diary, books: Ledger) -> dict[str, pa.Table]:
    """The tables of one block of customers; rows in order of customer, then day."""
    people = customer_ids(diary.people)
    ids = order_ids(books, people)
    tables = {
        "customers": _customers(world, diary.people, people),
        "orders": _orders(world, diary, books, people, ids),
        "order_lines": _order_lines(world, diary, books, people, ids),
        "exposures": _exposures(world, diary, people),
        "coupons": _coupons(world, diary, books, people, ids),
    }
    if world.config.with_events:
        from netlift.simulate.events import events

        tables["events"] = events(world, diary, books, people, ids)
    return tables


def customer_ids(people: People) -> pa.Array:
    """Ids of a block's customers."""
    return _numbered("C", np.arange(people.first, people.first + people.count), 8)


def _numbered(letter: str, numbers: NDArray[np.integer], width: int) -> pa.Array:
    """Texts like C00000042, made in Arrow."""
    text = pc.utf8_lpad(pa.array(numbers).cast(pa.string()), width, "0")
    return pc.binary_join_element_wise(letter, text, "")


def order_ids(books: Ledger, people: pa.Array) -> pa.Array:
    """One id for each order of world 0: a customer orders at most once a day."""
    fact = slice(0, books.factual)
    day = pc.utf8_lpad(pa.array(books.day[fact]).cast(pa.string()), 4, "0")
    return pc.binary_join_element_wise(
        pc.replace_substring(people, "C", "O").take(pa.array(books.cust[fact])), day, "-"
    )


def moments(world: World, diary: Diary, books: Ledger) -> Ints:
    """When each order of world 0 was placed, microseconds UTC: between 8 and 22 o'clock, most about four."""
    fact = slice(0, books.factual)
    keys = under(diary.people.keys, _CLOCK)[books.cust[fact]] + books.day[fact].astype(np.uint64)
    hour = 8 + 14 * (uniform(keys, 0).astype(np.float64) + uniform(keys, 1)) / 2
    return epoch_us(world) + books.day[fact] * _DAY + (hour * 3600).astype(np.int64) * _US


def epoch_us(world: World) -> int:
    """Microseconds of the first midnight since 1970."""
    return int(world.config.moment(0).timestamp()) * _US


def timestamps(us: Ints) -> pa.Array:
    """UTC times from microseconds."""
    return pa.array(us).cast(pa.timestamp("us", tz="UTC"))


def _day_time(world: World, day: Ints) -> pa.Array:
    return timestamps(epoch_us(world) + day * _DAY)


def _constant(value: str | None, count: int) -> pa.Array:
    return pa.repeat(pa.scalar(value, pa.string()), count)


def region_ids(world: World) -> pa.Array:
    """Ids of the regions."""
    return _numbered("R", np.arange(world.config.regions), 3)


def product_ids(world: World) -> pa.Array:
    """Ids of the goods."""
    return pa.array(world.goods.product_ids(), pa.string())


def _customers(world: World, people: People, ids: pa.Array) -> pa.Table:
    joins = np.where(people.joins < 0, -1 - 700 * uniform(people.keys, _WHO), people.joins)
    gender = np.array(["f", "m"])[(uniform(people.keys, _WHO + 1) < 0.45).astype(int)]
    columns = {
        "customer_id": ids,
        "first_seen": _day_time(world, np.floor(joins).astype(np.int64)),
        "region": region_ids(world).take(pa.array(people.region)),
        "age": pa.array(_BANDS, pa.string()).take(pa.array(people.age)),
        "gender": pa.array(gender.tolist(), pa.string()),
        "accepts_marketing": pa.array(people.consent),
    }
    return schema.check(pa.table(columns), schema.CUSTOMERS)


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
        "currency": _constant(world.config.currency, n),
    }
    if world.config.costs_known:
        columns["cost_minor"] = pa.array(goods.cost[:-1])
    return schema.check(pa.table(columns), schema.PRODUCTS)


def _orders(world: World, diary: Diary, books: Ledger, people: pa.Array, ids: pa.Array) -> pa.Table:
    n, end = books.factual, books.factual_lines
    order = books.order[:end]

    def total(column: Ints) -> Ints:
        return np.bincount(order, column[:end], n).astype(np.int64)

    listed, discount, refunded = total(books.list), total(books.discount), total(books.refunded)
    shipping = books.shipping[:n]
    paid = listed - discount + shipping
    partly = (refunded > 0) & (refunded < listed - discount)
    status = np.where(refunded == 0, 0, np.where(partly, 1, 2))
    columns = {
        "order_id": ids,
        "customer_id": people.take(pa.array(books.cust[:n])),
        "ordered_at": timestamps(moments(world, diary, books)),
        "currency": _constant(world.config.currency, n),
        "status": pa.array(["paid", "partially_refunded", "refunded"]).take(pa.array(status)),
        "channel": _constant("web", n),
        "region": region_ids(world).take(pa.array(diary.people.region[books.cust[:n]])),
        "list_minor": pa.array(listed),
        "discount_minor": pa.array(discount),
        "shipping_minor": pa.array(shipping),
        "total_minor": pa.array(paid),
        "refunded_minor": pa.array(refunded),
        "code": _codes_used(world, books),
    }
    return schema.check(pa.table(columns), schema.ORDERS).filter(pa.array(books.reported[:n]))


def code_of(offer: Offer) -> str | None:
    """The code that shoppers type, for promotions that have one."""
    return offer.spec.promotion_id.upper() if offer.spec.kind == "code" else None


def _codes_used(world: World, books: Ledger) -> pa.Array:
    texts: list[str | None] = [None]
    which = np.zeros(books.factual, np.int64)
    for offer in world.offers:
        if code_of(offer):
            used = (books.bits[: books.factual] >> np.uint64(offer.number)) & np.uint64(1) > 0
            which[used] = len(texts)
            texts.append(code_of(offer))
    return pa.array(texts, pa.string()).take(pa.array(which))


def _order_lines(world: World, diary: Diary, books: Ledger, people: pa.Array, ids: pa.Array) -> pa.Table:
    end = books.factual_lines
    order = pa.array(books.order[:end])
    cust = books.cust[books.order[:end]]
    quantity = books.quantity[:end].astype(np.float64)
    columns = {
        "order_id": ids.take(order),
        "line": pa.array(books.number[:end].astype(np.int32)),
        "product_id": product_ids(world).take(pa.array(books.product[:end])),
        "customer_id": people.take(pa.array(cust)),
        "ordered_at": timestamps(moments(world, diary, books)[books.order[:end]]),
        "currency": _constant(world.config.currency, end),
        "region": region_ids(world).take(pa.array(diary.people.region[cust])),
        "quantity": pa.array(quantity),
        "list_minor": pa.array(books.list[:end]),
        "discount_minor": pa.array(books.discount[:end]),
        "funded_minor": pa.array(books.funded[:end]),
        "refunded_quantity": pa.array(np.where(books.refunded[:end] > 0, quantity, 0.0)),
        "refunded_minor": pa.array(books.refunded[:end]),
    }
    if world.config.costs_known:
        columns["cost_minor"] = pa.array(books.cost[:end])
    table = schema.check(pa.table(columns), schema.ORDER_LINES)
    return table.filter(pa.array(books.reported[books.order[:end]]))


def _exposures(world: World, diary: Diary, people: pa.Array) -> pa.Table:
    parts, places = [schema.EXPOSURES.empty_table()], [np.zeros(0, np.int64)]
    for offer in world.offers:
        mine = diary.assignments.get(offer.number)
        if mine is None or not offer.spec.contacts:
            continue
        who = np.flatnonzero(mine.listed)
        treated = mine.reached[who]
        known = offer.spec.kind == "experiment"
        chance = np.where(treated, mine.propensity[who], 1 - mine.propensity[who]).astype(np.float64)
        columns = {
            "promotion_id": _constant(offer.spec.promotion_id, len(who)),
            "customer_id": people.take(pa.array(who)),
            "arm": pa.array(["control", "treatment"]).take(pa.array(treated.astype(np.int64))),
            "exposed_at": _day_time(world, np.full(len(who), offer.start)),
            "propensity": pa.array(chance) if known else pa.nulls(len(who), pa.float64()),
            "channel": _constant("e-mail", len(who)),
        }
        parts.append(schema.check(pa.table(columns), schema.EXPOSURES))
        places.append(who)
    return _in_order(parts, places)


def _coupons(world: World, diary: Diary, books: Ledger, people: pa.Array, ids: pa.Array) -> pa.Table:
    """One row for each redemption of a coupon or code."""
    parts, places = [schema.COUPONS.empty_table()], [np.zeros(0, np.int64)]
    at = moments(world, diary, books)
    for offer in world.offers:
        if offer.spec.kind not in {"experiment", "campaign", "code"} or not offer.live or offer.spec.benefit == "none":
            continue
        used = (books.bits[: books.factual] >> np.uint64(offer.number)) & np.uint64(1) > 0
        order = np.flatnonzero(used & books.reported[: books.factual])
        given = books.given[offer.number]
        amount = np.bincount(books.order[given.line], given.amount, len(books.bits)).astype(np.int64)[order]
        chosen = pa.array(order)
        columns = {
            "coupon_id": pc.binary_join_element_wise(offer.spec.promotion_id, ids.take(chosen), "-"),
            "promotion_id": _constant(offer.spec.promotion_id, len(order)),
            "customer_id": people.take(pa.array(books.cust[order])),
            "order_id": ids.take(chosen),
            "redeemed_at": timestamps(at[order]),
            "discount_minor": pa.array(amount),
            "currency": _constant(world.config.currency, len(order)),
        }
        parts.append(schema.check(pa.table(columns), schema.COUPONS))
        places.append(order)
    return _in_order(parts, places)


def _in_order(parts: list[pa.Table], places: list[Ints]) -> pa.Table:
    """Rows of all promotions in order of customer (or order), so that no trace of the blocks is left."""
    return pa.concat_tables(parts).take(np.argsort(np.concatenate(places), kind="stable")).combine_chunks()


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
    spec = offer.spec
    if spec.kind == "open":
        return "threshold" if spec.benefit == "amount" else spec.benefit
    return spec.kind


def _promotion_products(world: World) -> pa.Table:
    ids = world.goods.product_ids()
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
    ids, moment = world.goods.product_ids(), world.config.moment
    columns = {
        "product_id": pa.array([ids[r[0]] for r in rows], pa.string()),
        "region": pa.array([r[1] for r in rows], pa.string()),
        "starts_at": pa.array([moment(r[2]) for r in rows], pa.timestamp("us", tz="UTC")),
        "ends_at": pa.array([moment(r[3]) for r in rows], pa.timestamp("us", tz="UTC")),
        "price_minor": pa.array([r[4] for r in rows], pa.int64()),
        "list_minor": pa.array([int(world.goods.price[r[0]]) for r in rows], pa.int64()),
        "currency": _constant(world.config.currency, len(rows)),
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
        "location": _constant("main", len(order)),
        "at": _day_time(world, when[order]),
        "on_hand": pa.array(amount[order]),
        "available": pa.array(amount[order]),
    }
    return schema.check(pa.table(columns), schema.INVENTORY)
