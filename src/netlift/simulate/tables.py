"""The tables of a simulated shop that grow with customers, as any shop would have them: no trace of the truth."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from netlift import schema
from netlift.simulate.block import Diary
from netlift.simulate.draws import uniform
from netlift.simulate.events import events
from netlift.simulate.labels import Labels, constant, label, midnights, product_ids, region_ids, timestamps
from netlift.simulate.ledger import Ints, Ledger
from netlift.simulate.listings import code_of
from netlift.simulate.people import People
from netlift.simulate.world import World

_BANDS = ("18-24", "25-34", "35-44", "45-54", "55-64", "65+")
_WHO = 6_000_000


def block_tables(world: World, diary: Diary, books: Ledger) -> dict[str, pa.Table]:
    """The tables of one block of customers; rows in order of customer, then day."""
    names = label(world, diary, books)
    tables = {
        "customers": _customers(world, diary.people, names),
        "orders": _orders(world, diary, books, names),
        "order_lines": _order_lines(world, diary, books, names),
        "exposures": _exposures(world, diary, names),
        "coupons": _coupons(world, books, names),
    }
    if world.config.with_events:
        tables["events"] = events(world, diary, books, names)
    return tables


def _customers(world: World, people: People, names: Labels) -> pa.Table:
    joins = np.where(people.joins < 0, -1 - 700 * uniform(people.keys, _WHO), people.joins)
    gender = np.array(["f", "m"])[(uniform(people.keys, _WHO + 1) < 0.45).astype(int)]
    columns = {
        "customer_id": names.customers,
        "first_seen": midnights(world, np.floor(joins).astype(np.int64)),
        "region": region_ids(world).take(pa.array(people.region)),
        "segment": pa.array(["guest", "member"]).take(pa.array(people.member.astype(np.int64))),
        "age": pa.array(_BANDS, pa.string()).take(pa.array(people.age)),
        "gender": pa.array(gender.tolist(), pa.string()),
        "accepts_marketing": pa.array(people.consent),
    }
    return schema.check(pa.table(columns), schema.CUSTOMERS)


def _orders(world: World, diary: Diary, books: Ledger, names: Labels) -> pa.Table:
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
        "order_id": names.orders,
        "customer_id": names.customers.take(pa.array(books.cust[:n])),
        "ordered_at": timestamps(names.at),
        "currency": constant(world.config.currency, n),
        "status": pa.array(["paid", "partially_refunded", "refunded"]).take(pa.array(status)),
        "channel": constant("web", n),
        "region": region_ids(world).take(pa.array(diary.people.region[books.cust[:n]])),
        "list_minor": pa.array(listed),
        "discount_minor": pa.array(discount),
        "shipping_minor": pa.array(shipping),
        "total_minor": pa.array(paid),
        "refunded_minor": pa.array(refunded),
        "code": _codes_used(world, books),
    }
    return _arrived(schema.check(pa.table(columns), schema.ORDERS), books.reported[:n])


def _codes_used(world: World, books: Ledger) -> pa.Array:
    texts: list[str | None] = [None]
    which = np.zeros(books.factual, np.int64)
    for offer in world.offers:
        if code_of(offer):
            used = (books.bits[: books.factual] >> np.uint64(offer.number)) & np.uint64(1) > 0
            which[used] = len(texts)
            texts.append(code_of(offer))
    return pa.array(texts, pa.string()).take(pa.array(which))


def _order_lines(world: World, diary: Diary, books: Ledger, names: Labels) -> pa.Table:
    end = books.factual_lines
    order = pa.array(books.order[:end])
    cust = books.cust[books.order[:end]]
    quantity = books.quantity[:end].astype(np.float64)
    columns = {
        "order_id": names.orders.take(order),
        "line": pa.array(books.number[:end].astype(np.int32)),
        "product_id": product_ids(world).take(pa.array(books.product[:end])),
        "customer_id": names.customers.take(pa.array(cust)),
        "ordered_at": timestamps(names.at[books.order[:end]]),
        "currency": constant(world.config.currency, end),
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
    return _arrived(schema.check(pa.table(columns), schema.ORDER_LINES), books.reported[books.order[:end]])


def _arrived(table: pa.Table, reported: NDArray[np.bool_]) -> pa.Table:
    """The rows that have reached the tables."""
    return table if reported.all() else table.filter(pa.array(reported))


def _exposures(world: World, diary: Diary, names: Labels) -> pa.Table:
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
            "promotion_id": constant(offer.spec.promotion_id, len(who)),
            "customer_id": names.customers.take(pa.array(who)),
            "arm": pa.array(["control", "treatment"]).take(pa.array(treated.astype(np.int64))),
            "exposed_at": midnights(world, np.full(len(who), offer.start)),
            "propensity": pa.array(chance) if known else pa.nulls(len(who), pa.float64()),
            "channel": constant("e-mail", len(who)),
        }
        parts.append(schema.check(pa.table(columns), schema.EXPOSURES))
        places.append(who)
    return _in_order(parts, places)


def _coupons(world: World, books: Ledger, names: Labels) -> pa.Table:
    """One row for each redemption of a coupon or code."""
    parts, places = [schema.COUPONS.empty_table()], [np.zeros(0, np.int64)]
    for offer in world.offers:
        if offer.spec.kind not in {"experiment", "campaign", "code"} or not offer.live or offer.spec.benefit == "none":
            continue
        used = (books.bits[: books.factual] >> np.uint64(offer.number)) & np.uint64(1) > 0
        order = np.flatnonzero(used & books.reported[: books.factual])
        given = books.given[offer.number]
        amount = np.bincount(books.order[given.line], given.amount, len(books.bits)).astype(np.int64)[order]
        chosen = pa.array(order)
        columns = {
            "coupon_id": pc.binary_join_element_wise(offer.spec.promotion_id, names.orders.take(chosen), "-"),
            "promotion_id": constant(offer.spec.promotion_id, len(order)),
            "customer_id": names.customers.take(pa.array(books.cust[order])),
            "order_id": names.orders.take(chosen),
            "redeemed_at": timestamps(names.at[order]),
            "discount_minor": pa.array(amount),
            "currency": constant(world.config.currency, len(order)),
        }
        parts.append(schema.check(pa.table(columns), schema.COUPONS))
        places.append(order)
    return _in_order(parts, places)


def _in_order(parts: list[pa.Table], places: list[Ints]) -> pa.Table:
    """Rows of all promotions in order of customer (or order), so that no trace of the blocks is left."""
    return pa.concat_tables(parts).take(np.argsort(np.concatenate(places), kind="stable")).combine_chunks()
