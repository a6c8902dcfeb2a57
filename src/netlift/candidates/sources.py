"""All that ideas are made from, read once from a shop's past: goods, baskets, people, and promotions before."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from netlift.candidates.catalogue import LOOK_BACK, Catalogue, Moment, catalogue
from netlift.candidates.eligible import NOBODY, Reached
from netlift.candidates.past import Past, past_promotions
from netlift.errors import ConfigError
from netlift.history.shop import Shop, day_number

if TYPE_CHECKING:
    import pyarrow as pa

LEAST_TOGETHER = 20
"""Orders with both goods that a pair needs."""
MOST_PAIRED = 400
"""Best-selling products among which pairs are sought."""
MOST_PAIRS = 50
LEAST_LIFT = 1.2
"""Times what chance would give; with many orders less is significant as well, but moves nobody."""
LEVEL = 0.05
"""Share of false discoveries among the pairs, at most."""
USUAL_GAP = 14.0
"""Days between two orders where nobody has come back yet."""
QUIET_HOURS = 3
"""Length of the quietest part of a day."""
NOT_DEAD = 0.25
"""Least share of an even day's orders in hours that are worth a promotion."""


class Baskets(NamedTuple):
    """Orders of the look-back; money in minor units."""

    orders: int
    spend_minor: tuple[float, float, float, float]
    """Quartiles and the ninth decile of what an order spends on goods."""
    units: tuple[float, float]
    """Median and upper quartile of units."""
    shipping_minor: int
    """Median of what is charged for delivery where something is; 0: never."""
    quiet: tuple[int, float] | None
    """First hour (UTC) of the quietest three hours in which still something is sold, and their orders as a share of an
    even day's; None: orders do not tell the hour."""


class Pair(NamedTuple):
    """Two products bought together more often than chance would have it; see `catalog.rules`."""

    one: str
    """Sells more often than the other."""
    other: str
    together: int
    """Orders with both."""
    support: float
    """They as a share of all orders."""
    lift: float
    """Support over what it would be if the two had nothing to do with each other."""
    q_value: float
    """Share of false discoveries among the pairs that are at least as sure."""


@dataclass(frozen=True, eq=False)
class Sources:
    """What is known of a shop as of a moment."""

    currency: str
    as_of: datetime
    margin_assumed: bool
    """Whether costs of goods are at least partly taken for granted."""
    catalogue: Catalogue
    baskets: Baskets | None
    """None: no orders in the look-back."""
    gap_days: float
    """Median days between two days with orders of a customer."""
    pairs: tuple[Pair, ...]
    """Most often together first."""
    past: tuple[Past, ...]
    profiles: "pa.Table"
    interests: "pa.Table | None"
    birthdays: int = 0
    """Customers whose birthday is known."""
    segments: Mapping[str, int] = field(default_factory=dict)
    """Customers by the segment that the shop gave them."""
    reached: Reached = NOBODY
    """Customers of personal promotions of late."""

    @property
    def day(self) -> int:
        """Day number of `as_of`."""
        return day_number(self.as_of)


def gather(
    shop: Shop, profiles: "pa.Table", interests: "pa.Table | None" = None, *, as_of: datetime | None = None
) -> Sources:
    """Read what ideas need; tables that are empty only leave ideas out.

    Args:
        shop: opened shop.
        profiles: PROFILES as of the moment.
        interests: INTERESTS of the same moment; None: nobody is known to be interested in anything.
        as_of: with a time zone; nothing of its day (UTC) or later is read; None: the day after the last order.

    Raises:
        ConfigError: `as_of` has no time zone.
    """
    at = shop.span.end if as_of is None else as_of
    if at.tzinfo is None:
        raise ConfigError(f"as_of needs a time zone, got {at}")
    moment = Moment(day_number(at))
    shelves = catalogue(shop, moment)
    past = past_promotions(shop, moment)
    return Sources(
        currency=shop.currency,
        as_of=at.astimezone(UTC),
        margin_assumed=not bool(shelves.goods.cost_known.all()),
        catalogue=shelves,
        baskets=_baskets(shop, moment),
        gap_days=float(_one(shop, _GAP.format(day=moment.day)) or USUAL_GAP),
        pairs=_pairs(shop),
        past=past,
        profiles=profiles,
        interests=interests,
        birthdays=int(_one(shop, _BIRTHDAYS) or 0),
        segments=dict(shop.con.execute(_SEGMENTS).fetchall()),
        reached=_reached(shop, profiles, past, moment),
    )


_BASKETS = """
SELECT count(*), quantile_cont(spend, [0.25, 0.5, 0.75, 0.9]), quantile_cont(units, [0.5, 0.75]) FROM (
  SELECT order_id, sum(list_minor - discount_minor)::BIGINT AS spend,
         sum(round(1000 * quantity)::BIGINT) / 1000 AS units
  FROM idea_lines GROUP BY order_id)
"""
_SHIPPING = """
SELECT median(shipping_minor), count(*) FROM orders
WHERE shipping_minor > 0 AND ordered_at < {until} AND ordered_at >= {since}
"""
_HOURS = """
SELECT epoch_us(ordered_at) // 3600000000 % 24 AS hour, count(*) FROM orders
WHERE ordered_at < {until} AND ordered_at >= {since} GROUP BY 1
"""
_ORDERS = "SELECT count(DISTINCT order_id) FROM idea_lines"
_LINES = """
SELECT order_id, product_id FROM idea_lines SEMI JOIN (
  SELECT product_id FROM idea_lines GROUP BY 1 ORDER BY count(DISTINCT order_id) DESC, product_id LIMIT {most})
USING (product_id) WHERE order_id IS NOT NULL AND product_id IS NOT NULL
"""
_BIRTHDAYS = """
SELECT count(*) FROM customers
WHERE json_valid(attributes) AND json_extract_string(attributes, '$.birthday') IS NOT NULL
"""
_SEGMENTS = "SELECT segment, count(*) FROM customers WHERE segment IS NOT NULL GROUP BY 1 ORDER BY 1"
_WHO = """
SELECT DISTINCT customer_id FROM exposures WHERE promotion_id = ? AND arm <> 'control' AND exposed_at < {until}
"""
_GAP = """
SELECT median(gap) FROM (
  SELECT day - lag(day) OVER (PARTITION BY customer_id ORDER BY day) AS gap FROM customer_days WHERE day < {day}
) WHERE gap IS NOT NULL
"""


def _baskets(shop: Shop, moment: Moment) -> Baskets | None:
    days = moment.sql()
    orders, spend, units = shop.con.execute(_BASKETS).fetchone() or (0, None, None)
    if not orders:
        return None
    shipping, charged = shop.con.execute(_SHIPPING.format(**days)).fetchone() or (None, 0)
    hours = dict(shop.con.execute(_HOURS.format(**days)).fetchall())
    return Baskets(
        orders, tuple(spend), tuple(units), round(shipping) if shipping is not None and charged >= 20 else 0,
        _quiet(hours),
    )  # fmt: skip


def _quiet(hours: Mapping[int, int]) -> tuple[int, float] | None:
    """The quietest hours that are not dead; where all orders stand at one hour, their time is not known."""
    total = sum(hours.values())
    if not total or max(hours.values()) > 0.9 * total:
        return None
    shares = [
        (sum(hours.get(first + k, 0) for k in range(QUIET_HOURS)) / (total * QUIET_HOURS / 24), first)
        for first in range(25 - QUIET_HOURS)
    ]
    share, first = min((one for one in shares if one[0] >= NOT_DEAD), default=(0.0, 0))
    return (first, share) if share else None


def _pairs(shop: Shop) -> tuple[Pair, ...]:
    """Significant rules between two of the best-selling products, one for each pair."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from netlift.catalog.baskets import Baskets as Bought
    from netlift.catalog.rules.rules import pair_rules

    orders = int(_one(shop, _ORDERS) or 0)
    if orders < LEAST_TOGETHER:
        return ()
    some = Bought.of(shop.con.execute(_LINES.format(most=MOST_PAIRED)).to_arrow_table())
    others = np.full(orders - len(some), some.start[-1])  # orders with other goods only
    whole = Bought(some.names, np.concatenate([some.start, others]), some.item)
    rules = pair_rules(whole, LEAST_TOGETHER / orders, level=LEVEL)
    one, other = (
        np.asarray(pc.index_in(ids.combine_chunks(), value_set=whole.names), np.int64)
        for ids in (pc.list_flatten(rules["given"]), rules["then"])
    )
    together, lift, often = rules["baskets"].to_numpy(), rules["lift"].to_numpy(), whole.counts
    first = (often[one] > often[other]) | ((often[one] == often[other]) & (one < other))
    kept = np.flatnonzero((lift > LEAST_LIFT) & first)
    best = kept[np.lexsort((other[kept], one[kept], -together[kept]))][:MOST_PAIRS]
    rows = rules.take(pa.array(best)).to_pylist()
    return tuple(
        Pair(row["given"][0], row["then"], row["baskets"], row["support"], row["lift"], row["q_value"]) for row in rows
    )


def _reached(shop: Shop, profiles: "pa.Table", past: tuple[Past, ...], moment: Moment) -> Reached:
    """Who was reached by each personal promotion of the look-back."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found, query = {}, _WHO.format(**moment.sql())
    for one in past:
        if one.personal and one.end_day > moment.day - LOOK_BACK and one.promotion_id not in found:
            ids = shop.con.execute(query, [one.promotion_id]).to_arrow_table()["customer_id"].combine_chunks()
            mask = pc.is_in(profiles["customer_id"].cast(pa.string()), value_set=ids.cast(pa.string()))
            found[one.promotion_id] = np.asarray(mask.to_numpy(zero_copy_only=False), dtype=bool)
    return Reached(found)


def _one(shop: Shop, query: str) -> float | None:
    row = shop.con.execute(query).fetchone()
    return row[0] if row else None
