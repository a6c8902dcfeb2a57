"""Views, carts and purchases behind the orders: the click stream of world 0, several rows for each line."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from netlift import schema
from netlift.simulate.block import Diary
from netlift.simulate.draws import under, uniform
from netlift.simulate.labels import DAY_US, Labels, epoch_us, product_ids, timestamps
from netlift.simulate.ledger import Ints, Ledger
from netlift.simulate.world import World

_LOOK = 7_000_000
_MINUTE = 60 * 1_000_000
VIEW, CART, UNCART, PURCHASE = range(4)
_NAMES = ("view", "cart", "uncart", "purchase")


def events(world: World, diary: Diary, books: Ledger, names: Labels) -> pa.Table:
    """Each line was viewed, put into the cart and bought; visits without an order viewed one product, some tried it."""
    bought = _bought(books, names)
    idle = _idle(world, diary)
    kind, cust, us, product, order, quantity = (
        np.concatenate([a, b]) for a, b in zip(bought, idle, strict=True)
    )  # fmt: skip
    at = np.lexsort((kind, product, us, cust))
    kind, cust, us, product, order, quantity = (x[at] for x in (kind, cust, us, product, order, quantity))
    day = (us - epoch_us(world)) // DAY_US
    name = names.customers.take(pa.array(cust))
    session = pc.binary_join_element_wise(name, pa.array(day).cast(pa.string()), "/")
    nth = np.arange(len(cust)) - np.searchsorted(cust, cust)
    columns = {
        "event_id": pc.binary_join_element_wise(name, pa.array(nth).cast(pa.string()), "#"),
        "event": pa.array(_NAMES, pa.string()).take(pa.array(kind)),
        "at": timestamps(us),
        "customer_id": name,
        "session_id": session,
        "product_id": product_ids(world).take(pa.array(product)),
        "order_id": names.orders.take(pa.array(order, mask=order < 0)),
        "quantity": pa.array(quantity.astype(np.float64)),
        "currency": pa.repeat(pa.scalar(world.config.currency), len(cust)),
        "channel": pa.repeat(pa.scalar("web"), len(cust)),
    }
    return schema.check(pa.table(columns), schema.EVENTS)


def _bought(books: Ledger, names: Labels) -> tuple[Ints, ...]:
    """View, cart and purchase of every line, in the minutes before the order."""
    end = books.factual_lines
    shown = books.reported[books.order[:end]]
    order, product, quantity = (x[:end][shown] for x in (books.order, books.product, books.quantity))
    number = books.number[:end][shown]
    us = names.at[order]
    n = len(order)
    kind = np.repeat([VIEW, CART, PURCHASE], n)
    before = np.concatenate([_MINUTE * (number + 2), _MINUTE * (number + 1), 0 * number])
    return (
        kind, np.tile(books.cust[order], 3), np.tile(us, 3) - before, np.tile(product, 3),
        np.where(kind == PURCHASE, np.tile(order, 3), -1), np.tile(quantity, 3),
    )  # fmt: skip


def _idle(world: World, diary: Diary) -> tuple[Ints, ...]:
    """Visits without a purchase: one product viewed; of those, two in five put it into the cart and take it out."""
    cust, day = diary.looked
    keys = under(diary.people.keys, _LOOK)[cust] + day.astype(np.uint64)
    product = (uniform(keys, 0) * world.goods.products).astype(np.int64)
    us = epoch_us(world) + day * DAY_US + ((9 + 12 * uniform(keys, 1)) * 60).astype(np.int64) * _MINUTE
    dropped = uniform(keys, 2) < 0.4
    kind = np.repeat([VIEW, CART, UNCART], [len(cust), dropped.sum(), dropped.sum()])
    who = np.concatenate([np.arange(len(cust)), np.flatnonzero(dropped), np.flatnonzero(dropped)])
    return (
        kind, cust[who], us[who] + kind * _MINUTE, product[who], np.full(len(who), -1), np.ones(len(who), np.int64),
    )  # fmt: skip
