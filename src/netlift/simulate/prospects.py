"""What each offer would earn with each customer: the mean of many futures that go on from one and the same past.

A future is lived once without any of the offers and once for each of them given to everybody who may be written to,
on the same random numbers, so that the two differ by the offer alone. The next future has other random numbers from
its first day on; people, weather and all that happened before are the same. One future's difference is mostly chance
(who happened to need what on which day); what a plan can know, and an oracle may use, is their mean.

Future 0 is the one that `simulate` itself would show.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from netlift.errors import ConfigError
from netlift.simulate.block import Run, day_keys, diary_of, live_until
from netlift.simulate.checkout import shop_day
from netlift.simulate.config import PromotionSpec, ShopConfig
from netlift.simulate.draws import Keys, under
from netlift.simulate.labels import customer_ids
from netlift.simulate.ledger import Ints, Ledger, keep_books
from netlift.simulate.offers import Offer
from netlift.simulate.rows import Rows, branch
from netlift.simulate.shop import BLOCK, parts
from netlift.simulate.targeting import Assignment
from netlift.simulate.world import World, open_shop

Floats = NDArray[np.float64]

PROSPECTS = pa.schema(
    [
        ("customer_id", pa.string()),
        ("offer_id", pa.string()),
        ("net_minor", pa.float64()),
        ("cost_minor", pa.float64()),
        ("net_se_minor", pa.float64()),
    ]
)
"""One row per customer who may be written to and offer. `net_minor`: expected profit with the offer less without it,
window and wash-out, contact included. `cost_minor`: expected spend with it, the shop's share of its discounts and the
contact. `net_se_minor`: standard error of `net_minor` as a mean of so many futures; null for one."""

_FUTURES = 8_000_000
_TIMES = {
    "customers": "first_seen",
    "orders": "ordered_at",
    "order_lines": "ordered_at",
    "exposures": "exposed_at",
    "coupons": "redeemed_at",
    "promotions": "starts_at",
    "prices": "starts_at",
    "inventory": "at",
    "events": "at",
}


def prospects(
    config: ShopConfig, offers: Sequence[PromotionSpec], *, futures: int = 20, first: int = 0, block: int = BLOCK
) -> pa.Table:
    """Expected net profit and cost of giving each offer to each customer who may be written to.

    Args:
        config: the shop, with its past promotions. Its `days` reach to the end of the offers' wash-outs: season and
            trend depend on them.
        offers: experiments or campaigns that all start on one day; each is given by itself, to everybody.
        futures: how many are lived.
        first: number of the first one, so that a second call can live others.
        block: customers at a time; changes nothing but memory and speed.

    Raises:
        ConfigError: offers that do not start together, do not contact single customers, pay in points or end too
            late; or a shop in which customers pass coupons on, so that one customer's offer is not that customer's
            alone.

    >>> from netlift.simulate import presets
    >>> shop = presets.tiny()
    >>> mail = PromotionSpec(promotion_id="next", kind="campaign", start_day=130, days=14, visit_boost=0.5)
    >>> prospects(shop, [mail], futures=2).column_names
    ['customer_id', 'offer_id', 'net_minor', 'cost_minor', 'net_se_minor']
    """
    _check(config, offers, futures)
    world = open_shop(replace(config, promotions=(*config.promotions, *offers), with_truth=False))
    asked = world.offers[len(world.offers) - len(offers) :]
    numbers = range(first, first + futures)
    return pa.concat_tables(
        _block(world, asked, begin, count, numbers) for begin, count in parts(config.customers, block)
    ).combine_chunks()


def known_before(tables: Mapping[str, pa.Table], moment: datetime) -> dict[str, pa.Table]:
    """The records as they stood on a morning: of each table the rows from before it.

    >>> from netlift.simulate import presets, simulate
    >>> shop = simulate(presets.tiny())
    >>> known_before(shop.tables, shop.config.moment(50))["promotions"]["promotion_id"].to_pylist()
    ['code']
    """
    known = {
        name: table.filter(pc.less(table[_TIMES[name]], pa.scalar(moment))) if name in _TIMES else table
        for name, table in tables.items()
    }
    if "promotion_products" in known:
        goods = known["promotion_products"]
        known["promotion_products"] = goods.filter(pc.is_in(goods["promotion_id"], known["promotions"]["promotion_id"]))
    return {name: table.combine_chunks() for name, table in known.items()}


def _check(config: ShopConfig, offers: Sequence[PromotionSpec], futures: int) -> None:
    problems = [
        (not offers or futures < 1, "prospects need at least one offer and one future"),
        (len({spec.start_day for spec in offers}) > 1, "offers must all start on one day"),
        (config.sharing_rings > 0, "prospects of a customer are not the customer's own where coupons are passed on"),
    ]
    for spec in offers:
        last, name = spec.start_day + spec.days + spec.washout_days, f"offer {spec.promotion_id!r}"
        problems += [
            (not spec.contacts, f"{name} goes to nobody in particular: it must be an experiment or a campaign"),
            (spec.benefit == "points", f"{name} pays in points, whose cost is that of the whole scheme"),
            (spec.episodes > 1, f"{name} is repeated; ask for one of its windows"),
            (last > config.days, f"{name} is counted up to day {last}, after the shop's last day {config.days}"),
        ]
    for wrong, text in problems:
        if wrong:
            raise ConfigError(text)


def _block(world: World, asked: Sequence[Offer], first: int, count: int, numbers: range) -> pa.Table:
    """Prospects of some customers."""
    start = asked[0].start
    run = live_until(world, first, count, start)
    people = run.setting.people
    may = (people.joins < start) & people.consent
    rows = _opened(run, asked, may)
    net, squares, cost = (np.zeros((len(asked), count)) for _ in range(3))
    for number in numbers:
        keys = people.keys if number == 0 else under(people.keys, _FUTURES + number)
        for k, (gain, spent) in enumerate(_future(run, rows.take(np.arange(len(rows.cust))), keys, asked)):
            net[k] += gain
            squares[k] += gain.astype(np.float64) ** 2
            cost[k] += spent
    return _table(people.first + np.flatnonzero(may), asked, (net[:, may], squares[:, may], cost[:, may]), len(numbers))


def _opened(run: Run, asked: Sequence[Offer], may: NDArray[np.bool_]) -> Rows:
    """On the offers' first morning: everybody who may be written to without them, and once more with each of them."""
    world, people = run.setting.world, run.setting.people
    nobody, rows = np.zeros(people.count, bool), run.rows
    for offer in asked:
        run.setting.assignments[offer.number] = Assignment(nobody, nobody, nobody, np.ones(people.count, np.float32))
        rows = branch(world, rows, offer.number, may & offer.live)
    return rows.take(may[rows.cust])


def _future(run: Run, rows: Rows, keys: Keys, asked: Sequence[Offer]) -> Iterator[tuple[Ints, Ints]]:
    """Net profit and cost of each offer by customer in one future; `rows` is used up."""
    setting = run.setting
    days = range(asked[0].start, max(offer.close for offer in asked))
    logs = [shop_day(setting, rows, day, day_keys(keys, day)) for day in days]
    people = replace(setting.people, keys=keys)
    books = keep_books(setting.world, diary_of(setting, logs, first_day=days.start, people=people))
    for offer in asked:
        contact = offer.spec.contact_cost_minor * offer.live
        if not offer.live:
            nothing = np.zeros(people.count, np.int64)
            yield nothing, nothing
        else:
            without, with_it = (_profit(setting.world, books, offer, w, people.count) for w in (0, offer.number + 1))
            yield with_it - without - contact, _spent(books, offer, people.count) + contact


def _profit(world: World, books: Ledger, offer: Offer, number: int, count: int) -> Ints:
    """Profit of each customer in one of the worlds, over the offer's window and wash-out."""
    mine = (books.world == number) & (books.day < offer.close)
    lines = mine[books.order]
    goods = np.bincount(books.cust[books.order[lines]], books.profit[lines], count)
    postage = np.bincount(books.cust[mine], (books.shipping - world.config.shipping_cost_minor)[mine], count)
    return (goods + postage).astype(np.int64)


def _spent(books: Ledger, offer: Offer, count: int) -> Ints:
    """The shop's share of the offer's discounts, by customer who holds it."""
    given = books.given[offer.number]
    order = books.order[given.line]
    own = given.amount - np.floor(given.amount * offer.spec.funding + 0.5).astype(np.int64)
    mine = books.world[order] == offer.number + 1
    return np.bincount(books.cust[order[mine]], own[mine], count).astype(np.int64)


def _table(customers: Ints, asked: Sequence[Offer], sums: tuple[Floats, Floats, Floats], futures: int) -> pa.Table:
    """Sums over futures, of shape (offers, customers), as means; customer by customer."""
    net, squares, cost = (part.T.ravel() for part in sums)
    error: Floats | None = None
    if futures > 1:
        error = np.sqrt(np.maximum(squares - net**2 / futures, 0) / (futures - 1) / futures)
    names = pa.array([offer.spec.promotion_id for offer in asked])
    columns = {
        "customer_id": customer_ids(customers).take(pa.array(np.repeat(np.arange(len(customers)), len(asked)))),
        "offer_id": names.take(pa.array(np.tile(np.arange(len(asked)), len(customers)))),
        "net_minor": pa.array(net / futures),
        "cost_minor": pa.array(cost / futures),
        "net_se_minor": pa.nulls(len(net), pa.float64()) if error is None else pa.array(error),
    }
    return pa.table(columns, schema=PROSPECTS)
